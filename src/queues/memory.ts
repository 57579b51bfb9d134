import * as z from "zod";
import { byteSize } from "../component/fields.ts";
import type { QueueHost } from "../component/host.ts";
import type { Lease, Queue, QueueStats, Wanted } from "../component/queue.ts";
import { defineQueue } from "../component/spec.ts";
import type { DataCategory, Parcel } from "../record/parcel.ts";

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
  create: (settings, host) => new MemoryQueue(settings, host),
});

/** A parcel and its place in the order of births. */
interface Entry {
  readonly place: number;
  readonly parcel: Parcel;
}

interface Blocked {
  readonly parcels: readonly Parcel[];
  next: number;
  readonly admitted: () => void;
}

class MemoryQueue implements Queue {
  readonly durable = false;
  readonly #settings: z.output<typeof config>;
  readonly #host: QueueHost;
  readonly #lines = new Map<string, Line>();
  readonly #leased = new Set<readonly Entry[]>();
  readonly #blocked: Blocked[] = [];
  #listener: (upstream: string) => void = () => {};
  #place = 0;
  #parcels = 0;
  #bytes = 0;
  #records = 0;
  #dropping = false;

  constructor(settings: z.output<typeof config>, host: QueueHost) {
    this.#settings = settings;
    this.#host = host;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  push(parcels: readonly Parcel[]): void | Promise<void> {
    for (let next = 0; next < parcels.length; next += 1) {
      const parcel = parcels[next] as Parcel;
      if (this.#blocked.length > 0 || !this.#makeRoom(parcel)) {
        if (this.#settings.when_full !== "block" || parcel.body.length > this.#settings.max_bytes) this.#drop([parcel]);
        else return this.#block(parcels, next);
      } else this.#admit(parcel);
    }
    return undefined;
  }

  lease(wanted: Wanted): Lease | undefined {
    const line = this.#lines.get(lineName(wanted.upstream, wanted.category));
    const entries = line?.take(wanted.count, wanted.bytes) ?? [];
    if (line === undefined || entries.length === 0) return undefined;
    this.#leased.add(entries);
    return {
      parcels: entries.map((entry) => entry.parcel),
      ack: () => {
        if (this.#leased.delete(entries)) this.#forget(entries);
      },
      release: () => {
        if (!this.#leased.delete(entries)) return;
        line.putBack(entries);
      },
    };
  }

  peek(upstream: string, category: DataCategory): { bornMs: number; count: number } | undefined {
    const line = this.#lines.get(lineName(upstream, category));
    const first = line?.first();
    return line === undefined || first === undefined ? undefined : { bornMs: first.parcel.bornMs, count: line.length };
  }

  expire(upstream: string, bornBeforeMs: number): readonly Parcel[] {
    const expired: Entry[] = [];
    for (const category of ["error", "log_item"] as const) {
      const line = this.#lines.get(lineName(upstream, category));
      for (let first = line?.first(); first !== undefined && first.parcel.bornMs < bornBeforeMs; first = line?.first()) {
        expired.push(...(line?.take(1, Infinity) ?? []));
      }
    }
    if (expired.length > 0) this.#forget(expired);
    return expired.map((entry) => entry.parcel);
  }

  watch(listener: (upstream: string) => void): void {
    this.#listener = listener;
  }

  stats(): QueueStats {
    let oldestBornMs: number | undefined;
    const older = (parcel: Parcel): void => {
      if (oldestBornMs === undefined || parcel.bornMs < oldestBornMs) oldestBornMs = parcel.bornMs;
    };
    for (const line of this.#lines.values()) {
      const first = line.first();
      if (first !== undefined) older(first.parcel);
    }
    for (const entries of this.#leased) for (const entry of entries) older(entry.parcel);
    let waiting = 0;
    for (const { parcels, next } of this.#blocked) for (const parcel of parcels.slice(next)) waiting += parcel.records;
    // A parcel that could never fit is dropped from an empty queue too, which is not full for that.
    const full = this.#blocked.length > 0 || (this.#dropping && this.#parcels > 0);
    return { parcels: this.#parcels, bytes: this.#bytes, records: this.#records + waiting, oldestBornMs, full };
  }

  #admit(parcel: Parcel): void {
    const name = lineName(parcel.upstream, parcel.category);
    let line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, (line = new Line()));
    line.append({ place: this.#place, parcel });
    this.#place += 1;
    this.#parcels += 1;
    this.#bytes += parcel.body.length;
    this.#records += parcel.records;
    this.#listener(parcel.upstream);
  }

  #forget(entries: readonly Entry[]): void {
    for (const { parcel } of entries) {
      this.#parcels -= 1;
      this.#bytes -= parcel.body.length;
      this.#records -= parcel.records;
    }
    this.#dropping = false;
    this.#unblock();
  }

  #fits(parcel: Parcel): boolean {
    return this.#bytes + parcel.body.length <= this.#settings.max_bytes;
  }

  #makeRoom(parcel: Parcel): boolean {
    if (this.#settings.when_full !== "drop_oldest" || parcel.body.length > this.#settings.max_bytes) return this.#fits(parcel);
    while (!this.#fits(parcel)) {
      const line = this.#oldestLine();
      if (line === undefined) return false;
      const dropped = line.take(1, Infinity);
      this.#forget(dropped);
      this.#drop(dropped.map((entry) => entry.parcel));
    }
    return true;
  }

  #oldestLine(): Line | undefined {
    let oldest: Line | undefined;
    for (const line of this.#lines.values()) {
      const first = line.first();
      if (first !== undefined && first.place < (oldest?.first()?.place ?? Infinity)) oldest = line;
    }
    return oldest;
  }

  #drop(parcels: readonly Parcel[]): void {
    this.#dropping = true;
    this.#host.dropped(parcels);
  }

  #block(parcels: readonly Parcel[], next: number): Promise<void> {
    return new Promise((admitted) => {
      this.#blocked.push({ parcels, next, admitted });
    });
  }

  /** Lets blocked pushes in, in the order in which they came. */
  #unblock(): void {
    for (let first = this.#blocked[0]; first !== undefined; first = this.#blocked[0]) {
      for (; first.next < first.parcels.length; first.next += 1) {
        const parcel = first.parcels[first.next] as Parcel;
        if (parcel.body.length > this.#settings.max_bytes) this.#drop([parcel]);
        else if (this.#fits(parcel)) this.#admit(parcel);
        else return;
      }
      this.#blocked.shift();
      first.admitted();
    }
  }
}

function lineName(upstream: string, category: DataCategory): string {
  return `${category} ${upstream}`;
}

/** Waiting parcels of one upstream and category: a queue whose front also takes back what was on loan. */
class Line {
  /** Taken ones are blanked, so that a body is not held longer than its lease. */
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  /** Came back from a lease; sorted by place. All of them are older than the head, or were when they left. */
  #returned: Entry[] = [];

  get length(): number {
    return this.#entries.length - this.#head + this.#returned.length;
  }

  append(entry: Entry): void {
    this.#entries.push(entry);
  }

  first(): Entry | undefined {
    const returned = this.#returned[0];
    const head = this.#entries[this.#head];
    return returned !== undefined && (head === undefined || returned.place < head.place) ? returned : head;
  }

  /** Takes the oldest, at least one if there is any, up to `count` and `bytes`. */
  take(count: number, bytes: number): Entry[] {
    const taken: Entry[] = [];
    let size = 0;
    for (let first = this.first(); first !== undefined && taken.length < count; first = this.first()) {
      size += first.parcel.body.length;
      if (taken.length > 0 && size > bytes) break;
      taken.push(first);
      if (first === this.#returned[0]) this.#returned.shift();
      else {
        this.#entries[this.#head] = undefined;
        this.#head += 1;
      }
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  putBack(entries: readonly Entry[]): void {
    this.#returned = [...this.#returned, ...entries].sort((a, b) => a.place - b.place);
  }
}
