import { excerpt } from "../base/complaints.ts";
import { keyDigest, passwordDigest, sameDigest } from "./forward-digests.ts";
import { pongBytes, type Helo, type Ping } from "./forward-greeting.ts";

/** Who may send, as the configuration says. */
export interface ForwardSecrets {
  readonly sharedKey: string;
  /** Passwords by name; none: no user is asked for. */
  readonly users: Readonly<Record<string, string>>;
  /** What this side calls itself. */
  readonly hostname: string;
}

/** What becomes of a PING. */
export type Verdict =
  | { readonly result: "accepted"; readonly pong: Buffer }
  /** `message` is for the log: what a person may do. */
  | { readonly result: "wrong_key" | "wrong_user"; readonly pong: Buffer; readonly message: string };

/** Judges who sends. Knows the secrets, and neither shows them nor anything made of them beyond the protocol. */
export class ForwardKeys {
  readonly #sharedKey: Buffer;
  /** By the bytes of the name, as latin1. */
  readonly #users = new Map<string, Buffer>();
  readonly #hostname: string;

  constructor({ sharedKey, users, hostname }: ForwardSecrets) {
    this.#sharedKey = Buffer.from(sharedKey);
    this.#hostname = hostname;
    for (const [name, password] of Object.entries(users)) {
      this.#users.set(Buffer.from(name).toString("latin1"), Buffer.from(password));
    }
  }

  /** Whether a sender needs a user's name and password too. */
  get asksForUser(): boolean {
    return this.#users.size > 0;
  }

  /** `nonce` and `auth` are those that were sent to this sender. */
  verdict(ping: Ping, { nonce, auth }: Helo): Verdict {
    const { salt, hostname, user } = ping;
    const sharedKey = this.#sharedKey;
    const who = `a sender that calls itself "${excerpt(hostname)}"`;
    if (!sameDigest(keyDigest({ salt, hostname, nonce, sharedKey }), ping.keyDigest)) {
      const message = `${who} was refused: its shared key is not the shared_key of this input`;
      return { result: "wrong_key", pong: refusal("shared_key mismatch"), message };
    }
    if (this.asksForUser && !this.#knows(ping, auth)) {
      const names =
        user.length === 0
          ? "names no user, and this input has users"
          : `gives a wrong name or password for user "${excerpt(user)}"`;
      const message = `${who} was refused: its shared key is right, but it ${names}; set username and password at the sender`;
      return { result: "wrong_user", pong: refusal("username/password mismatch"), message };
    }
    const name = this.#nameFor(hostname);
    const pong = {
      accepted: true,
      reason: NOTHING,
      hostname: name,
      keyDigest: keyDigest({ salt, hostname: name, nonce, sharedKey }),
    };
    return { result: "accepted", pong: pongBytes(pong) };
  }

  /** An unknown user costs as much time as a known one. */
  #knows({ user, passwordDigest: given }: Ping, auth: Buffer): boolean {
    const password = this.#users.get(user.toString("latin1"));
    const isSame = sameDigest(passwordDigest({ auth, user, password: password ?? NOTHING }), given);
    return isSame && password !== undefined;
  }

  /** Senders refuse a server of their own name, which one on the same machine is likely to have. */
  #nameFor(sender: Buffer): Buffer {
    const own = Buffer.from(this.#hostname);
    return own.equals(sender) ? Buffer.from(`${this.#hostname}-crumbtrail`) : own;
  }
}

/** A PONG that says no. Fluent Bit has room for 31 bytes of `reason`, and does not check. */
export function refusal(
  reason: "shared_key mismatch" | "username/password mismatch" | "invalid ping message" | "too many failures",
): Buffer {
  return pongBytes({ accepted: false, reason: Buffer.from(reason), hostname: NOTHING, keyDigest: NOTHING });
}

const NOTHING = Buffer.alloc(0);
