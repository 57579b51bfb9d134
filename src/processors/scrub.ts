import * as z from "zod";
import { defineProcessor } from "../component/spec.ts";
import { allowedValues, ownPatterns } from "./scrub/config.ts";
import { scrubber } from "./scrub/record.ts";

export const scrub = defineProcessor({
  type: "scrub",
  summary: "Replaces passwords, tokens, keys and card numbers with [Filtered]. On by default, behind all other processors.",
  stability: "stable",
  config: z.object({
    enabled: z.boolean().default(true).describe("`false` turns scrubbing off, also where it would run by default."),
    keys: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Further names whose values are secrets, beside the built-in ones (password, secret, token, authorization, cookie, API key, " +
          "private key, session id, credit card, ...). Any spelling stands for all: `national id` is `nationalId` and `NATIONAL-ID` too.",
      ),
    patterns: ownPatterns.default([]).describe("Own patterns for what to replace in any text."),
    allow: z
      .array(z.string().min(1))
      .default([])
      .describe("Names that are never touched, whatever they hold: fields at any depth, and properties such as `message`."),
    allow_values: allowedValues
      .default([])
      .describe(
        "Values that are never replaced, wherever they stand: the whole of what would be, with `*` for any characters and `?` for one " +
          "(`sk_test_*`, the card numbers of a payment provider's sandbox).",
      ),
    hash: z
      .boolean()
      .default(false)
      .describe(
        "Writes [Filtered:1a2b3c4d], with 8 digits of the value's SHA-256, so that the same secret can be recognised in two " +
          "places. Short secrets can be guessed from that unless `hash_key` is set.",
      ),
    hash_key: z
      .string()
      .default("")
      .describe("Turns the hash into an HMAC with this key; the same on all relays that are to agree."),
  }),
  examples: [
    { keys: ["national id"], allow: ["page_token"], allow_values: ["sk_test_*", "4111 1111 1111 1111"] },
    { patterns: [{ name: "customer_number", pattern: "\\bKD-\\d{6}\\b", replace: "KD-******" }], hash: true },
  ],
  create: (config) => scrubber(config),
});
