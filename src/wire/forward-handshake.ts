import { randomBytes } from "node:crypto";
import { excerpt } from "../base/complaints.ts";
import { formatBytes, formatDuration } from "../base/units.ts";
import { Kind, countAt, kindOf } from "../scan/msgpack.ts";
import type { InputHost } from "../component/host.ts";
import { MAX_GREETING_BYTES, heloBytes, readPing, type Helo, type Ping } from "./forward-greeting.ts";
import type { ForwardGuesses } from "./forward-guesses.ts";
import { refusal, type ForwardKeys } from "./forward-keys.ts";
import type { Connection, Session } from "./stream-server.ts";

/** How a handshake can end, as `/metrics` has it. */
export const HANDSHAKE_RESULTS = ["accepted", "wrong_key", "wrong_user", "invalid", "timed_out", "too_many"] as const;
type HandshakeResult = (typeof HANDSHAKE_RESULTS)[number];

/** What the handshakes of one input share. */
export interface HandshakeContext {
  readonly host: InputHost;
  readonly keys: ForwardKeys;
  readonly guesses: ForwardGuesses;
  /** How long a sender may take for its part. */
  readonly timeoutMs: number;
}

const NONCE_BYTES = 16;
const NOTHING = Buffer.alloc(0);

/**
 * The door of a connection with a shared key: HELO from us, PING from the sender, PONG from us. Before a PONG that says yes
 * nothing that the sender sends is taken for a record. Connecting and leaving without a byte is a heartbeat.
 */
export class ForwardHandshake implements Session {
  readonly #connection: Connection;
  readonly #context: HandshakeContext;
  readonly #open: () => Session;
  readonly #helo: Helo;
  readonly #timer: NodeJS.Timeout;
  /** The beginning of a PING. */
  #held: Buffer = NOTHING;
  #session: Session | undefined;
  #refused = false;

  /** `open` is called once the sender has shown who it is. */
  constructor(connection: Connection, context: HandshakeContext, open: () => Session) {
    this.#connection = connection;
    this.#context = context;
    this.#open = open;
    this.#helo = { nonce: randomBytes(NONCE_BYTES), auth: context.keys.asksForUser ? randomBytes(NONCE_BYTES) : NOTHING };
    // Where nothing else goes on there is nobody left to close.
    this.#timer = setTimeout(() => this.#late(), context.timeoutMs).unref();
    // In one write, as the answers: Fluent Bit expects each whole in one read.
    connection.write(heloBytes(this.#helo));
  }

  data(chunk: Buffer): void | Promise<void> {
    if (this.#session !== undefined) return this.#session.data(chunk);
    if (this.#refused) return;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const ping = readPing(bytes.subarray(0, MAX_GREETING_BYTES));
    if (ping === "other" || (ping === "part" && bytes.length >= MAX_GREETING_BYTES)) return this.#turnAway(bytes);
    if (ping === "part") {
      // A copy, because what was read may lie in a much larger buffer.
      this.#held = Buffer.from(bytes);
      return;
    }
    clearTimeout(this.#timer);
    this.#held = NOTHING;
    return this.#inTurn(ping.message, bytes.subarray(ping.next));
  }

  answered(): Promise<void> {
    return this.#session?.answered?.() ?? Promise.resolve();
  }

  get heldBytes(): number {
    return this.#held.length + (this.#session?.heldBytes ?? 0);
  }

  forget(): void {
    this.#held = NOTHING;
    this.#session?.forget?.();
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#held.length > 0 && !this.#refused) {
      this.#malformed("cut_off", `the connection ended within a handshake, ${this.#held.length} bytes after its beginning`);
    }
    await this.#session?.end();
  }

  #inTurn(ping: Ping, rest: Buffer): void | Promise<void> {
    const turn = this.#context.guesses.turn(this.#connection.peer);
    if (turn === undefined) return this.#judge(ping, rest);
    if (turn !== "never") return turn.then(() => this.#judge(ping, rest));
    const text = "too many attempts to send with a wrong key or password, so this one was refused unseen; find who makes them";
    this.#refuse("too_many", text, refusal("too many failures"));
  }

  #judge(ping: Ping, rest: Buffer): void | Promise<void> {
    const { keys, guesses, host } = this.#context;
    const verdict = keys.verdict(ping, this.#helo);
    if (verdict.result !== "accepted") {
      guesses.failed(this.#connection.peer);
      this.#refuse(verdict.result, verdict.message, verdict.pong);
      return;
    }
    host.count("forward_handshakes", "accepted");
    this.#connection.write(verdict.pong);
    this.#connection.took(0);
    this.#session = this.#open();
    return rest.length === 0 ? undefined : this.#session.data(rest);
  }

  #late(): void {
    const { timeoutMs } = this.#context;
    const text = `a sender did not say who it is within ${formatDuration(timeoutMs)} (handshake_timeout); ${ADVICE}`;
    this.#refuse("timed_out", text);
  }

  /** Bytes that begin no PING: maybe records of a sender without a key. */
  #turnAway(bytes: Buffer): void {
    clearTimeout(this.#timer);
    this.#connection.write(refusal("invalid ping message"));
    this.#malformed("no_handshake", `${whatIs(bytes)}; the connection was closed and nothing was taken: ${ADVICE}`);
    this.#connection.finish();
  }

  #malformed(cause: string, message: string): void {
    const { host } = this.#context;
    this.#refused = true;
    this.#held = NOTHING;
    host.count("forward_handshakes", "invalid");
    host.refuse("malformed");
    host.complain({ cause, peer: this.#connection.peer, message });
  }

  #refuse(result: HandshakeResult, message: string, pong?: Buffer): void {
    const { host } = this.#context;
    this.#refused = true;
    this.#held = NOTHING;
    host.count("forward_handshakes", result);
    host.complain({ cause: `handshake_${result}`, peer: this.#connection.peer, message });
    if (pong === undefined) return this.#connection.close();
    this.#connection.write(pong);
    this.#connection.finish();
  }
}

const ADVICE =
  "give it this input's shared_key (in <security> of Fluentd's forward output, as shared_key of Fluent Bit's); one that cannot, " +
  "such as Docker's fluentd driver, needs an input of its own without shared_key, on an address that only it reaches";

function whatIs(bytes: Buffer): string {
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return "a sender speaks TLS, and this input does not";
  const isArray = kindOf(bytes[0] ?? 0) === Kind.array;
  const count = isArray ? countAt(bytes, 0, bytes.length) : 0;
  if ((count >= 2 && count <= 4) || bytes[0] === 0x5b || bytes[0] === 0x7b) return "a sender sent records without a handshake";
  if (count === 6) return `a sender's PING is not one, or longer than ${formatBytes(MAX_GREETING_BYTES)}`;
  return `a sender sent neither a handshake nor records (${excerpt(bytes)})`;
}
