import { ForwardAnswers } from "./forward-answers.ts";
import type { ForwardContext } from "./forward-context.ts";
import { ForwardDelivery } from "./forward-delivery.ts";
import { ForwardFramer } from "./forward-framer.ts";
import { ForwardJson } from "./forward-json.ts";
import type { ForwardSource } from "./forward-message.ts";
import type { Connection, Session } from "./stream-server.ts";

/**
 * One connection of the Fluentd forward protocol. Connecting and leaving without a byte is a heartbeat. A stream that
 * cannot be read on costs its sender the connection, after what came before was answered.
 */
export class ForwardSession implements Session {
  readonly #connection: Connection;
  readonly #context: ForwardContext;
  readonly #answers: ForwardAnswers;
  readonly #delivery: ForwardDelivery;
  #source: ForwardSource | undefined;
  #failed = false;

  constructor(connection: Connection, context: ForwardContext) {
    this.#connection = connection;
    this.#context = context;
    this.#answers = new ForwardAnswers(connection, context);
    this.#delivery = new ForwardDelivery(context, connection.peer, this.#answers);
  }

  data(chunk: Buffer): void | Promise<void> {
    // It was told, by the end of the connection, to send again what has no answer.
    if (this.#answers.failed) return;
    const source = (this.#source ??= this.#open(chunk));
    const messages = source.push(chunk);
    // Its records are counted where they are unpacked.
    if (messages.length > 0) this.#connection.took(0);
    const wait = this.#delivery.deliver(messages, this.#context.host.clock.nowMs());
    if (source.fault === undefined) return wait;
    return this.#fail(wait);
  }

  get heldBytes(): number {
    return this.#source?.heldBytes ?? 0;
  }

  forget(): void {
    this.#source?.forget();
  }

  async end(): Promise<void> {
    this.#source?.end();
    if (!this.#answers.failed) this.#report();
    await this.#delivery.end();
    await this.answered();
  }

  /** Resolves when every message that was taken in and waits for an answer has got it. */
  answered(): Promise<void> {
    return this.#answers.given();
  }

  /** As in_forward does: a connection that begins like JSON is JSON. Neither byte can begin a message of msgpack. */
  #open(chunk: Buffer): ForwardSource {
    const { maxMessageBytes, budget } = this.#context;
    const first = chunk[0];
    return first === 0x5b || first === 0x7b
      ? new ForwardJson(maxMessageBytes, budget)
      : new ForwardFramer(maxMessageBytes, budget);
  }

  async #fail(delivering: Promise<void> | undefined): Promise<void> {
    await delivering;
    this.#report();
    await this.answered();
    this.#connection.close();
  }

  #report(): void {
    const fault = this.#source?.fault;
    if (fault === undefined || this.#failed) return;
    this.#failed = true;
    this.#context.host.refuse(fault.outcome);
    this.#context.host.complain({ cause: fault.cause, peer: this.#connection.peer, message: fault.message });
  }
}
