import { createHash, timingSafeEqual } from "node:crypto";
import type { AuthSettings } from "../../component/auth.ts";

/** Longer than any header of an honest sender; it keeps hashing short. */
const MAX_LENGTH = 4_096;

/** Tokens and passwords of an input. How long a comparison takes says nothing about them, nor which of them was meant. */
export class Credentials {
  readonly #tokens: readonly Buffer[];
  readonly #users: readonly Buffer[];

  constructor({ tokens, users }: AuthSettings) {
    this.#tokens = tokens.map(digest);
    this.#users = Object.entries(users).map(([name, password]) => digest(`${name}:${password}`));
  }

  /** Whether a value of `Authorization` opens the input. */
  accept(authorization: string | undefined): boolean {
    const [, scheme = "", given = ""] = /^(bearer|basic) +(.+)$/i.exec((authorization ?? "").slice(0, MAX_LENGTH)) ?? [];
    if (scheme.toLowerCase() === "bearer") return isOneOf(given, this.#tokens);
    return scheme !== "" && isOneOf(Buffer.from(given, "base64").toString("utf8"), this.#users);
  }

  /** The value of `WWW-Authenticate`: what would be accepted. */
  get challenge(): string {
    const basic = 'Basic realm="crumbtrail", charset="UTF-8"';
    const bearer = 'Bearer realm="crumbtrail"';
    return [...(this.#tokens.length > 0 ? [bearer] : []), ...(this.#users.length > 0 ? [basic] : [])].join(", ");
  }
}

function isOneOf(given: string, known: readonly Buffer[]): boolean {
  const digested = digest(given);
  // All of them are compared, always.
  return known.filter((one) => timingSafeEqual(one, digested)).length > 0;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
