import { formatBytes } from "../base/units.ts";
import type { ForwardContext } from "./forward-context.ts";
import type { ForwardMessage } from "./forward-message.ts";
import type { Connection } from "./stream-server.ts";

/** Answers that a sender may leave unread before its connection is closed, in bytes. */
const MAX_UNSENT_BYTES = 1 << 20;

/**
 * The acknowledgements of one connection. Each is one write, because Fluent Bit expects a whole answer in each read.
 *
 * An answer counts as given once it is with the kernel. A sender cannot have read it earlier, so what it sends under the
 * same name before that is the same delivery, and after that something new; a repetition on another connection is told by
 * the same rule. When the connection breaks before the sender reads the answer, the repetition passes for something new
 * and an event comes twice. Not to count such answers would be worse: one that was read all the same would make the next
 * batch of that name a duplicate, which the tracker drops.
 *
 * The protocol has no word for failure: what is not safe in time has its connection closed, and its sender repeats it.
 */
export class ForwardAnswers {
  readonly #connection: Connection;
  readonly #context: ForwardContext;
  readonly #waiting = new Set<Promise<void>>();
  readonly #whenFailed = new Set<() => void>();
  #unsentBytes = 0;
  #failed = false;

  constructor(connection: Connection, context: ForwardContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /** Whether answers are no longer given, because one of them would have been failure. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Names this delivery of a message: the same until it was answered. Undefined when it has no name. */
  position(message: ForwardMessage): string | undefined {
    const name = nameOf(message);
    return name === undefined ? undefined : `${name}\0${this.#context.acknowledged.times(name)}`;
  }

  /** Answers a message as soon as none of its records is held, if that is before its deadline. */
  give(message: ForwardMessage, held: readonly (Promise<boolean> | undefined)[], untilMs: number): void {
    if (message.chunk === undefined) return;
    const waits = held.filter((wait) => wait !== undefined);
    if (waits.length === 0) {
      this.#write(message, message.chunk.answer);
      return;
    }
    const giving = this.#giveLater(message, message.chunk.answer, { waits, untilMs });
    this.#waiting.add(giving);
    void giving.then(() => this.#waiting.delete(giving));
  }

  /** A message is not safe in time: no answer, and the end of the connection, after those that are ready. */
  fail(): void {
    if (this.#failed) return;
    this.#failed = true;
    for (const act of this.#whenFailed) act();
    const { host, deadline } = this.#context;
    if (!this.#connection.isOpen) return;
    const text = `a chunk was not safe in the queue within ${deadline.name}; the connection was closed, so that its sender sends it again`;
    host.complain({ cause: "not_safe_in_time", peer: this.#connection.peer, message: text });
    this.#connection.finish();
  }

  /** Has something done when answers are no longer given, unless what is returned is called before. */
  onFailure(act: () => void): () => void {
    this.#whenFailed.add(act);
    return () => void this.#whenFailed.delete(act);
  }

  /** Resolves when all answers have been given. */
  async given(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  async #giveLater(
    message: ForwardMessage,
    answer: Buffer,
    { waits, untilMs }: { readonly waits: readonly Promise<boolean>[]; readonly untilMs: number },
  ): Promise<void> {
    const done = this.#context.deadline.watch({ untilMs, late: () => this.fail() });
    const safe = await Promise.all(waits);
    done();
    if (safe.every(Boolean)) this.#write(message, answer);
    else this.fail();
  }

  #write(message: ForwardMessage, answer: Buffer): void {
    if (this.#failed || !this.#connection.isOpen) return;
    const { acknowledged, host } = this.#context;
    const name = nameOf(message);
    this.#unsentBytes += answer.length;
    this.#connection.write(answer, () => {
      this.#unsentBytes -= answer.length;
      if (name !== undefined) acknowledged.add(name);
    });
    if (this.#unsentBytes <= MAX_UNSENT_BYTES) return;
    const text = `${formatBytes(this.#unsentBytes)} of acknowledgements that the sender does not read; the connection was closed`;
    host.complain({ cause: "answers_unread", peer: this.#connection.peer, message: text });
    this.#connection.close();
  }
}

/** Tag and chunk, which together name a chunk of a sender. */
function nameOf({ tag, chunk }: ForwardMessage): string | undefined {
  return chunk === undefined || chunk.id === "" ? undefined : `${tag}\0${chunk.id}`;
}
