import * as z from "zod";
import { compileMatch, match, MATCH_RULES } from "../component/match.ts";
import { defineProcessor } from "../component/spec.ts";
import { fieldText } from "../record/field.ts";

export const sample = defineProcessor({
  type: "sample",
  summary: "Keeps a share of the records that match and drops the rest.",
  stability: "stable",
  config: z.object({
    rate: z
      .number()
      .min(0)
      .max(1)
      .describe("The share that is kept, from 0 (none) to 1 (all); the others get the outcome `sampled`."),
    match: match.optional().describe(`Which records are sampled; all others are kept. Default: every record. ${MATCH_RULES}`),
    key: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A field whose value decides instead of chance, so that all records of one trace (`trace_id`) are kept or dropped " +
          "together, by every relay alike. A record without the field is decided by chance.",
      ),
  }),
  examples: [
    { rate: 0.1, match: { severity: "<error" }, key: "trace_id" },
    { rate: 0.5, match: { logger: "access" } },
  ],
  create(config, host) {
    const { rate, key } = config;
    const sampled = config.match === undefined ? () => true : compileMatch(config.match);
    return {
      process(record) {
        if (!sampled(record)) return "keep";
        const value = key === undefined ? undefined : fieldText(record, key);
        const lot = value === undefined ? host.random() : shareOf(value);
        return lot < rate ? "keep" : "sampled";
      },
    };
  },
});

/** Characters of a value that decide; a longer one differs before that or is no key. */
const MAX_KEY_CHARS = 256;

/** A number in [0, 1) that depends on the text alone: FNV-1a, then MurmurHash3's last mixing steps, which spread ids that count up. */
function shareOf(text: string): number {
  let hash = 0x811c9dc5;
  const end = Math.min(text.length, MAX_KEY_CHARS);
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
