import type { Clock } from "../../base/clock.ts";
import type { DropCause } from "../../component/host.ts";
import type { Parcel } from "../../record/parcel.ts";
import type { WhenFull } from "../parts/entrance.ts";
import { emptyTally, type Tally } from "./segment.ts";
import type { Stored } from "./shelf.ts";
import type { Trouble } from "./trouble.ts";
import { codeOf } from "../../base/errors.ts";

/** Parcels that wait in memory for their commit; beyond it pushes wait as if there were no room. */
const MAX_PENDING_BYTES = 8 << 20;
const RETRY_MS = 1_000;

export interface CommitsOptions {
  readonly whenFull: WhenFull;
  readonly clock: Clock;
  readonly trouble: Trouble;
  size(parcel: Parcel): number;
  /** Makes as many parcels from `from` on durable as fit in one go; returns how many. */
  write(parcels: readonly Parcel[], from: number): Promise<number>;
  /** Finds out whether so many bytes can be stored, after they could not. */
  probe(bytes: number): Promise<void>;
  /** Deletes the oldest segment to make room on the disk; false when there is none to spare. */
  sacrifice(): Promise<boolean>;
  /** Parcels left memory without being durable. */
  dropped(parcels: readonly Parcel[], cause: DropCause): void;
  /** There is room in memory again. */
  freed(): void;
}

/** Parcels that become durable together, as far as the segments allow. */
interface Round {
  parcels: Parcel[];
  bytes: number;
  readonly done: Promise<boolean>;
  readonly resolve: (safe: boolean) => void;
}

interface Waiter {
  readonly untilMs: number;
  readonly resolve: (safe: boolean) => void;
}

/** Group commit: while one round is on its way to the disk, the next one gathers. */
export class Commits {
  readonly #options: CommitsOptions;
  /** All that was taken over and is not durable yet. */
  readonly pending: Tally = emptyTally();
  #gathering: Round | undefined;
  #writing: Round | undefined;
  #running: Promise<void> | undefined;
  #retryAtMs = 0;
  #failedBytes = 0;
  #wake: () => void = () => {};
  #closing = false;
  #closed = false;
  readonly #waiters = new Set<Waiter>();
  #deadline: NodeJS.Timeout | undefined;
  #deadlineMs = Infinity;

  constructor(options: CommitsOptions) {
    this.#options = options;
  }

  /** True while memory holds as much as may wait for the disk. */
  get congested(): boolean {
    return this.pending.bytes >= MAX_PENDING_BYTES;
  }

  /** Birth of the oldest that is not durable yet, Unix milliseconds. */
  get oldestBornMs(): number | undefined {
    return (this.#writing ?? this.#gathering)?.parcels[0]?.bornMs;
  }

  add(parcel: Parcel): void {
    const round = (this.#gathering ??= newRound());
    const bytes = this.#options.size(parcel);
    round.parcels.push(parcel);
    round.bytes += bytes;
    this.#count(parcel, 1);
    this.start();
  }

  /** Takes parcels off the count that are durable from this moment on. */
  made(parcels: readonly Stored[]): void {
    if (!this.#closed) for (const { parcel } of parcels) this.#count(parcel, -1);
  }

  /** Writes what waits, or tries again what failed, until nothing of both is left. */
  start(): void {
    this.#wake();
    if (this.#closing) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#gathering !== undefined) this.start();
    });
  }

  /** Resolves with true once all that was added so far is durable or dropped, with false when a moment passes first. */
  flushed(untilMs: number): true | Promise<boolean> {
    const last = this.#gathering ?? this.#writing;
    if (last === undefined) return true;
    if (untilMs === Infinity) return last.done;
    return new Promise((resolve) => {
      const waiter: Waiter = { untilMs, resolve };
      this.#waiters.add(waiter);
      void last.done.then((safe) => {
        if (this.#waiters.delete(waiter)) resolve(safe);
      });
      if (untilMs < this.#deadlineMs) this.#watchDeadlines();
    });
  }

  /** Takes out the oldest that is not on its way to the disk yet and may be lost. */
  shed(mayLose: (upstream: string) => boolean): Parcel | undefined {
    const round = this.#gathering;
    const at = round?.parcels.findIndex(({ upstream }) => mayLose(upstream)) ?? -1;
    const [parcel] = at < 0 ? [] : (round?.parcels.splice(at, 1) ?? []);
    if (parcel !== undefined) this.#count(parcel, -1);
    return parcel;
  }

  /** Ends trying: what is not durable by then is given up. */
  async close(deadline: Promise<unknown>): Promise<void> {
    this.#retryAtMs = 0;
    this.#closing = true;
    this.#wake();
    await Promise.race([this.#running ?? Promise.resolve(), deadline]);
    this.#closed = true;
    for (const round of [this.#writing, this.#gathering]) if (round !== undefined) this.#giveUp(round, "late", false);
    this.#writing = undefined;
    this.#gathering = undefined;
    clearTimeout(this.#deadline);
  }

  async #run(): Promise<void> {
    for (;;) {
      // What comes in this turn of the event loop shares a commit.
      await new Promise((resolve) => setImmediate(resolve));
      const { trouble, clock } = this.#options;
      const waitMs = this.#retryAtMs - clock.tickMs();
      const round = (this.#writing ??= this.#gathering);
      if (round === this.#gathering) this.#gathering = undefined;
      if (trouble.reason !== undefined && waitMs > 0 && !this.#closing) {
        if (round !== undefined && this.#options.whenFull !== "block") this.#finish(round, true, "full");
        else await this.#pause(waitMs);
      } else if (round !== undefined) await this.#write(round);
      else if (trouble.reason === undefined || this.#closing) return;
      else await this.#probe();
      if (this.#closing && trouble.reason !== undefined) return;
    }
  }

  async #write(round: Round): Promise<void> {
    try {
      while (round.parcels.length > 0) {
        const written = await this.#options.write(round.parcels, 0);
        for (const parcel of round.parcels.splice(0, written)) round.bytes -= this.#options.size(parcel);
      }
      this.#options.trouble.end();
      this.#finish(round, true, undefined);
    } catch (thrown) {
      await this.#failed(thrown, round);
    }
  }

  async #failed(thrown: unknown, round: Round): Promise<void> {
    const { trouble, whenFull, clock } = this.#options;
    const code = codeOf(thrown);
    if (whenFull === "drop_oldest" && (code === "ENOSPC" || code === "EDQUOT") && (await this.#options.sacrifice())) return;
    trouble.begin(thrown);
    this.#failedBytes = round.bytes;
    this.#retryAtMs = clock.tickMs() + RETRY_MS;
    if (whenFull !== "block") this.#finish(round, true, "full");
  }

  async #probe(): Promise<void> {
    const { trouble, clock } = this.#options;
    try {
      await this.#options.probe(this.#failedBytes);
      trouble.end();
    } catch (thrown) {
      trouble.begin(thrown);
      this.#retryAtMs = clock.tickMs() + RETRY_MS;
    }
  }

  #finish(round: Round, safe: boolean, cause: DropCause | undefined): void {
    if (this.#writing === round) this.#writing = undefined;
    if (cause === undefined) round.resolve(safe);
    else this.#giveUp(round, cause, safe);
    this.#options.freed();
  }

  #giveUp(round: Round, cause: DropCause, safe: boolean): void {
    for (const parcel of round.parcels) this.#count(parcel, -1);
    if (round.parcels.length > 0) this.#options.dropped(round.parcels, cause);
    round.parcels = [];
    round.resolve(safe);
  }

  #count(parcel: Parcel, sign: 1 | -1): void {
    this.pending.parcels += sign;
    this.pending.records += sign * parcel.records;
    this.pending.bytes += sign * this.#options.size(parcel);
  }

  /** Waits, but no longer than until something comes in that need not wait. */
  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let woken = false;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(ms, RETRY_MS));
      this.#wake = () => {
        if (!this.#closing && this.#options.whenFull === "block") return;
        woken = true;
        resolve();
      };
    });
    clearTimeout(timer);
    this.#wake = () => {};
    if (this.#closing || !woken) this.#retryAtMs = 0;
  }

  /** One timer, for the next deadline of all that wait. */
  #watchDeadlines(): void {
    clearTimeout(this.#deadline);
    this.#deadlineMs = Math.min(Infinity, ...[...this.#waiters].map(({ untilMs }) => untilMs));
    if (this.#deadlineMs === Infinity) return;
    const inMs = Math.max(1, Math.ceil(this.#deadlineMs - this.#options.clock.tickMs()));
    this.#deadline = setTimeout(() => {
      const now = this.#options.clock.tickMs();
      for (const waiter of this.#waiters) {
        if (waiter.untilMs > now) continue;
        this.#waiters.delete(waiter);
        waiter.resolve(false);
      }
      this.#watchDeadlines();
    }, inMs);
    this.#deadline.unref();
  }
}

function newRound(): Round {
  let resolve: (safe: boolean) => void = () => {};
  const done = new Promise<boolean>((settle) => {
    resolve = settle;
  });
  return { parcels: [], bytes: 0, done, resolve };
}
