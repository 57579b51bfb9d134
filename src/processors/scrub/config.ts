import * as z from "zod";
import { compileGlob, isBadPattern } from "../../component/pattern.ts";
import { mistakeOf } from "./own-patterns.ts";

/** The field `allow_values`. */
export const allowedValues = z.array(z.string()).superRefine((globs, context) => {
  for (const [index, glob] of globs.entries()) {
    const compiled = compileGlob(glob);
    const mistake = isBadPattern(compiled) ? compiled.mistake : /^[*?]*$/.test(glob) ? "it allows everything" : undefined;
    if (mistake === undefined) continue;
    context.addIssue({ code: "custom", message: `the value ${JSON.stringify(glob)} cannot be used: ${mistake}`, path: [index] });
  }
});

/** The field `patterns`, with the mistakes of each pattern found when it is parsed. */
export const ownPatterns = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[a-z][a-z0-9_]{0,63}$/, "expected a name in snake_case")
        .describe("What the counter of this pattern is called."),
      pattern: z.string().describe("A regular expression (RE2), searched anywhere in messages, stack traces and fields."),
      replace: z
        .string()
        .max(200)
        .optional()
        .describe("What stands there instead, `$1` to `$9` for the pattern's groups. Default: [Filtered]."),
    }),
  )
  .superRefine((patterns, context) => {
    for (const [index, own] of patterns.entries()) {
      const mistake = mistakeOf(own);
      if (mistake === undefined) continue;
      const message = `the pattern ${JSON.stringify(own.pattern)} of "${own.name}" cannot be used: ${mistake}`;
      context.addIssue({ code: "custom", message, path: [index, "pattern"] });
    }
  });
