import type { Component } from "../base/lifecycle.ts";
import type { Upstream } from "../component/delivery.ts";
import { Account } from "./delivery/account.ts";
import { Holds } from "./delivery/holds.ts";
import { Leftovers } from "./delivery/leftovers.ts";
import { Sender, type SenderHost } from "./delivery/sender.ts";
import { Traits } from "./delivery/traits.ts";

export interface DispatcherHost extends SenderHost {
  /** Where is kept what was learnt about trackers; undefined: it is forgotten with the process. */
  readonly dataDir?: string | undefined;
}

/** Moves parcels from the queue to their upstreams, each upstream on its own: a held one never delays another. */
export class Dispatcher implements Component {
  readonly senders: ReadonlyMap<string, Sender>;
  readonly #host: DispatcherHost;
  readonly #traits: Traits;
  #leftovers: readonly Leftovers[] = [];

  constructor(upstreams: ReadonlyMap<string, Upstream>, host: DispatcherHost) {
    this.#host = host;
    this.#traits = new Traits({ directory: host.dataDir, clock: host.clock, log: host.log });
    const accounts = accountsOf(upstreams, host, this.#traits);
    this.senders = new Map(
      [...upstreams].map(([name, upstream]) => [name, new Sender(name, upstream, accounts(upstream), host)]),
    );
  }

  async start(): Promise<void> {
    await this.#traits.start();
    const { queue } = this.#host;
    this.#leftovers = queue
      .waitingFor()
      .filter((name) => !this.senders.has(name))
      .map((name) => new Leftovers(name, this.#host));
    queue.watch((upstream) => this.senders.get(upstream)?.wake());
    for (const sender of this.senders.values()) sender.pump();
    for (const leftovers of this.#leftovers) leftovers.start();
  }

  /** Delivers what waits, until the deadline aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all([
      ...[...this.senders.values()].map((sender) => sender.drain(deadline)),
      ...this.#leftovers.map((leftovers) => leftovers.stop()),
    ]);
    await this.#traits.stop();
  }
}

/** One account for all upstreams that share it, with the backoff of the most patient of them. */
function accountsOf(upstreams: ReadonlyMap<string, Upstream>, host: SenderHost, traits: Traits): (upstream: Upstream) => Account {
  const made = new Map<string | Upstream, Account>();
  const all = [...upstreams.values()];
  return (upstream) => {
    const { account: name } = upstream;
    const known = made.get(name ?? upstream);
    if (known !== undefined) return known;
    const paces = all.filter((other) => other === upstream || (name !== undefined && other.account === name));
    const backoff = {
      firstMs: Math.max(...paces.map(({ pace }) => pace.backoff.firstMs)),
      maxMs: Math.max(...paces.map(({ pace }) => pace.backoff.maxMs)),
    };
    const account = new Account({ name, holds: new Holds(backoff, host.random), traits, log: host.log });
    made.set(name ?? upstream, account);
    return account;
  };
}
