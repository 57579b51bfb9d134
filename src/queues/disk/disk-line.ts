import type { DataCategory } from "../../record/parcel.ts";
import { Line, type Portion } from "../parts/line.ts";
import type { DiskEntry, Segment } from "./segment.ts";

/** Waiting parcels of one upstream and category: some at hand in memory, the younger rest on disk. */
export class DiskLine {
  readonly upstream: string;
  readonly category: DataCategory;
  readonly #ready = new Line<DiskEntry>();
  /** Of bodies at hand. */
  readyBytes = 0;
  /** Parcels that only the disk has. */
  unread = 0;
  /** Where the first of them is, or something before it; undefined while there is none. */
  cursor: { readonly segment: Segment; readonly offset: number } | undefined;
  /** Birth of the last parcel that came from the disk: what is unread is hardly older. */
  lastBornMs = -Infinity;
  /** A read for it is under way. */
  reading = false;

  constructor(upstream: string, category: DataCategory) {
    this.upstream = upstream;
    this.category = category;
  }

  get waiting(): number {
    return this.#ready.length + this.unread;
  }

  get atHand(): number {
    return this.#ready.length;
  }

  first(): DiskEntry | undefined {
    return this.#ready.first();
  }

  append(entry: DiskEntry): void {
    this.#ready.append(entry);
    this.readyBytes += entry.parcel.body.length;
  }

  take(portion: Portion): DiskEntry[] {
    const entries = this.#ready.take(portion);
    for (const { parcel } of entries) this.readyBytes -= parcel.body.length;
    return entries;
  }

  putBack(entries: readonly DiskEntry[]): void {
    this.#ready.putBack(entries);
    for (const { parcel } of entries) this.readyBytes += parcel.body.length;
  }

  /** Takes all at hand out that lie in a segment. */
  takeOf(segment: Segment): DiskEntry[] {
    const all = this.take({ count: Infinity, bytes: Infinity });
    this.putBack(all.filter((entry) => entry.segment !== segment));
    return all.filter((entry) => entry.segment === segment);
  }

  /** Birth of the oldest that waits, Unix milliseconds; for one that only the disk has, a moment not after it. */
  get oldestBornMs(): number | undefined {
    const first = this.first();
    if (first !== undefined) return first.parcel.bornMs;
    if (this.unread === 0 || this.cursor === undefined) return undefined;
    const births = this.cursor.segment
      .groupsOf(this)
      .filter(({ unread }) => unread.parcels > 0)
      .map(({ bornMs }) => bornMs);
    return births.length === 0 ? this.lastBornMs : Math.max(Math.min(...births), this.lastBornMs);
  }
}
