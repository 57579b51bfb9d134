import type { Component } from "../base/lifecycle.ts";
import type { Upstream } from "../component/delivery.ts";
import { Accounts } from "./delivery/accounts.ts";
import { Leftovers } from "./delivery/leftovers.ts";
import { Sender, type SenderHost } from "./delivery/sender.ts";
import { Traits } from "./delivery/traits.ts";

export interface DispatcherHost extends SenderHost {
  /** Where is kept what was learnt about trackers; undefined: it is forgotten with the process. */
  readonly dataDir?: string | undefined;
}

/** Moves parcels from the queue to their upstreams, each upstream on its own: a held one never delays another. */
export class Dispatcher implements Component {
  readonly #senders: Map<string, Sender>;
  readonly #host: DispatcherHost;
  readonly #traits: Traits;
  readonly #accounts: Accounts;
  readonly #leftovers = new Map<string, Leftovers>();
  #state: "new" | "running" | "stopped" = "new";

  constructor(upstreams: ReadonlyMap<string, Upstream>, host: DispatcherHost) {
    const { clock, log, random, dataDir } = host;
    this.#host = host;
    this.#traits = new Traits({ directory: dataDir, clock, log });
    this.#accounts = new Accounts(upstreams.values(), { traits: this.#traits, log, random });
    this.#senders = new Map([...upstreams].map(([name, upstream]) => [name, this.#senderOf(name, upstream)]));
  }

  get senders(): ReadonlyMap<string, Sender> {
    return this.#senders;
  }

  async start(): Promise<void> {
    await this.#traits.start();
    const { queue } = this.#host;
    this.#state = "running";
    for (const name of queue.waitingFor())
      if (!this.#senders.has(name)) this.#leftovers.set(name, new Leftovers(name, this.#host));
    queue.watch((upstream) => this.#senders.get(upstream)?.wake());
    for (const sender of this.#senders.values()) sender.pump();
    for (const leftovers of this.#leftovers.values()) leftovers.start();
  }

  /** One more upstream, before or after the start; what an earlier process left for it is delivered too. */
  add(name: string, upstream: Upstream): void {
    if (this.#state === "stopped" || this.#senders.has(name)) return;
    const sender = this.#senderOf(name, upstream);
    this.#senders.set(name, sender);
    void this.#leftovers.get(name)?.stop();
    this.#leftovers.delete(name);
    if (this.#state === "running") sender.pump();
  }

  /** Takes an upstream away that was added, for which nothing waits; false when something does, or is under way. */
  remove(name: string): boolean {
    const sender = this.#senders.get(name);
    if (sender?.status.idle !== true) return false;
    this.#senders.delete(name);
    void sender.drain(AbortSignal.abort());
    return true;
  }

  /** Delivers what waits, until the deadline aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#state = "stopped";
    await Promise.all([
      ...[...this.#senders.values()].map((sender) => sender.drain(deadline)),
      ...[...this.#leftovers.values()].map((leftovers) => leftovers.stop()),
    ]);
    await this.#traits.stop();
  }

  #senderOf(name: string, upstream: Upstream): Sender {
    return new Sender(name, upstream, this.#accounts.of(upstream), this.#host);
  }
}
