import * as z from "zod";
import { compileMatch, match, MATCH_RULES } from "../component/match.ts";
import { defineProcessor } from "../component/spec.ts";

export const route = defineProcessor({
  type: "route",
  summary: "Chooses the upstreams of a record by the first rule that matches; what no rule claims goes to the default upstream.",
  stability: "stable",
  config: z.object({
    rules: z
      .array(
        z.strictObject({
          match: match.describe(`Which records the rule claims. ${MATCH_RULES}`),
          upstream: z
            .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
              error: "expected the name of an upstream or a list of them",
            })
            .describe("The upstream, or the list of upstreams that each get the record; names from `upstreams`."),
          stop: z.boolean().default(true).describe("With `false` later rules may add their upstreams to this one's."),
        }),
      )
      .min(1)
      .describe("Rules in order; the first that matches wins."),
  }),
  examples: [
    {
      rules: [
        { match: { severity: "fatal" }, upstream: "oncall", stop: false },
        { match: { namespace: "payments-*" }, upstream: "payments" },
        { match: { service: ["web", "shop"] }, upstream: ["default", "archive"] },
      ],
    },
  ],
  create(config) {
    const rules = config.rules.map((rule) => ({
      claims: compileMatch(rule.match),
      upstreams: unique(typeof rule.upstream === "string" ? [rule.upstream] : rule.upstream),
      stop: rule.stop,
    }));
    return {
      process(record) {
        let chosen: readonly string[] | undefined;
        for (const rule of rules) {
          if (!rule.claims(record)) continue;
          chosen = chosen === undefined ? rule.upstreams : unique([...chosen, ...rule.upstreams]);
          if (rule.stop) break;
        }
        if (chosen !== undefined) record.upstreams = chosen;
        return "keep";
      },
    };
  },
});

function unique(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)]);
}
