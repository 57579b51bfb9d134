import * as z from "zod";

/** What opens an input of requests. */
export interface AuthSettings {
  readonly tokens: readonly string[];
  /** Passwords by name. */
  readonly users: Readonly<Record<string, string>>;
}

/** The field of every input whose protocol has an `Authorization`. */
export const authFields = {
  auth: z
    .strictObject({
      tokens: z
        .array(z.string().min(8))
        .default([])
        .describe("Tokens, any of which opens the input: `Authorization: Bearer TOKEN`. At least 8 characters each."),
      users: z
        .record(z.string().regex(/^[^:]+$/, "a name of a user has no colon, and is not empty"), z.string().min(8))
        .default({})
        .describe("Passwords by name, for `Authorization: Basic`. At least 8 characters each."),
    })
    .refine(({ tokens, users }) => tokens.length + Object.keys(users).length > 0, {
      error: "nobody could get in: name a token or a user, or remove it",
    })
    .optional()
    .describe("Asks each request for a token or a password; without it anybody may send. Use it with TLS: both are readable."),
};
