import { join } from "node:path";
import type { DataCategory, Parcel } from "../../record/parcel.ts";
import type { Entry } from "../parts/line.ts";
import { MAX_PARCELS } from "./frame.ts";
import type { DiskLine } from "./disk-line.ts";
import type { Gap } from "./window.ts";

/** So many parcels, bytes of frames and records. */
export interface Tally {
  parcels: number;
  bytes: number;
  records: number;
}

export function emptyTally(): Tally {
  return { parcels: 0, bytes: 0, records: 0 };
}

export function change(tally: Tally, by: Readonly<Tally>, sign: 1 | -1): void {
  tally.parcels += sign * by.parcels;
  tally.bytes += sign * by.bytes;
  tally.records += sign * by.records;
}

/** The parcels of a segment that share upstream, category and input. */
export interface Group {
  readonly upstream: string;
  readonly category: DataCategory;
  readonly input: string;
  /** Not acknowledged yet. */
  readonly live: Tally;
  /** Those of them that are neither at hand nor on loan: only the disk has them. */
  readonly unread: Tally;
  /** Birth of the first, Unix milliseconds. */
  bornMs: number;
}

/** A parcel in memory, and where the disk has it. */
export interface DiskEntry extends Entry {
  readonly parcel: Parcel;
  readonly segment: Segment;
  readonly group: Group;
  readonly sequence: number;
  /** Of its frame. */
  readonly bytes: number;
  readonly crc: number;
}

/** One acknowledgement that the side log has yet to take. */
export interface Ack {
  readonly sequence: number;
  readonly crc: number;
}

/** Parcels by sequence number: a bitmap that grows. */
export class SequenceSet {
  #bits = new Uint8Array(0);

  has(sequence: number): boolean {
    return ((this.#bits[sequence >> 3] ?? 0) & (1 << (sequence & 7))) !== 0;
  }

  add(sequence: number): void {
    const at = sequence >> 3;
    if (at >= this.#bits.length) {
      const bits = new Uint8Array(Math.min(MAX_PARCELS >> 3, Math.max(256, 2 * at)) + 1);
      bits.set(this.#bits);
      this.#bits = bits;
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (sequence & 7));
  }
}

/** What is known of one segment file. The parcels themselves stay on disk. */
export class Segment {
  readonly id: number;
  readonly groups = new Map<string, Group>();
  readonly live: Tally = emptyTally();
  readonly acked = new SequenceSet();
  /** Acknowledgements not yet in the side log. */
  acks: Ack[] = [];
  /** Length up to which the file holds what was committed. */
  bytes = 0;
  nextSequence = 0;
  /** Nothing is appended any more. */
  sealed = false;
  /** Dropped as a whole, or empty and deleted. */
  gone = false;
  /** False when its records are in nobody's books, so that they must settle nothing. */
  counted = true;
  /** Changes when offsets do. */
  epoch = 0;
  /** Damage that was set aside: every line and rewriting meet it, it is told once. */
  readonly #gaps: Gap[] = [];

  constructor(id: number) {
    this.id = id;
  }

  get deadBytes(): number {
    return this.bytes - this.live.bytes;
  }

  /** Takes its records out of all counts. */
  uncount(): void {
    this.counted = false;
    this.live.records = 0;
    for (const { live, unread } of this.groups.values()) {
      live.records = 0;
      unread.records = 0;
    }
  }

  /** False when the bytes were set aside before. */
  isNews(gap: Gap): boolean {
    if (this.#gaps.some(({ from, to }) => from <= gap.from && gap.to <= to)) return false;
    this.#gaps.push(gap);
    return true;
  }

  /** The group of a parcel, made when it is the first of its kind. */
  groupOf(parcel: Pick<Parcel, "upstream" | "category" | "input" | "bornMs">): Group {
    const name = `${parcel.category} ${parcel.upstream}\n${parcel.input}`;
    let group = this.groups.get(name);
    if (group === undefined) {
      const { upstream, category, input, bornMs } = parcel;
      group = { upstream, category, input, live: emptyTally(), unread: emptyTally(), bornMs };
      this.groups.set(name, group);
    }
    return group;
  }

  /** Parcels of a line that only the disk has. */
  unreadOf(line: DiskLine): number {
    let parcels = 0;
    for (const group of this.groupsOf(line)) parcels += group.unread.parcels;
    return parcels;
  }

  groupsOf(line: Pick<DiskLine, "upstream" | "category">): Group[] {
    return [...this.groups.values()].filter(({ upstream, category }) => upstream === line.upstream && category === line.category);
  }
}

/** The order of births over all segments. */
export function placeOf(segment: Segment, sequence: number): number {
  return segment.id * MAX_PARCELS + sequence;
}

/** Segment files count from 1; the place of a parcel must stay an exact number. */
export const MAX_SEGMENT_ID = 2 ** 33 - 1;

const DIGITS = 20;

export function segmentPath(directory: string, id: number, extension: "seg" | "idx" | "ack" | "tmp"): string {
  return join(directory, `${String(id).padStart(DIGITS, "0")}.${extension}`);
}

/** The number and kind in the name of a segment's file; undefined for other names. */
export function parseSegmentName(name: string): { readonly id: number; readonly extension: string } | undefined {
  const [, digits, extension] = /^(\d{20})\.(seg|idx|ack|tmp)$/.exec(name) ?? [];
  const id = Number(digits);
  return extension === undefined || id < 1 || id > MAX_SEGMENT_ID ? undefined : { id, extension };
}
