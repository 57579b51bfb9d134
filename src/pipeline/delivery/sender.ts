import { setTimeout as pause } from "node:timers/promises";
import { aborted } from "../../base/abort.ts";
import type { Logger } from "../../base/log.ts";
import type { Shipment, Upstream } from "../../component/delivery.ts";
import type { Queue } from "../../component/queue.ts";
import type { DataCategory } from "../../record/parcel.ts";
import type { Account } from "./account.ts";
import { Aside, cargoOf, type Cargo } from "./aside.ts";
import type { Departures } from "./departures.ts";
import { Expiry, type ExpiryVerdict } from "./expiry.ts";
import type { HoldStatus } from "./holds.ts";
import { Reports } from "./reports.ts";
import { Requests, type RequestsHost } from "./requests.ts";
import { Shipping } from "./shipping.ts";

/** Sentry's own numbers: a log container goes out with a hundred logs, or five seconds after the first. */
const LOGS_PER_ENVELOPE = 100;
const LOGS_WAIT_MS = 5_000;
const LOG_ENVELOPE_BYTES = 4 << 20;
/** The longest sleep; `max_age` is checked at least this often. */
const MAX_SLEEP_MS = 1_000;
const CATEGORIES: readonly DataCategory[] = ["error", "log_item"];
/** Log containers let go of in one turn where the tracker takes none. */
const UNWANTED_AT_ONCE = 50;
/** While draining: how often to look whether all is gone. */
const DRAIN_LOOK_MS = 20;
/** After the deadline: how long what has been cut off may take to come back. */
const AFTERMATH_MS = 2_000;

/** What a sender tells the rest of the relay. */
export interface SenderHost extends Departures, RequestsHost {
  readonly log: Logger;
  readonly random: () => number;
  readonly queue: Queue;
}

export interface SenderStatus extends HoldStatus {
  /** Requests that may be under way at once, as the upstream bears it. */
  readonly concurrency: number;
  /** Nothing waits for it or is under way, so that it may have come back without anybody having asked. */
  readonly idle: boolean;
}

/** Takes parcels of one upstream out of the queue and delivers them, within its limits. */
export class Sender {
  readonly name: string;
  readonly #account: Account;
  readonly #host: SenderHost;
  readonly #requests: Requests;
  readonly #expiry: Expiry;
  readonly #reports: Reports;
  readonly #shipping: Shipping;
  readonly #aside = new Aside();
  #timer: NodeJS.Timeout | undefined;
  #wakeAt = Infinity;
  #awake = false;
  #draining = false;
  #stopped = false;

  constructor(name: string, upstream: Upstream, account: Account, host: SenderHost) {
    const { queue, clock, discards, log } = host;
    this.name = name;
    this.#account = account;
    this.#host = host;
    this.#requests = new Requests(name, upstream, account, host);
    this.#shipping = new Shipping(name, account, this.#aside, host);
    this.#expiry = new Expiry({
      upstream: name,
      maxAgeMs: upstream.pace.maxAgeMs,
      queue,
      clock,
      departures: host,
      verdict: (category) => this.#verdict(category),
      expired: (count, { cause }) => {
        const message = `gave up ${count} events or logs that had waited for longer than max_age: ${cause}`;
        host.complain(name, { cause: "expired", peer: "", message });
      },
    });
    const { reportEveryMs: everyMs } = upstream.pace;
    this.#reports = new Reports({ upstream: name, everyMs, account, requests: this.#requests, discards, clock, log });
    account.watch(() => this.wake());
  }

  get status(): SenderStatus {
    const holds = this.#account.holds.status(this.#host.clock.tickMs());
    return { ...holds, concurrency: this.#requests.concurrency.limit, idle: this.#idle() };
  }

  /** Parcels have come in: pumps once in this turn of the event loop, however many they are. */
  wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    setImmediate(() => {
      this.#awake = false;
      this.pump();
    });
  }

  /** Sends what may be sent now, and sets the clock for the rest. Cheap to call often. */
  pump(): void {
    if (this.#stopped) return;
    const now = this.#host.clock.tickMs();
    if (this.#aside.size > 0) this.#aside.releaseOlder(this.#expiry.bornBeforeMs);
    for (const category of CATEGORIES) this.#expiry.run(category);
    if (this.#account.lacks("log")) this.#dropLogs();
    // A report comes first: with a backlog the events would leave it no token.
    let sleep = Math.min(MAX_SLEEP_MS, this.#reports.run(now));
    for (const category of CATEGORIES) sleep = Math.min(sleep, this.#send(category, now));
    this.#sleep(sleep, now);
  }

  /** Sends until the queue holds nothing more for this upstream, or the deadline aborts. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#draining = true;
    const ended = aborted(deadline);
    while (!this.#stopped && !deadline.aborted && !this.#idle()) {
      this.pump();
      await Promise.race([pause(DRAIN_LOOK_MS), ended]);
    }
    if (!deadline.aborted) this.#reports.last(this.#host.clock.tickMs());
    await Promise.race([this.#requests.idle(), ended]);
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#requests.abort();
    const over = Promise.all([this.#requests.idle(), this.#expiry.stop()]);
    await Promise.race([over, pause(AFTERMATH_MS, undefined, { ref: false })]);
    this.#aside.releaseAll();
  }

  #idle(): boolean {
    const { queue } = this.#host;
    const waits = CATEGORIES.some((category) => queue.peek(this.name, category) !== undefined);
    return !waits && this.#aside.size === 0 && !this.#expiry.busy && this.#requests.underWay === 0;
  }

  /** Starts requests of one category; returns how long until there may be more to do. */
  #send(category: DataCategory, now: number): number {
    for (;;) {
      const wait = this.#waitMs(category, now);
      if (wait > 0) return wait;
      // A request that ends pumps again.
      if (!this.#requests.admit()) return MAX_SLEEP_MS;
      const cargo = this.#next(category, now);
      if (cargo === undefined) return MAX_SLEEP_MS;
      const [first] = cargo.lease.parcels;
      if (first === undefined) return MAX_SLEEP_MS;
      const shipment: Shipment =
        category === "error" ? { kind: "event", parcels: [first] } : { kind: "logs", parcels: cargo.lease.parcels };
      this.#requests.start(shipment, async (delivery) => {
        await this.#shipping.answered(cargo, delivery);
        // In the next turn p-queue has taken this request off its count.
        this.wake();
      });
    }
  }

  /** How long until something of this category may go; Infinity: nothing waits. */
  #waitMs(category: DataCategory, now: number): number {
    const ready = Math.min(this.#asideMs(category, now), this.#readyMs(category));
    return ready === Infinity ? Infinity : Math.max(ready, this.#requests.waitMs(category, now));
  }

  /** How long until something that was set aside may be tried again. */
  #asideMs(category: DataCategory, now: number): number {
    const due = this.#aside.dueMs(category);
    return due === undefined ? Infinity : Math.max(0, due - now, this.#account.holds.retryWaitMs(now));
  }

  /** How long until a lease is worth taking. */
  #readyMs(category: DataCategory): number {
    const { queue, clock } = this.#host;
    const waiting = queue.peek(this.name, category);
    if (waiting === undefined) return Infinity;
    if (category === "error" || this.#draining || waiting.count >= LOGS_PER_ENVELOPE) return 0;
    return Math.max(0, waiting.bornMs + LOGS_WAIT_MS - clock.nowMs());
  }

  /**
   * What was set aside goes first, being older. But while the tracker is asked whether it is back, something else is
   * tried first: perhaps it is only one parcel that it never takes.
   */
  #next(category: DataCategory, now: number): Cargo | undefined {
    const freshFirst = this.#account.holds.probing && !this.#aside.full;
    const again = this.#asideMs(category, now) === 0;
    return freshFirst || !again
      ? (this.#lease(category) ?? (again ? this.#aside.take(category) : undefined))
      : this.#aside.take(category);
  }

  #lease(category: DataCategory): Cargo | undefined {
    if (this.#readyMs(category) > 0) return undefined;
    const count = category === "error" ? 1 : LOGS_PER_ENVELOPE;
    const lease = this.#host.queue.lease({ upstream: this.name, category, count, bytes: LOG_ENVELOPE_BYTES });
    return lease === undefined ? undefined : cargoOf(lease, category);
  }

  /** The tracker takes no logs: those that wait leave at once. */
  #dropLogs(): void {
    const wanted = { upstream: this.name, category: "log_item", count: LOGS_PER_ENVELOPE, bytes: Infinity } as const;
    for (let portion = 0; portion < UNWANTED_AT_ONCE; portion += 1) {
      const lease = this.#aside.take("log_item")?.lease ?? this.#host.queue.lease(wanted);
      if (lease === undefined) return;
      this.#shipping.dropLogs(lease, "as it has said before");
    }
    this.wake();
  }

  /** By which door what has grown too old leaves, and why it waited. */
  #verdict(category: DataCategory): ExpiryVerdict {
    const { holds } = this.#account;
    const now = this.#host.clock.tickMs();
    const outcome = holds.expiryOutcome(category, now, this.#requests.paceMs(now));
    if (outcome === "rate_limited") return { outcome, cause: "a rate limit held it" };
    return { outcome, cause: holds.status(now).cause ?? "more came in than the tracker took" };
  }

  #sleep(ms: number, now: number): void {
    const at = now + Math.max(1, ms);
    if (this.#timer !== undefined && this.#wakeAt <= at && this.#wakeAt > now) return;
    clearTimeout(this.#timer);
    this.#wakeAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.pump();
      },
      Math.max(1, ms),
    );
  }
}
