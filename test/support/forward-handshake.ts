import { createHash } from "node:crypto";
import { ForwardGuesses } from "../../src/wire/forward-guesses.ts";
import { ForwardHandshake, type HandshakeContext } from "../../src/wire/forward-handshake.ts";
import { ForwardKeys, type ForwardSecrets } from "../../src/wire/forward-keys.ts";
import { readHelo, readPong, type Helo, type Pong } from "../../src/wire/forward-greeting.ts";
import { headed, msgpack } from "./forward-bytes.ts";
import { RecordingHost } from "./input-host.ts";

/** What one side of a handshake knows and says. */
export interface Hand {
  readonly salt: Buffer;
  readonly hostname: string;
  readonly sharedKey: string;
  readonly user: string;
  readonly password: string;
}

export const HAND: Hand = {
  salt: Buffer.from("00ff80c3a9", "hex"),
  hostname: "web-1",
  sharedKey: "k 1",
  user: "ann",
  password: "pw é",
};
export const SECRETS: ForwardSecrets = { sharedKey: "k 1", users: { ann: "pw é", bea: "other" }, hostname: "relay-1" };

/** The digest of parts, one after the other: made here as a sender would, not with the code under test. */
export function sha512(...parts: readonly (string | Buffer)[]): string {
  return createHash("sha512")
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest("hex");
}

/** Bytes as a str of any content, or as bin. */
export function packed(value: string | Buffer, as: "str" | "bin" = "str"): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([headed(as === "str" ? 0xdb : 0xc6, bytes.length), bytes]);
}

/** A PING for the HELO of a server. `values` goes last over its five values. */
export function pingFor(
  helo: Helo,
  hand: Hand = HAND,
  as: "str" | "bin" = "str",
  values: readonly (string | Buffer)[] = [],
): Buffer {
  const { salt, hostname, sharedKey, user, password } = hand;
  const right = [
    hostname,
    salt,
    sha512(salt, hostname, helo.nonce, sharedKey),
    user,
    user === "" ? "" : sha512(helo.auth, user, password),
  ];
  const all = right.map((value, index) => values[index] ?? value);
  return Buffer.concat([Buffer.of(0x96), msgpack("PING"), ...all.map((value) => packed(value, as))]);
}

export function heloOf(bytes: Buffer): Helo {
  const read = readHelo(bytes);
  if (typeof read === "string") throw new Error(`no HELO: ${bytes.toString("hex")}`);
  return read.message;
}

export function pongOf(bytes: Buffer | undefined): Pong {
  const read = readPong(bytes ?? Buffer.alloc(0));
  if (typeof read === "string") throw new Error(`no PONG: ${bytes?.toString("hex")}`);
  return read.message;
}

/** A handshake whose connection writes down what is sent, and what gets through. */
export class HandshakeLine {
  readonly host = new RecordingHost();
  readonly written: Buffer[] = [];
  /** The bytes that reached the session behind it. */
  taken = "";
  opened = 0;
  ended = 0;
  closed = false;
  finished = false;
  /** Times the connection was told that a whole message came. */
  messages = 0;
  readonly session: ForwardHandshake;

  constructor(secrets: Partial<ForwardSecrets> = {}, context: Partial<HandshakeContext> & { readonly peer?: string } = {}) {
    const isOpen = (): boolean => !this.closed && !this.finished;
    const connection = {
      peer: context.peer ?? "10.0.0.7",
      write: (bytes: Uint8Array) => void this.written.push(Buffer.from(bytes)),
      get isOpen() {
        return isOpen();
      },
      took: () => void (this.messages += 1),
      close: () => void (this.closed = true),
      finish: () => void (this.finished = true),
    };
    const shared: HandshakeContext = {
      host: this.host,
      keys: new ForwardKeys({ ...SECRETS, ...secrets }),
      guesses: new ForwardGuesses(this.host.clock, 20),
      timeoutMs: 60_000,
      ...context,
    };
    this.session = new ForwardHandshake(connection, shared, () => {
      this.opened += 1;
      return {
        data: (chunk) => void (this.taken += chunk.toString("hex")),
        end: () => void (this.ended += 1),
      };
    });
  }

  /** What it said first. */
  get helo(): Helo {
    return heloOf(this.written[0] ?? Buffer.alloc(0));
  }

  /** What it answered. */
  get pong(): Pong {
    return pongOf(this.written[1]);
  }

  get causes(): string[] {
    return this.host.complaints.map(({ cause }) => cause);
  }
}
