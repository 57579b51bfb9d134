import * as z from "zod";
import { duration } from "./fields.ts";

/** Who may send to an input that speaks the Fluentd forward protocol. */
export const handshakeFields = {
  shared_key: z
    .string()
    .default("")
    .describe(
      "What senders have to know: the shared_key of Fluentd's and Fluent Bit's forward outputs. It is never sent, only digests of it. " +
        "Write it as ${FORWARD_KEY}. Empty: anybody who reaches the address may send.",
    ),
  users: z
    .record(z.string().min(1).max(255), z.string().min(1, "a user needs a password"))
    .default({})
    .describe("Passwords by user name; with any, a sender needs a user's name and password beside the shared key."),
  self_hostname: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, "a name is made of up to 255 ASCII characters without spaces")
    .optional()
    .describe(
      "What this side calls itself in the handshake; absent: the machine's name. A sender of the same name, which would refuse, is " +
        "answered with -crumbtrail behind it.",
    ),
  handshake_timeout: duration("10s").describe(
    "How long a sender may take to say who it is, where there is a shared key, before its connection is closed.",
  ),
};

/** Whether users are asked for their passwords at all: only a handshake does, and only a key brings a handshake. */
export function checkHandshake(
  { shared_key: sharedKey, users }: { readonly shared_key: string; readonly users: Readonly<Record<string, string>> },
  context: z.core.$RefinementCtx,
): void {
  if (sharedKey !== "" || Object.keys(users).length === 0) return;
  const message = "without a shared_key nobody is asked for a password, and all may send; set shared_key, or remove users";
  context.issues.push({ code: "custom", message, path: ["users"], input: Object.keys(users) });
}
