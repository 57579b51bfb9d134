import type { Clock } from "../../base/clock.ts";
import { formatDuration } from "../../base/units.ts";
import type { Lease, Queue } from "../../component/queue.ts";
import type { Outcome } from "../../record/outcome.ts";
import type { DataCategory } from "../../record/parcel.ts";
import { giveUp, type Departures } from "./departures.ts";

/** Parcels taken at once: each portion is settled before the next is taken. */
const AT_ONCE = 100;

/** By which door what is too old leaves, and why it waited so long. */
export interface ExpiryVerdict {
  readonly outcome: Outcome;
  readonly cause: string;
}

export interface ExpiryOptions {
  readonly upstream: string;
  readonly maxAgeMs: number;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly departures: Departures;
  verdict(category: DataCategory): ExpiryVerdict;
  /** So many parcels have left. */
  expired(count: number, verdict: ExpiryVerdict): void;
}

/** Takes what has waited for longer than `max_age` out of the queue. */
export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #busy = new Map<DataCategory, Promise<void>>();
  #stopped = false;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** True while something is being buried. */
  get busy(): boolean {
    return this.#busy.size > 0;
  }

  /** Births before this, Unix milliseconds, are too long ago. */
  get bornBeforeMs(): number {
    return this.#options.clock.nowMs() - this.#options.maxAgeMs;
  }

  run(category: DataCategory): void {
    if (this.#stopped || this.#busy.has(category)) return;
    const lease = this.#next(category);
    if (lease === undefined) return;
    const verdict = this.#options.verdict(category);
    const done = this.#expire(lease, category, verdict);
    if (done === undefined) return;
    const ended = done.then(() => void this.#busy.delete(category));
    this.#busy.set(category, ended);
  }

  /** Begins nothing more; resolves when what is being buried has left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#busy.values());
  }

  /** A promise only where a burial takes time. */
  #expire(first: Lease, category: DataCategory, verdict: ExpiryVerdict): Promise<void> | undefined {
    let count = 0;
    for (let lease: Lease | undefined = first; lease !== undefined; lease = this.#next(category)) {
      const buried = giveUp(lease, this.#letter(verdict), this.#options.departures);
      if (buried !== undefined) return this.#rest(buried, lease.parcels.length, category, verdict);
      count += lease.parcels.length;
    }
    this.#options.expired(count, verdict);
    return undefined;
  }

  async #rest(buried: Promise<void>, buriedCount: number, category: DataCategory, verdict: ExpiryVerdict): Promise<void> {
    await buried;
    let count = buriedCount;
    for (let lease = this.#next(category); lease !== undefined; lease = this.#next(category)) {
      // oxlint-disable-next-line no-await-in-loop -- one portion at a time, so that little is on loan
      await giveUp(lease, this.#letter(verdict), this.#options.departures);
      count += lease.parcels.length;
    }
    this.#options.expired(count, verdict);
  }

  #next(category: DataCategory): Lease | undefined {
    if (this.#stopped) return undefined;
    const { queue, upstream } = this.#options;
    const { bornBeforeMs } = this;
    if ((queue.peek(upstream, category)?.bornMs ?? Infinity) >= bornBeforeMs) return undefined;
    return queue.lease({ upstream, category, count: AT_ONCE, bytes: Infinity, bornBeforeMs });
  }

  #letter({ outcome, cause }: ExpiryVerdict) {
    const { upstream, maxAgeMs } = this.#options;
    return { upstream, outcome, cause: `not delivered within ${formatDuration(maxAgeMs)}: ${cause}`, status: undefined };
  }
}
