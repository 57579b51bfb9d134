import type { Logger } from "../../base/log.ts";
import type { Upstream } from "../../component/delivery.ts";
import { Account } from "./account.ts";
import { Holds } from "./holds.ts";
import type { Traits } from "./traits.ts";

export interface AccountsOptions {
  readonly traits: Traits;
  readonly log: Logger;
  readonly random: () => number;
}

/** One account for all upstreams that share it, with the backoff of the most patient of those that are known from the beginning. */
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #all: readonly Upstream[];
  readonly #made = new Map<string | Upstream, Account>();

  constructor(upstreams: Iterable<Upstream>, options: AccountsOptions) {
    this.#options = options;
    this.#all = [...upstreams];
  }

  of(upstream: Upstream): Account {
    const { account: name } = upstream;
    const known = this.#made.get(name ?? upstream);
    if (known !== undefined) return known;
    const others = this.#all.filter((other) => name !== undefined && other !== upstream && other.account === name);
    const paces = [upstream, ...others];
    const backoff = {
      firstMs: Math.max(...paces.map(({ pace }) => pace.backoff.firstMs)),
      maxMs: Math.max(...paces.map(({ pace }) => pace.backoff.maxMs)),
    };
    const { random, traits, log } = this.#options;
    const account = new Account({ name, holds: new Holds(backoff, random), traits, log });
    this.#made.set(name ?? upstream, account);
    return account;
  }
}
