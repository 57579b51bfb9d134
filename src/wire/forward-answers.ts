import { formatBytes } from "../base/units.ts";
import type { InputHost } from "../component/host.ts";
import type { Acknowledged } from "./acknowledged.ts";
import type { ForwardMessage } from "./forward-message.ts";
import type { Connection } from "./stream-server.ts";

/** Answers that a sender may leave unread before its connection is closed, in bytes. */
const MAX_UNSENT_BYTES = 1 << 20;

/**
 * The acknowledgements of one connection. Each is one write, because Fluent Bit expects a whole answer in each read; it
 * counts as given once it is with the kernel.
 */
export class ForwardAnswers {
  readonly #connection: Connection;
  readonly #acknowledged: Acknowledged;
  readonly #host: InputHost;
  readonly #waiting = new Set<Promise<void>>();
  #unsentBytes = 0;

  constructor(connection: Connection, acknowledged: Acknowledged, host: InputHost) {
    this.#connection = connection;
    this.#acknowledged = acknowledged;
    this.#host = host;
  }

  /** Names this delivery of a message: the same until it was answered. Undefined when its sender wants no answer. */
  position(message: ForwardMessage): string | undefined {
    const name = nameOf(message);
    return name === undefined ? undefined : `${name}\0${this.#acknowledged.times(name)}`;
  }

  /** Answers a message as soon as none of its records is held. */
  give(message: ForwardMessage, held: readonly (Promise<boolean> | undefined)[]): void {
    if (message.chunk === undefined) return;
    const waits = held.filter((wait) => wait !== undefined);
    if (waits.length === 0) {
      this.#write(message, message.chunk.answer);
      return;
    }
    const giving = this.#giveLater(message, message.chunk.answer, waits);
    this.#waiting.add(giving);
    void giving.then(() => this.#waiting.delete(giving));
  }

  /** Resolves when all answers have been given. */
  async given(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  async #giveLater(message: ForwardMessage, answer: Buffer, waits: readonly Promise<boolean>[]): Promise<void> {
    await Promise.all(waits);
    this.#write(message, answer);
  }

  #write(message: ForwardMessage, answer: Buffer): void {
    const name = nameOf(message);
    this.#unsentBytes += answer.length;
    this.#connection.write(answer, () => {
      this.#unsentBytes -= answer.length;
      if (name !== undefined) this.#acknowledged.add(name);
    });
    if (this.#unsentBytes <= MAX_UNSENT_BYTES) return;
    const text = `${formatBytes(this.#unsentBytes)} of acknowledgements that the sender does not read; the connection was closed`;
    this.#host.complain({ cause: "answers_unread", peer: this.#connection.peer, message: text });
    this.#connection.close();
  }
}

/** Tag and chunk, which together name a chunk of a sender. */
function nameOf({ tag, chunk }: ForwardMessage): string | undefined {
  return chunk === undefined ? undefined : `${tag}\0${chunk.id}`;
}
