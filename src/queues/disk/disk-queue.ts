import { resolve } from "node:path";
import { aborted } from "../../base/abort.ts";
import type { QueueHost } from "../../component/host.ts";
import type { Lease, Queue, QueueStats, Wanted } from "../../component/queue.ts";
import { factsOf, type DataCategory, type Parcel } from "../../record/parcel.ts";
import { Budget } from "../parts/budget.ts";
import { Entrance, type WhenFull } from "../parts/entrance.ts";
import { leaseOf } from "../parts/line.ts";
import { Chores } from "./chores.ts";
import { Commits } from "./commits.ts";
import type { DiskLine } from "./disk-line.ts";
import { frameBytes } from "./frame.ts";
import { Quarantine } from "./quarantine.ts";
import { ReadAhead } from "./read-ahead.ts";
import type { Segment } from "./segment.ts";
import { Shelf } from "./shelf.ts";
import { Store } from "./store.ts";
import { Trouble } from "./trouble.ts";
import type { Gap } from "./window.ts";
import { SegmentWriter } from "./writer.ts";

/** How long a stop may go on past its deadline to make durable what was accepted. */
const LAST_COMMIT_MS = 2_000;

export interface DiskQueueOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
}

/** A queue whose parcels are in segment files. This class joins the parts; each of them has one thing to do. */
export class DiskQueue implements Queue {
  readonly durable = true;
  restored: ReadonlyMap<string, number> = new Map();
  readonly #host: QueueHost;
  readonly #budget: Budget;
  readonly #entrance: Entrance;
  readonly #shelf: Shelf;
  readonly #commits: Commits;
  readonly #writer: SegmentWriter;
  readonly #readAhead: ReadAhead;
  readonly #chores: Chores;
  readonly #quarantine: Quarantine;
  readonly #trouble: Trouble;
  readonly #store: Store;
  #listener: (upstream: string) => void = () => {};
  /** Regions that were no parcel at start, and parcels that were none any more when they were read. */
  #damaged = 0;
  #stopping: Promise<void> | undefined;
  #started = false;
  /** `restored` has been read: what is found later is in nobody's books. */
  #booked = false;

  constructor(options: DiskQueueOptions, host: QueueHost) {
    const { maxBytes, whenFull } = options;
    const directory = resolve(options.directory);
    const segmentBytes = Math.min(16 << 20, Math.max(64 << 10, Math.floor(maxBytes / 16)));
    const damaged = (segment: Segment, gaps: readonly Gap[]): void => void this.#quarantine.take(segment, gaps);
    const wake = (upstream: string): void => this.#listener(upstream);
    this.#host = host;
    this.#budget = new Budget(maxBytes, host.upstreams);
    this.#trouble = new Trouble(directory, host.clock, host.log);
    this.#quarantine = new Quarantine(directory, host.log);
    this.#shelf = new Shelf({
      budget: this.#budget,
      wake,
      dropped: (facts, cause) => {
        if (cause === "damaged") this.#damaged += facts.length;
        host.dropped(facts, cause);
      },
      changed: (segment) => this.#chores.changed(segment),
    });
    this.#chores = new Chores({
      directory,
      shelf: this.#shelf,
      log: host.log,
      maxDeadBytes: Math.floor(maxBytes / 8) + 2 * segmentBytes,
      damaged,
      setAside: () => this.#quarantine.settled(),
    });
    this.#store = new Store({
      directory,
      log: host.log,
      damaged: async (segment, gaps) => {
        this.#damaged += await this.#quarantine.take(segment, gaps);
      },
      recovered: (segments) => this.#recovered(segments),
      complain: (complaint) => host.complain(complaint),
    });
    this.#readAhead = new ReadAhead({
      directory,
      shelf: this.#shelf,
      damaged,
      wake,
      failed: (segment, error) => this.#store.isLost(segment, error),
    });
    this.#writer = new SegmentWriter({
      directory,
      segmentBytes,
      nextId: () => this.#store.nextId(),
      committed: (segment, stored) => {
        if (segment.live.parcels === 0 && !this.#shelf.segments.includes(segment)) this.#shelf.add(segment);
        this.#commits.made(stored);
        this.#shelf.committed(segment, stored);
      },
      sealed: (segment, table) => this.#chores.sealed(segment, table),
    });
    this.#commits = this.#createCommits(whenFull);
    this.#entrance = new Entrance({
      budget: this.#budget,
      whenFull,
      clock: host.clock,
      size: frameBytes,
      held: () => this.#commits.congested,
      admit: (parcel) => {
        this.#budget.add(parcel.upstream, frameBytes(parcel));
        this.#commits.add(parcel);
      },
      shed: (mayLose) => this.#shed(mayLose),
      turnedAway: (parcels, cause) => host.dropped(parcels.map(factsOf), cause),
    });
  }

  #createCommits(whenFull: WhenFull): Commits {
    return new Commits({
      whenFull,
      clock: this.#host.clock,
      trouble: this.#trouble,
      size: frameBytes,
      write: async (parcels, from) => {
        await this.#open();
        return this.#writer.write(parcels, from);
      },
      probe: async (bytes) => {
        await this.#open();
        await this.#writer.prepare();
        await this.#store.probe(bytes);
      },
      sacrifice: () => this.#sacrifice(),
      dropped: (parcels, cause) => {
        for (const parcel of parcels) this.#budget.remove(parcel.upstream, frameBytes(parcel));
        this.#host.dropped(parcels.map(factsOf), cause);
      },
      freed: () => this.#entrance.resume(),
    });
  }

  /** Fails only when another relay uses the directory, or a newer version wrote it; other trouble may pass. */
  async start(abort: AbortSignal): Promise<void> {
    this.#started = true;
    try {
      await this.#open(abort);
      await this.#writer.prepare();
      // An empty file can be made on a disk without room: better told now than with the first issue.
      await this.#store.probe(0);
    } catch (thrown) {
      if (this.#store.refusal !== undefined) {
        await this.#store.close();
        throw this.#store.refusal;
      }
      this.#trouble.begin(thrown);
      this.#commits.start();
    }
    const restored = new Map<string, number>();
    for (const { groups } of this.#shelf.segments) {
      for (const { input, live } of groups.values()) restored.set(input, (restored.get(input) ?? 0) + live.records);
    }
    this.restored = restored;
    this.#booked = true;
    this.#fill();
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#stopping ??= this.#stop(deadline);
    return this.#stopping;
  }

  push(parcels: readonly Parcel[], untilMs = Infinity): true | Promise<boolean> {
    if (this.#stopping !== undefined) {
      this.#host.dropped(parcels.map(factsOf), "late");
      return Promise.resolve(false);
    }
    const entered = this.#entrance.push(parcels, untilMs);
    if (entered === true) return this.#commits.flushed(untilMs);
    return entered.then((safe) => (safe ? this.#commits.flushed(untilMs) : false));
  }

  lease(wanted: Wanted): Lease | undefined {
    const line = this.#shelf.find(wanted.upstream, wanted.category);
    if (line === undefined) return undefined;
    const entries = line.take(wanted);
    this.#readAhead.fill(line);
    if (entries.length === 0) return undefined;
    for (const entry of entries) this.#shelf.leased.add(entry);
    return leaseOf(entries, {
      acked: (done) => {
        for (const entry of done) this.#shelf.leased.delete(entry);
        this.#shelf.forget(done);
        this.#entrance.freed();
      },
      released: (back) => {
        for (const entry of back) this.#shelf.leased.delete(entry);
        line.putBack(back);
      },
    });
  }

  peek(upstream: string, category: DataCategory): { bornMs: number; count: number } | undefined {
    const line = this.#shelf.find(upstream, category);
    const bornMs = line?.oldestBornMs;
    return line === undefined || bornMs === undefined ? undefined : { bornMs, count: line.waiting };
  }

  waitingFor(): readonly string[] {
    const names = new Set<string>();
    for (const { upstream, waiting } of this.#shelf.lines) if (waiting > 0) names.add(upstream);
    return [...names];
  }

  watch(listener: (upstream: string) => void): void {
    this.#listener = listener;
  }

  stats(): QueueStats {
    const { total } = this.#shelf;
    const { pending } = this.#commits;
    const births = [this.#commits.oldestBornMs, ...[...this.#shelf.leased].map(({ parcel }) => parcel.bornMs)];
    for (const line of this.#shelf.lines) births.push(line.oldestBornMs);
    const known = births.filter((bornMs) => bornMs !== undefined);
    return {
      parcels: total.parcels + pending.parcels,
      bytes: this.#budget.total,
      records: total.records + pending.records + this.#entrance.records,
      oldestBornMs: known.length === 0 ? undefined : Math.min(...known),
      full: this.#entrance.full,
      trouble: this.#trouble.reason,
      quarantined: this.#damaged,
    };
  }

  async #open(abort?: AbortSignal): Promise<void> {
    if (!this.#store.ready || this.#trouble.reason !== undefined) await this.#store.open(abort);
  }

  #recovered(segments: readonly Segment[]): void {
    for (const segment of segments) {
      if (this.#booked) segment.uncount();
      this.#shelf.add(segment);
    }
    // Before the books are open, damage that is found would be settled and never received.
    if (this.#booked) this.#fill();
  }

  #fill(): void {
    for (const line of this.#shelf.lines) if (this.#host.upstreams.includes(line.upstream)) this.#readAhead.fill(line);
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    this.#entrance.close();
    if (!this.#started) return;
    const late = aborted(deadline).then(
      () =>
        new Promise<void>((done) => {
          setTimeout(done, LAST_COMMIT_MS).unref();
        }),
    );
    await this.#commits.close(late);
    this.#readAhead.close();
    await Promise.race([this.#letGo(), late]);
    await this.#store.close();
  }

  async #letGo(): Promise<void> {
    await this.#writer.seal();
    await this.#chores.close();
    await this.#quarantine.settled();
  }

  /** Drops the oldest waiting parcel of those that may be lost. */
  #shed(mayLose: (upstream: string) => boolean): boolean {
    const lines = [...this.#shelf.lines].filter((line) => line.waiting > 0 && mayLose(line.upstream));
    for (const line of lines) if (line.atHand === 0) this.#readAhead.fillNow(line);
    let oldest: DiskLine | undefined;
    for (const line of lines) if ((line.first()?.place ?? Infinity) < (oldest?.first()?.place ?? Infinity)) oldest = line;
    const [entry] = oldest?.take({ count: 1, bytes: Infinity }) ?? [];
    const parcel = entry?.parcel ?? this.#commits.shed(mayLose);
    if (parcel === undefined) return false;
    if (entry === undefined) this.#budget.remove(parcel.upstream, frameBytes(parcel));
    else this.#shelf.forget([entry]);
    this.#host.dropped([factsOf(parcel)], "full");
    return true;
  }

  async #sacrifice(): Promise<boolean> {
    const oldest = this.#shelf.segments.find(({ sealed }) => sealed);
    if (oldest === undefined) return false;
    this.#shelf.drop(oldest);
    return this.#chores.discard(oldest);
  }
}
