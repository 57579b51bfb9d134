import type { DropCause } from "../../component/host.ts";
import type { DataCategory, Parcel, ParcelFacts } from "../../record/parcel.ts";
import type { Budget } from "../parts/budget.ts";
import { lineName } from "../parts/line.ts";
import { DiskLine } from "./disk-line.ts";
import type { Frame } from "./frame.ts";
import { change, emptyTally, placeOf, type DiskEntry, type Group, type Segment, type Tally } from "./segment.ts";

/** Parcels at hand in a line, in bytes of bodies: what comes in while there are more waits on the disk alone. */
const AT_HAND_BYTES = 1 << 20;

export interface ShelfOptions {
  readonly budget: Budget;
  /** Settles parcels that are let go of. */
  dropped(parcels: readonly ParcelFacts[], cause: DropCause): void;
  /** Parcels of an upstream are at hand that were not before. */
  wake(upstream: string): void;
  /** A segment has acknowledgements to write, or nothing left in it. */
  changed(segment: Segment): void;
}

/** A parcel that a commit has made durable. */
export interface Stored {
  readonly parcel: Parcel;
  readonly sequence: number;
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

/** What is in the segments, and which of it is at hand: all counts of the queue, and none of its I/O. */
export class Shelf {
  readonly #options: ShelfOptions;
  readonly #lines = new Map<string, DiskLine>();
  readonly leased = new Set<DiskEntry>();
  readonly total: Tally = emptyTally();
  /** By number, the oldest first. */
  segments: readonly Segment[] = [];

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  get lines(): Iterable<DiskLine> {
    return this.#lines.values();
  }

  /** Bytes in segments that are of no use any more. */
  get deadBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.deadBytes, 0);
  }

  find(upstream: string, category: DataCategory): DiskLine | undefined {
    return this.#lines.get(lineName(upstream, category));
  }

  /** Puts a segment on the shelf: a new one, or one of a former process with its groups filled in. */
  add(segment: Segment): void {
    this.segments = [...this.segments, segment].sort((a, b) => a.id - b.id);
    change(this.total, segment.live, 1);
    for (const group of segment.groups.values()) {
      this.#options.budget.add(group.upstream, group.live.bytes);
      if (group.unread.parcels === 0) continue;
      const line = this.#lineOf(group);
      line.unread += group.unread.parcels;
      if (line.cursor === undefined || line.cursor.segment.id > segment.id) line.cursor = { segment, offset: 0 };
    }
  }

  /** Books what a commit has made durable, in the order of its offsets, and puts it at hand where that is the order. */
  committed(segment: Segment, stored: readonly Stored[]): void {
    for (const { parcel, sequence, offset, bytes, crc } of stored) {
      const group = segment.groupOf(parcel);
      const tally = { parcels: 1, bytes, records: parcel.records };
      change(group.live, tally, 1);
      change(segment.live, tally, 1);
      change(this.total, tally, 1);
      const line = this.#lineOf(group);
      if (line.unread === 0 && line.readyBytes < AT_HAND_BYTES) {
        line.append({ place: placeOf(segment, sequence), parcel, segment, group, sequence, bytes, crc });
        this.#options.wake(parcel.upstream);
        continue;
      }
      change(group.unread, tally, 1);
      if (line.unread === 0) line.cursor = { segment, offset };
      line.unread += 1;
    }
  }

  /** Puts a parcel at hand that was read from the disk; `parcel` is called when it is still wanted. */
  found(line: DiskLine, segment: Segment, frame: Frame, parcel: () => Parcel): void {
    if (frame.upstream !== line.upstream || frame.category !== line.category || segment.acked.has(frame.sequence)) return;
    const group = segment.groupOf(frame);
    const { sequence, bytes, crc } = frame;
    const expected = group.unread.parcels > 0;
    // What is in no count that was made at start is delivered, but settles no record that nobody received.
    const read = segment.counted && expected ? parcel() : { ...parcel(), records: 0 };
    const tally = { parcels: 1, bytes, records: read.records };
    if (expected) {
      change(group.unread, tally, -1);
      line.unread -= 1;
    } else {
      change(group.live, tally, 1);
      change(segment.live, tally, 1);
      change(this.total, tally, 1);
      this.#options.budget.add(group.upstream, bytes);
    }
    line.lastBornMs = read.bornMs;
    line.append({ place: placeOf(segment, sequence), parcel: read, segment, group, sequence, bytes, crc });
  }

  /** Forgets parcels that have settled. */
  forget(entries: readonly DiskEntry[]): void {
    for (const { parcel, segment, group, sequence, bytes, crc } of entries) {
      this.#remove(segment, group, { parcels: 1, bytes, records: parcel.records });
      segment.acked.add(sequence);
      if (segment.gone) continue;
      segment.acks.push({ sequence, crc });
      this.#options.changed(segment);
    }
  }

  /** Gives up what a line should have had in a segment, and was not found there. */
  lose(line: DiskLine, segment: Segment): void {
    this.#giveUp(segment, segment.groupsOf(line), "damaged");
  }

  /** Drops a segment with all that waits in it; parcels on loan stay on loan. */
  drop(segment: Segment): void {
    for (const line of this.#lines.values()) {
      const entries = line.takeOf(segment);
      this.forget(entries);
      if (entries.length > 0) this.#options.dropped(entries.map(factsOfEntry), "full");
    }
    this.#giveUp(segment, [...segment.groups.values()], "full");
    this.remove(segment);
  }

  /** Takes a segment off the shelf that nothing waits in. */
  remove(segment: Segment): void {
    segment.gone = true;
    segment.epoch += 1;
    this.segments = this.segments.filter((other) => other !== segment);
    for (const line of this.#lines.values()) if (line.cursor?.segment === segment) this.advance(line);
  }

  /** Moves the cursor of a line to the next segment that has something for it. */
  advance(line: DiskLine): void {
    const after = line.cursor?.segment.id ?? 0;
    const segment = this.segments.find((next) => next.id > after && next.unreadOf(line) > 0);
    line.cursor = segment === undefined ? undefined : { segment, offset: 0 };
  }

  #lineOf({ upstream, category }: Group): DiskLine {
    const name = lineName(upstream, category);
    let line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, (line = new DiskLine(upstream, category)));
    return line;
  }

  #giveUp(segment: Segment, groups: readonly Group[], cause: DropCause): void {
    for (const group of groups) {
      const gone = { ...group.unread };
      if (gone.parcels === 0) continue;
      this.#lineOf(group).unread -= gone.parcels;
      change(group.unread, gone, -1);
      this.#remove(segment, group, gone);
      this.#options.dropped(sharesOf(group, gone), cause);
    }
    if (!segment.gone) this.#options.changed(segment);
  }

  #remove(segment: Segment, group: Group, tally: Tally): void {
    change(group.live, tally, -1);
    change(segment.live, tally, -1);
    change(this.total, tally, -1);
    this.#options.budget.remove(group.upstream, tally.bytes);
  }
}

function factsOfEntry({ parcel }: DiskEntry): ParcelFacts {
  const { upstream, category, records, body } = parcel;
  return { upstream, category, records, bytes: body.length };
}

/** Facts of parcels of which only the sum is known: the first has what cannot be shared out evenly. */
function sharesOf({ upstream, category }: Group, { parcels, bytes, records }: Tally): ParcelFacts[] {
  const share = { records: Math.floor(records / parcels), bytes: Math.floor(bytes / parcels) };
  return Array.from({ length: parcels }, (_, i) => ({
    upstream,
    category,
    records: i === 0 ? records - share.records * (parcels - 1) : share.records,
    bytes: i === 0 ? bytes - share.bytes * (parcels - 1) : share.bytes,
  }));
}
