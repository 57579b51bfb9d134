import type { Clock } from "../../base/clock.ts";
import { smallFile } from "./small-file.ts";

/** How the relay shows who it is, and knows who answers. */
export interface Credentials {
  /** A service account's token; undefined: none is sent. */
  readonly token: string | undefined;
  /** PEM; undefined: the authorities that Node trusts. */
  readonly ca: string | undefined;
}

export interface CredentialFiles {
  readonly token: string | undefined;
  readonly ca: string | undefined;
}

/** The kubelet writes a new token long before the old one ends (an hour), and a new CA years before. */
const REREAD_MS = 60_000;
const MAX_TOKEN_BYTES = 16_384;
const MAX_CA_BYTES = 1 << 20;
const TOKEN = /^[\w.~+/=-]+$/;

/** What the files say that the kubelet keeps up to date: read again each minute, and when the server refuses the token. */
export class CredentialReader {
  readonly #files: CredentialFiles;
  readonly #clock: Clock;
  #known: Credentials = { token: undefined, ca: undefined };
  #readMs = -Infinity;

  constructor(files: CredentialFiles, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** Never rejects: a file that cannot be read leaves what was known, or nothing. */
  async current(): Promise<Credentials> {
    const now = this.#clock.tickMs();
    if (now - this.#readMs < REREAD_MS) return this.#known;
    const { token, ca } = this.#files;
    const texts = await Promise.all([
      token === undefined ? undefined : smallFile(token, MAX_TOKEN_BYTES),
      ca === undefined ? undefined : smallFile(ca, MAX_CA_BYTES),
    ]);
    const written = texts[0]?.trim() ?? "";
    this.#known = { token: TOKEN.test(written) ? written : this.#known.token, ca: texts[1] ?? this.#known.ca };
    this.#readMs = now;
    return this.#known;
  }

  /** The server has refused the token: perhaps the file has another one by now. */
  refused(): void {
    this.#readMs = -Infinity;
  }
}
