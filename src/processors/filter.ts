import * as z from "zod";
import { compileAny, match, MATCH_RULES } from "../component/match.ts";
import { defineProcessor } from "../component/spec.ts";

export const filter = defineProcessor({
  type: "filter",
  summary: "Drops the records that match, or all but those that match.",
  stability: "stable",
  config: z.object({
    drop: z
      .array(match)
      .default([])
      .describe(`A record that any of these matches is dropped (outcome \`filtered\`). ${MATCH_RULES}`),
    keep: z.array(match).min(1).optional().describe("When given, a record that none of these matches is dropped too."),
  }),
  examples: [
    { drop: [{ message: "health ?check" }, { logger: "probe-*", severity: "<warning" }] },
    { keep: [{ namespace: ["shop-*", "payments-*"] }] },
  ],
  create(config) {
    const dropped = compileAny(config.drop);
    const kept = config.keep === undefined ? () => true : compileAny(config.keep);
    return { process: (record) => (dropped(record) || !kept(record) ? "filtered" : "keep") };
  },
});
