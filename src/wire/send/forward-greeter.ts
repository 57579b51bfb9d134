import { excerpt } from "../../base/complaints.ts";
import { keyDigest, passwordDigest, sameDigest } from "../forward-digests.ts";
import { pingBytes, readHelo, readPong, type Greeting, type Helo, type Pong } from "../forward-greeting.ts";

/** How a sender shows who it is. */
export interface ForwardCredentials {
  readonly sharedKey: string;
  /** Empty for none. */
  readonly user: string;
  readonly password: string;
}

/** What a piece of the conversation brought. */
interface Progress {
  /** Bytes that it took. */
  readonly used: number;
  /** What to answer; undefined: nothing. */
  readonly reply: Buffer | undefined;
}

/** A reason is shown on a terminal: longer ones are cut. */
const MAX_REASON_BYTES = 200;
const NOTHING = Buffer.alloc(0);

/**
 * The client's part of forward's handshake: PING after the server's HELO, then its PONG, which has to prove that the server
 * knows the key as well. No I/O and no chance: the salt is given.
 */
export class ForwardGreeter {
  readonly #credentials: ForwardCredentials;
  readonly #hostname: Buffer;
  readonly #salt: Buffer;
  #nonce: Buffer | undefined;
  #done = false;

  /** `salt` is text, as Fluentd's: Fluent Bit's server reads nothing else. */
  constructor(credentials: ForwardCredentials, hostname: string, salt: string) {
    this.#credentials = credentials;
    this.#hostname = Buffer.from(hostname);
    this.#salt = Buffer.from(salt);
  }

  /** Whether both sides have shown that they know the key. */
  get done(): boolean {
    return this.#done;
  }

  /** What to say when nothing comes. */
  get silence(): string {
    return this.#nonce === undefined
      ? "no greeting came, so this input seems to have no shared_key; send without one"
      : "no answer to the shared key came";
  }

  /** Takes the server's next message; undefined: it is not all there. Throws an error for a person when it is wrong. */
  next(bytes: Buffer): Progress | undefined {
    if (this.#nonce !== undefined) return this.#pong(readPong(bytes));
    return this.#helo(readHelo(bytes));
  }

  #helo(helo: Greeting<Helo>): Progress | undefined {
    if (helo === "part") return undefined;
    if (helo === "other" || helo.message.nonce.length === 0)
      throw new Error("what listens there did not greet as a forward input");
    const { nonce, auth } = helo.message;
    this.#nonce = nonce;
    const user = Buffer.from(this.#credentials.user);
    const password = Buffer.from(this.#credentials.password);
    const isAsked = auth.length > 0;
    const reply = pingBytes({
      hostname: this.#hostname,
      salt: this.#salt,
      keyDigest: this.#digest(this.#hostname, nonce),
      user: isAsked ? user : NOTHING,
      passwordDigest: isAsked ? passwordDigest({ auth, user, password }) : NOTHING,
    });
    return { used: helo.next, reply };
  }

  #pong(pong: Greeting<Pong>): Progress | undefined {
    if (pong === "part") return undefined;
    if (pong === "other") throw new Error("what listens there did not answer the shared key as a forward input");
    const { accepted, reason, hostname, keyDigest: proof } = pong.message;
    if (!accepted) throw new Error(`the input refused this sender: ${excerpt(reason, MAX_REASON_BYTES)}`);
    // With our own name it could have sent our own proof back.
    if (hostname.equals(this.#hostname) || !sameDigest(this.#digest(hostname, this.#nonce ?? NOTHING), proof)) {
      throw new Error("what listens there does not know the shared key itself, so the record was not sent");
    }
    this.#done = true;
    return { used: pong.next, reply: undefined };
  }

  #digest(hostname: Buffer, nonce: Buffer): Buffer {
    return keyDigest({ salt: this.#salt, hostname, nonce, sharedKey: Buffer.from(this.#credentials.sharedKey) });
  }
}
