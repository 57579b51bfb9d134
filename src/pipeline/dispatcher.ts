import type { Component } from "../base/lifecycle.ts";
import type { Upstream } from "../component/delivery.ts";
import { Sender, type SenderHost } from "./sender.ts";

/** Moves parcels from the queue to their upstreams, each upstream on its own: a held one never delays another. */
export class Dispatcher implements Component {
  readonly senders: ReadonlyMap<string, Sender>;
  readonly #host: SenderHost;

  constructor(upstreams: ReadonlyMap<string, Upstream>, host: SenderHost) {
    this.#host = host;
    this.senders = new Map([...upstreams].map(([name, upstream]) => [name, new Sender(name, upstream, host)]));
  }

  async start(): Promise<void> {
    this.#host.queue.watch((upstream) => this.senders.get(upstream)?.wake());
    for (const sender of this.senders.values()) sender.pump();
  }

  /** Delivers what waits, until the deadline aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all([...this.senders.values()].map((sender) => sender.drain(deadline)));
  }
}
