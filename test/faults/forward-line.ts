import { connect, type Socket } from "node:net";
import { decode } from "@msgpack/msgpack";
import type { Batch, Line, Source } from "./flow.ts";
import { forwardChunk } from "./records.ts";

/** A map with an `ack` of the 24 characters that every id has. */
const ANSWER_BYTES = 30;
const RETRY_MS = 50;

/**
 * A connection as fluentd keeps it: chunks wait for their `ack`, and when the connection is lost those without one are sent
 * again on the next, byte for byte and under the same id.
 */
export class ForwardLine implements Line {
  readonly #source: Source;
  readonly #unacknowledged = new Map<string, { readonly batch: Batch; readonly bytes: Buffer }>();
  #socket: Socket | undefined;
  #connected = false;
  #leaving = false;
  #closeAt = Infinity;
  #answers: Buffer = Buffer.alloc(0);

  constructor(source: Source) {
    this.#source = source;
    this.#open();
  }

  get isIdle(): boolean {
    return this.#unacknowledged.size === 0;
  }

  pump(): void {
    const { plan } = this.#source;
    if (!this.#connected || this.#leaving) return;
    if (performance.now() > this.#closeAt) {
      if (this.isIdle) this.#leave();
      return;
    }
    while (this.#unacknowledged.size < plan.window) {
      const batch = this.#source.next();
      if (batch === undefined) return;
      const bytes = forwardChunk(batch.fields, batch.id);
      this.#unacknowledged.set(batch.id, { batch, bytes });
      this.#socket?.write(bytes);
    }
  }

  async end(): Promise<void> {
    this.#leaving = true;
    this.#socket?.destroy();
  }

  #leave(): void {
    this.#leaving = true;
    this.#socket?.end();
  }

  #open(): void {
    const { plan } = this.#source;
    const socket = connect(plan.port, "127.0.0.1");
    this.#socket = socket;
    this.#answers = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on("connect", () => {
      this.#connected = true;
      this.#source.connections += 1;
      if (plan.reconnectMs !== undefined) this.#closeAt = performance.now() + plan.reconnectMs * (0.5 + Math.random());
      for (const { bytes } of this.#unacknowledged.values()) {
        this.#source.resent += 1;
        socket.write(bytes);
      }
    });
    socket.on("data", (bytes) => this.#read(bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#connected = false;
      const isOver = this.#source.isStopping && this.isIdle;
      if (isOver) return;
      this.#leaving = false;
      setTimeout(() => this.#open(), RETRY_MS);
    });
  }

  #read(bytes: Buffer): void {
    const all = this.#answers.length === 0 ? bytes : Buffer.concat([this.#answers, bytes]);
    let at = 0;
    for (; at + ANSWER_BYTES <= all.length; at += ANSWER_BYTES) {
      const { ack } = decode(all.subarray(at, at + ANSWER_BYTES)) as { readonly ack: string };
      const waiting = this.#unacknowledged.get(ack);
      if (waiting === undefined) throw new Error(`an acknowledgement of ${ack}, which does not wait for one`);
      this.#unacknowledged.delete(ack);
      this.#source.acknowledged(waiting.batch);
    }
    this.#answers = all.subarray(at);
  }
}
