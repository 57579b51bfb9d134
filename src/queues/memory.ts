import * as z from "zod";
import { byteSize } from "../component/fields.ts";
import type { QueueHost } from "../component/host.ts";
import type { Lease, Queue, QueueStats, Wanted } from "../component/queue.ts";
import { defineQueue } from "../component/spec.ts";
import { factsOf, type DataCategory, type Parcel } from "../record/parcel.ts";
import { Budget } from "./parts/budget.ts";
import { Entrance } from "./parts/entrance.ts";
import { leaseOf, Line, lineName, type Entry } from "./parts/line.ts";

const config = z.object({
  max_bytes: byteSize("64MiB").describe("Bytes of parcels held, those on loan to an upstream included."),
  when_full: z
    .enum(["block", "drop_oldest", "drop_newest"])
    .default("block")
    .describe("Without room: `block` makes senders wait, `drop_oldest` and `drop_newest` count what they drop as `queue_full`."),
});

export const memory = defineQueue({
  type: "memory",
  summary: "Holds parcels in memory: fast, and lost with the process.",
  stability: "stable",
  config,
  examples: [{}, { max_bytes: "256MiB", when_full: "drop_oldest" }],
  memoryBytes: (settings) => settings.max_bytes,
  create: (settings, host) => new MemoryQueue(settings, host),
});

class MemoryQueue implements Queue {
  readonly durable = false;
  readonly restored: ReadonlyMap<string, number> = new Map();
  readonly #host: QueueHost;
  readonly #budget: Budget;
  readonly #entrance: Entrance;
  readonly #lines = new Map<string, Line>();
  readonly #leased = new Set<Entry>();
  #listener: (upstream: string) => void = () => {};
  #place = 0;
  #parcels = 0;
  #records = 0;

  constructor(settings: z.output<typeof config>, host: QueueHost) {
    this.#host = host;
    this.#budget = new Budget(settings.max_bytes, host.upstreams);
    this.#entrance = new Entrance({
      budget: this.#budget,
      whenFull: settings.when_full,
      clock: host.clock,
      size: (parcel) => parcel.body.length,
      admit: (parcel) => this.#admit(parcel),
      shed: (mayLose) => this.#shed(mayLose),
      turnedAway: (parcels, cause) => host.dropped(parcels.map(factsOf), cause),
    });
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#entrance.close();
  }

  push(parcels: readonly Parcel[], untilMs = Infinity): true | Promise<boolean> {
    return this.#entrance.push(parcels, untilMs);
  }

  lease(wanted: Wanted): Lease | undefined {
    const line = this.#lines.get(lineName(wanted.upstream, wanted.category));
    const entries = line?.take(wanted) ?? [];
    if (line === undefined || entries.length === 0) return undefined;
    for (const entry of entries) this.#leased.add(entry);
    return leaseOf(entries, {
      acked: (done) => {
        for (const entry of done) this.#leased.delete(entry);
        this.#forget(done);
        this.#entrance.freed();
      },
      released: (back) => {
        for (const entry of back) this.#leased.delete(entry);
        line.putBack(back);
      },
    });
  }

  peek(upstream: string, category: DataCategory): { bornMs: number; count: number } | undefined {
    const line = this.#lines.get(lineName(upstream, category));
    const first = line?.first();
    return line === undefined || first === undefined ? undefined : { bornMs: first.parcel.bornMs, count: line.length };
  }

  waitingFor(): readonly string[] {
    const names = new Set<string>();
    for (const line of this.#lines.values()) {
      const first = line.first();
      if (first !== undefined) names.add(first.parcel.upstream);
    }
    return [...names];
  }

  watch(listener: (upstream: string) => void): void {
    this.#listener = listener;
  }

  stats(): QueueStats {
    let oldestBornMs: number | undefined;
    const older = ({ parcel }: Entry): void => {
      if (oldestBornMs === undefined || parcel.bornMs < oldestBornMs) oldestBornMs = parcel.bornMs;
    };
    for (const line of this.#lines.values()) {
      const first = line.first();
      if (first !== undefined) older(first);
    }
    for (const entry of this.#leased) older(entry);
    return {
      parcels: this.#parcels,
      bytes: this.#budget.total,
      records: this.#records + this.#entrance.records,
      oldestBornMs,
      full: this.#entrance.full,
      trouble: undefined,
      quarantined: 0,
    };
  }

  #admit(parcel: Parcel): void {
    const name = lineName(parcel.upstream, parcel.category);
    let line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, (line = new Line()));
    line.append({ place: this.#place, parcel });
    this.#place += 1;
    this.#parcels += 1;
    this.#records += parcel.records;
    this.#budget.add(parcel.upstream, parcel.body.length);
    this.#listener(parcel.upstream);
  }

  #forget(entries: readonly Entry[]): void {
    for (const { parcel } of entries) {
      this.#parcels -= 1;
      this.#records -= parcel.records;
      this.#budget.remove(parcel.upstream, parcel.body.length);
    }
  }

  #shed(mayLose: (upstream: string) => boolean): boolean {
    let oldest: Line | undefined;
    for (const line of this.#lines.values()) {
      const first = line.first();
      if (first === undefined || !mayLose(first.parcel.upstream)) continue;
      if (first.place < (oldest?.first()?.place ?? Infinity)) oldest = line;
    }
    if (oldest === undefined) return false;
    const gone = oldest.take({ count: 1, bytes: Infinity });
    this.#forget(gone);
    this.#host.dropped(
      gone.map(({ parcel }) => factsOf(parcel)),
      "full",
    );
    return true;
  }
}
