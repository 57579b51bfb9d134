import type { Codec } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { CrumbLists } from "./crumb-lists.ts";
import { CrumbStore, type Source } from "./crumb-store.ts";
import type { Crumbs } from "./crumbs.ts";
import { crumbLine, sharedLine, trailLine, type SavedCrumb, type SavedTrails } from "./saved-trails.ts";
import { TrailKey } from "./trail-key.ts";
import { NONE, TrailTable } from "./trail-table.ts";

export interface TrailPolicy {
  /** Crumbs per key, and per event. */
  readonly size: number;
  readonly maxAgeMs: number;
  readonly maxKeys: number;
  readonly maxBytes: number;
}

/** A quiet record as an event takes it along: its JSON and the record's time. */
export interface Rendered {
  readonly json: string;
  readonly timeMs: number;
}

/** `bytes[start .. end)`. */
export interface Frame {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Makes that from a frame. */
export type Render = (frame: Frame, codec: Codec, from: Provenance) => Rendered;

/** A flat share for a key and its objects. */
const TRAIL_BYTES = 400;

/**
 * The trails of all keys, bounded in number, bytes and age. The trail unused for longest goes first. Trails and crumbs are
 * numbers; {@link TrailTable} and {@link Crumbs} say why.
 */
export class Trails {
  readonly #policy: TrailPolicy;
  readonly #store: CrumbStore;
  readonly #crumbs: Crumbs;
  readonly #table = new TrailTable();
  readonly #lists = new CrumbLists();
  #seq = 0;
  #unions = 0;
  readonly #key = new TrailKey();

  constructor(policy: TrailPolicy) {
    this.#policy = policy;
    this.#store = new CrumbStore(policy.maxBytes);
    this.#crumbs = this.#store.crumbs;
  }

  get keys(): number {
    return this.#table.size;
  }

  get bytes(): number {
    return this.#store.bytes + this.#table.size * TRAIL_BYTES;
  }

  /** The longest frame that {@link Trails.keepFrame} takes. */
  get maxFrameBytes(): number {
    return this.#store.maxFrameBytes;
  }

  /** Readies it for the frames of a batch; undefined lets go of the one before. */
  read(source: Source | undefined): void {
    this.#store.read(source);
  }

  /**
   * A frame of that batch on its way into trails; copies its bytes. Put it into each of its trails, then call
   * {@link Trails.kept}.
   */
  keepFrame(start: number, end: number): number {
    this.#seq += 1;
    return this.#store.keepFrame(this.#seq, start, end);
  }

  /** A breadcrumb on its way into trails, as {@link Trails.keepFrame}. */
  keepJson(receivedMs: number, json: string, timeMs: number): number {
    this.#seq += 1;
    return this.#store.keepJson(this.#seq, receivedMs, json, timeMs);
  }

  /** Puts a crumb into a trail, which is now the last used. */
  put(trail: number, crumb: number): void {
    const { size } = this.#policy;
    if (size === 0) return;
    const { refs, receivedMs } = this.#crumbs;
    if (this.#lists.count(trail) >= size) this.#shorten(trail);
    refs[crumb] = (refs[crumb] as number) + 1;
    this.#table.lastMs[trail] = receivedMs[crumb] as number;
    this.#lists.add(trail, crumb);
  }

  /** After a crumb has been put everywhere: settles the bounds. */
  kept(crumb: number): void {
    if (this.#crumbs.refs[crumb] === 0) this.#store.drop(crumb);
    this.#stayInBounds();
  }

  /** The trail of a key, made if new, and now the last used. */
  open(given: TrailKey | string, nowMs: number): number {
    const key = typeof given === "string" ? this.#key.write(given) : given;
    const table = this.#table;
    const known = table.get(key);
    if (known !== NONE) {
      table.touch(known);
      return known;
    }
    const sinceMs = nowMs - this.#policy.maxAgeMs;
    while (table.oldest !== NONE && (table.lastMs[table.oldest] as number) < sinceMs) this.#dropOldest();
    if (table.size >= this.#policy.maxKeys) this.#dropOldest();
    const trail = table.add(key);
    table.lastMs[trail] = nowMs;
    return trail;
  }

  /** Makes a trail that is held the last used. */
  touch(trail: number): void {
    this.#table.touch(trail);
  }

  /** Changes when the trail's number comes to serve another key. */
  usesOf(trail: number): number {
    return this.#table.uses[trail] as number;
  }

  /** The union of the keys' trails: JSON texts of the newest `size`, by time, ties by arrival. */
  union(keys: readonly string[], nowMs: number, render: Render): readonly string[] {
    const found: Found[] = [];
    this.#unions += 1;
    const { receivedMs, union, seq, timeMs } = this.#crumbs;
    for (const key of keys) {
      const trail = this.#table.get(this.#key.write(key));
      for (const crumb of trail === NONE ? [] : this.#lists.of(trail)) {
        if ((receivedMs[crumb] as number) < nowMs - this.#policy.maxAgeMs || union[crumb] === this.#unions) continue;
        union[crumb] = this.#unions;
        const json = this.#json(crumb, render);
        found.push({ json, timeMs: timeMs[crumb] as number, seq: seq[crumb] as number });
      }
    }
    if (!isInOrder(found)) found.sort(order);
    const texts: string[] = [];
    for (let i = Math.max(0, found.length - this.#policy.size); i < found.length; i += 1) texts.push((found[i] as Found).json);
    this.#stayInBounds();
    return texts;
  }

  /**
   * The trails as lines for {@link Trails.restore} (see `saved-trails.ts`), rendered while they are read; nothing else may
   * be asked meanwhile. Left out are what is too old, trails whose key must not be written down, and, where JSON is much
   * longer than frames, the trails unused for longest.
   */
  *save(nowMs: number, render: Render, mayBeWritten: (key: string) => boolean): Generator<string, undefined> {
    this.#unions += 1;
    const union = this.#unions;
    const crumbs = this.#crumbs;
    const sinceMs = nowMs - this.#policy.maxAgeMs;
    let chars = 0;
    for (let trail = this.#table.newest; trail !== NONE; trail = this.#table.older[trail] as number) {
      let begun = false;
      for (const crumb of this.#lists.of(trail).toReversed()) {
        const seq = crumbs.seq[crumb] as number;
        const receivedMs = crumbs.receivedMs[crumb] as number;
        if (receivedMs < sinceMs) continue;
        if (!begun) {
          const key = this.#table.keyOf(trail);
          if (!mayBeWritten(key)) break;
          begun = true;
          yield trailLine(key);
        }
        if (crumbs.union[crumb] === union) yield sharedLine(seq);
        else {
          crumbs.union[crumb] = union;
          const { json, timeMs } = this.#rendered(crumb, render);
          chars += json.length;
          if (chars > this.#store.maxLiveBytes) return;
          yield crumbLine({ seq, receivedMs, timeMs, json });
        }
      }
    }
  }

  /** Takes saved trails back, before the first record, as far as today's bounds allow. */
  restore({ trails, byArrival }: SavedTrails, nowMs: number): void {
    const { size, maxKeys, maxAgeMs } = this.#policy;
    if (size === 0 || this.#table.size > 0) return;
    // A time to come (the clock was set back) would never be too old.
    const past = (ms: number): number => Math.min(ms, nowMs);
    const isYoung = ({ receivedMs }: SavedCrumb): boolean => receivedMs >= nowMs - maxAgeMs;
    const kept = trails
      .map(({ key, crumbs }) => ({ key, crumbs: crumbs.slice(0, size).filter(isYoung) }))
      .filter(({ crumbs }) => crumbs.length > 0)
      .slice(0, maxKeys);
    const made = new Map<SavedCrumb, number>();
    for (const saved of [...new Set(kept.flatMap(({ crumbs }) => crumbs))].sort(byArrival)) {
      made.set(saved, this.keepJson(past(saved.receivedMs), saved.json, saved.timeMs));
    }
    for (const { key, crumbs } of kept.toReversed()) {
      const trail = this.open(key, past(crumbs[0]?.receivedMs ?? nowMs));
      for (const saved of crumbs.toReversed()) this.put(trail, made.get(saved) as number);
    }
    this.#stayInBounds();
  }

  /**
   * The JSON of a crumb. It is kept from the second time on: most records are taken along by one event only, and texts
   * that stay for nothing are what makes the heap grow.
   */
  #json(crumb: number, render: Render): string {
    const crumbs = this.#crumbs;
    const kept = crumbs.json[crumb];
    if (kept !== undefined) return kept;
    const { json, timeMs } = this.#rendered(crumb, render);
    crumbs.timeMs[crumb] = timeMs;
    if (crumbs.rendered[crumb] === 1) this.#store.cache(crumb, json, timeMs);
    crumbs.rendered[crumb] = 1;
    return json;
  }

  #rendered(crumb: number, render: Render): Rendered {
    const crumbs = this.#crumbs;
    const json = crumbs.json[crumb];
    if (json !== undefined) return { json, timeMs: crumbs.timeMs[crumb] as number };
    const { codec, from } = this.#store.originOf(crumb);
    const [start, end] = [crumbs.start[crumb] as number, crumbs.end[crumb] as number];
    return render({ bytes: this.#store.bytesOf(crumb), start, end }, codec, from);
  }

  #stayInBounds(): void {
    const { maxLiveBytes } = this.#store;
    const table = this.#table;
    while (this.#store.liveBytes + table.size * TRAIL_BYTES > maxLiveBytes && table.oldest !== NONE) {
      // The last trail of all loses crumbs one by one, so that at least the newest stays.
      if (table.oldest !== table.newest) this.#dropOldest();
      else if (this.#lists.count(table.oldest) > 0) this.#shorten(table.oldest);
      else return;
    }
  }

  /** Lets go of the trails unused for longest until all take at most so many bytes; what is free goes back to the machine. */
  shrink(maxBytes: number): void {
    const table = this.#table;
    this.#store.read(undefined);
    while (this.#store.liveBytes + table.size * TRAIL_BYTES > maxBytes && table.oldest !== NONE) this.#dropOldest();
    this.#store.trim();
  }

  /** Takes the oldest crumb out of a trail that has one. */
  #shorten(trail: number): void {
    const crumb = this.#lists.takeOldest(trail);
    const { refs } = this.#crumbs;
    const left = (refs[crumb] as number) - 1;
    refs[crumb] = left;
    if (left === 0) this.#store.drop(crumb);
  }

  #dropOldest(): void {
    const trail = this.#table.oldest;
    if (trail === NONE) return;
    while (this.#lists.count(trail) > 0) this.#shorten(trail);
    this.#table.remove(trail);
  }
}

/** A crumb on its way into an event. */
interface Found {
  readonly json: string;
  readonly timeMs: number;
  readonly seq: number;
}

function order(a: Found, b: Found): number {
  return a.timeMs - b.timeMs || a.seq - b.seq;
}

/** Most trails are in order as they stand. */
function isInOrder(crumbs: readonly Found[]): boolean {
  for (let i = 1; i < crumbs.length; i += 1) if (order(crumbs[i - 1] as Found, crumbs[i] as Found) > 0) return false;
  return true;
}
