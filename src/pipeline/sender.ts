import { setTimeout as pause } from "node:timers/promises";
import PQueue from "p-queue";
import { aborted } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import type { Complaint } from "../base/complaints.ts";
import type { Logger } from "../base/log.ts";
import { RateWindow } from "../base/rate-window.ts";
import type { Delivery, DiscardedEvents, Shipment, Upstream } from "../component/delivery.ts";
import type { Lease, Queue } from "../component/queue.ts";
import type { Outcome } from "../record/outcome.ts";
import { factsOf, type DataCategory, type Parcel } from "../record/parcel.ts";
import type { Discards } from "./discards.ts";
import { Holds, type HoldStatus } from "./holds.ts";

/** Sentry's own numbers: a log container goes out with a hundred logs, or five seconds after the first. */
const LOGS_PER_ENVELOPE = 100;
const LOGS_WAIT_MS = 5_000;
const LOG_ENVELOPE_BYTES = 4 << 20;
/** The longest sleep; `max_age` is checked at least this often. */
const MAX_SLEEP_MS = 1_000;
const CATEGORIES: readonly DataCategory[] = ["error", "log_item"];
const EXPIRED_AT_ONCE = 100;
/** While draining: how often to look whether all is gone. */
const DRAIN_LOOK_MS = 20;

/** What a sender tells the rest of the relay. */
export interface SenderHost {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly queue: Queue;
  readonly discards: Discards;
  /** Warns once per cause a minute. */
  complain(upstream: string, complaint: Complaint): void;
  /** Parcels have left by a door. */
  settled(parcels: readonly Parcel[], outcome: Outcome): void;
  /** One request has been answered, or not, after so many seconds. */
  attempted(upstream: string, result: Delivery["kind"], seconds: number): void;
}

/** Takes parcels of one upstream out of the queue and delivers them, within its limits. */
export class Sender {
  readonly name: string;
  readonly #upstream: Upstream;
  readonly #host: SenderHost;
  readonly #holds: Holds;
  readonly #rate: RateWindow | undefined;
  readonly #requests: PQueue;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #wakeAt = Infinity;
  #awake = false;
  #reportAt: number;
  #draining = false;
  #stopped = false;

  constructor(name: string, upstream: Upstream, host: SenderHost) {
    const { pace } = upstream;
    this.name = name;
    this.#upstream = upstream;
    this.#host = host;
    this.#holds = new Holds(pace.backoff, host.random);
    this.#rate = pace.rateLimit === undefined ? undefined : new RateWindow(pace.rateLimit);
    this.#requests = new PQueue({ concurrency: pace.concurrency });
    this.#reportAt = host.clock.tickMs() + (pace.reportEveryMs ?? Infinity);
  }

  get status(): HoldStatus {
    return this.#holds.status(this.#host.clock.tickMs());
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
    this.#expire(now);
    // A report comes first: with a backlog the events would leave it no token.
    let sleep = Math.min(MAX_SLEEP_MS, this.#report(now));
    for (const category of CATEGORIES) sleep = Math.min(sleep, this.#send(category, now));
    this.#sleep(sleep, now);
  }

  /** Sends until the queue holds nothing more for this upstream, or the deadline aborts. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#draining = true;
    const ended = aborted(deadline);
    while (!deadline.aborted && !this.#idle()) {
      this.pump();
      await Promise.race([pause(DRAIN_LOOK_MS), ended]);
    }
    this.#reportAt = 0;
    if (!deadline.aborted) this.#report(this.#host.clock.tickMs());
    await Promise.race([this.#requests.onIdle(), ended]);
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#abort.abort();
    await this.#requests.onIdle();
  }

  #idle(): boolean {
    const { queue } = this.#host;
    const waits = queue.peek(this.name, "error") !== undefined || queue.peek(this.name, "log_item") !== undefined;
    return !waits && this.#requests.pending === 0;
  }

  /** Starts requests of one category; returns how long until there may be more to do. */
  #send(category: DataCategory, now: number): number {
    const { queue, clock } = this.#host;
    for (;;) {
      const waiting = queue.peek(this.name, category);
      if (waiting === undefined) return MAX_SLEEP_MS;
      const held = Math.max(this.#holds.waitMs(category, now), this.#rate?.waitMs(now) ?? 0);
      if (held > 0) return held;
      if (category === "log_item" && !this.#draining && waiting.count < LOGS_PER_ENVELOPE) {
        const wait = waiting.bornMs + LOGS_WAIT_MS - clock.nowMs();
        if (wait > 0) return wait;
      }
      const allowed = this.#holds.probing ? 1 : this.#upstream.pace.concurrency;
      // A request that ends pumps again.
      if (this.#requests.pending >= allowed) return MAX_SLEEP_MS;
      const count = category === "error" ? 1 : LOGS_PER_ENVELOPE;
      const lease = queue.lease({ upstream: this.name, category, count, bytes: LOG_ENVELOPE_BYTES });
      if (lease === undefined) return MAX_SLEEP_MS;
      const token = this.#rate?.spend(now);
      void this.#requests.add(() => this.#attempt(lease, category, token));
    }
  }

  async #attempt(lease: Lease, category: DataCategory, token: number | undefined): Promise<void> {
    const [first] = lease.parcels;
    if (first === undefined) return;
    const shipment: Shipment =
      category === "error" ? { kind: "event", parcels: [first] } : { kind: "logs", parcels: lease.parcels };
    const delivery = await this.#deliver(shipment, token);
    const { log, discards } = this.#host;
    const now = this.#host.clock.tickMs();
    switch (delivery.kind) {
      case "delivered":
        if (this.#holds.probing) log.info({ upstream: this.name }, "upstream takes events again");
        this.#holds.succeeded();
        this.#holds.limit(delivery.limits, now);
        this.#settle(lease, "delivered");
        break;
      case "limited":
        this.#holds.limit(delivery.limits, now);
        lease.release();
        break;
      case "retry":
        this.#holds.limit(delivery.limits, now);
        this.#failed(delivery.cause, delivery.afterMs, now);
        lease.release();
        break;
      case "refused_dsn":
        this.#complain("dsn_refused", `${delivery.cause}; check the DSN of upstream "${this.name}"`);
        this.#holds.dsnRefused(delivery.cause, now);
        lease.release();
        break;
      case "rejected":
        this.#holds.succeeded();
        this.#holds.limit(delivery.limits, now);
        this.#complain("rejected", `the upstream refused event ${first.eventId} for good: ${delivery.cause}`);
        discards.addParcels(lease.parcels.map(factsOf), "rejected");
        this.#settle(lease, "rejected");
        break;
    }
    // In the next turn p-queue has taken this request off its count.
    this.wake();
  }

  async #deliver(shipment: Shipment, token: number | undefined): Promise<Delivery> {
    const started = this.#host.clock.tickMs();
    const delivery = await this.#upstream.deliver(shipment, this.#abort.signal);
    const now = this.#host.clock.tickMs();
    // Only by now has the request certainly arrived, and it is at the tracker that the rate must hold.
    if (token !== undefined) this.#rate?.arrived(token, now);
    this.#host.attempted(this.name, delivery.kind, (now - started) / 1_000);
    return delivery;
  }

  #complain(cause: string, message: string): void {
    this.#host.complain(this.name, { cause, peer: "", message });
  }

  #settle(lease: Lease, outcome: Outcome): void {
    // Settled first: a record must never be seen in neither place, nor may it be in both for longer than this turn.
    this.#host.settled(lease.parcels, outcome);
    lease.ack();
  }

  #failed(cause: string, afterMs: number | undefined, now: number): void {
    // What was cut off at the deadline says nothing about the upstream.
    if (this.#stopped) return;
    const before = this.#holds.status(now);
    this.#holds.failed(cause, afterMs, now);
    if (before.failures === 0) {
      this.#host.log.warn({ upstream: this.name }, `cannot deliver, will keep trying: ${cause}`);
    }
  }

  #expire(now: number): void {
    const bornBeforeMs = this.#host.clock.nowMs() - this.#upstream.pace.maxAgeMs;
    for (const category of CATEGORIES) this.#expireOf(category, bornBeforeMs, now);
  }

  #expireOf(category: DataCategory, bornBeforeMs: number, now: number): void {
    const { queue, discards } = this.#host;
    let expired = 0;
    for (;;) {
      if ((queue.peek(this.name, category)?.bornMs ?? Infinity) >= bornBeforeMs) break;
      const lease = queue.lease({ upstream: this.name, category, count: EXPIRED_AT_ONCE, bytes: Infinity, bornBeforeMs });
      if (lease === undefined) break;
      expired += lease.parcels.length;
      const outcome = this.#holds.expiryOutcome(category, now, this.#rate?.waitMs(now) ?? 0);
      discards.addParcels(lease.parcels.map(factsOf), outcome);
      this.#settle(lease, outcome);
    }
    if (expired > 0) this.#complain("expired", `dropped ${expired} parcels that had waited for longer than max_age`);
  }

  /** Sends a client report when it is time; returns how long until the next. */
  #report(now: number): number {
    const every = this.#upstream.pace.reportEveryMs;
    if (every === undefined) return MAX_SLEEP_MS;
    const held = Math.max(this.#holds.waitMs("all", now), this.#rate?.waitMs(now) ?? 0);
    if (now < this.#reportAt || held > 0 || !this.#host.discards.has(this.name)) {
      return Math.max(MAX_SLEEP_MS, this.#reportAt - now);
    }
    this.#reportAt = now + every;
    const token = this.#rate?.spend(now);
    const discarded = this.#host.discards.take(this.name);
    void this.#requests.add(() => this.#sendReport(discarded, token));
    return MAX_SLEEP_MS;
  }

  async #sendReport(discarded: readonly DiscardedEvents[], token: number | undefined): Promise<void> {
    const delivery = await this.#deliver({ kind: "client_report", discarded }, token);
    const now = this.#host.clock.tickMs();
    if (delivery.kind === "delivered" || delivery.kind === "limited" || delivery.kind === "rejected") {
      this.#holds.limit(delivery.limits, now);
    }
    if (delivery.kind !== "delivered" && delivery.kind !== "rejected") this.#host.discards.restore(this.name, discarded);
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
