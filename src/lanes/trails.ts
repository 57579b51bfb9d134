import type { Codec } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { CrumbStore, type Crumb, type Source } from "./crumb-store.ts";
import { crumbLine, sharedLine, trailLine, type SavedCrumb, type SavedTrails } from "./saved-trails.ts";
import { Trail } from "./trail.ts";
import { TrailKey } from "./trail-key.ts";
import { TrailTable } from "./trail-table.ts";

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

/** Makes that from a frame, `bytes[start .. end)`. */
export type Render = (
  frame: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  codec: Codec,
  from: Provenance,
) => Rendered;

/** A flat share for a key and its objects. */
const TRAIL_BYTES = 400;

/**
 * The trails of all keys, bounded in number, bytes and age. The trail unused for longest goes first; its object serves
 * the next new key, so that a key per record (a request id each) does not feed the garbage collector.
 */
export class Trails {
  readonly #policy: TrailPolicy;
  readonly #store: CrumbStore;
  readonly #byKey = new TrailTable();
  readonly #spare: Trail[] = [];
  #newest: Trail | undefined;
  #oldest: Trail | undefined;
  #seq = 0;
  #unions = 0;
  readonly #key = new TrailKey();

  constructor(policy: TrailPolicy) {
    this.#policy = policy;
    this.#store = new CrumbStore(policy.maxBytes);
  }

  get keys(): number {
    return this.#byKey.size;
  }

  get bytes(): number {
    return this.#store.bytes + this.#byKey.size * TRAIL_BYTES;
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
  keepFrame(start: number, end: number): Crumb {
    this.#seq += 1;
    return this.#store.keepFrame(this.#seq, start, end);
  }

  /** A breadcrumb on its way into trails, as {@link Trails.keepFrame}. */
  keepJson(receivedMs: number, json: string, timeMs: number): Crumb {
    this.#seq += 1;
    return this.#store.keepJson(this.#seq, receivedMs, json, timeMs);
  }

  /** Puts a crumb into a trail, which is now the last used. */
  put(trail: Trail, crumb: Crumb): void {
    if (this.#policy.size === 0) return;
    const gone = trail.add(crumb);
    if (gone !== undefined && gone.refs === 0) this.#store.drop(gone);
  }

  /** After a crumb has been put everywhere: settles the bounds. */
  kept(crumb: Crumb): void {
    if (crumb.refs === 0) this.#store.drop(crumb);
    this.#stayInBounds();
  }

  /** The trail of a key, made if new, and now the last used. */
  open(given: TrailKey | string, nowMs: number): Trail {
    const key = typeof given === "string" ? this.#key.write(given) : given;
    let trail = this.#byKey.get(key);
    if (trail !== undefined) {
      this.touch(trail);
      return trail;
    }
    while (this.#oldest !== undefined && this.#oldest.lastMs < nowMs - this.#policy.maxAgeMs) this.#dropOldest();
    if (this.#byKey.size >= this.#policy.maxKeys) this.#dropOldest();
    trail = this.#spare.pop() ?? new Trail(this.#policy.size);
    trail.reuse(key);
    trail.lastMs = nowMs;
    this.#byKey.add(trail);
    this.#pushNewest(trail);
    return trail;
  }

  /** Makes a trail that is held the last used. */
  touch(trail: Trail): void {
    if (trail === this.#newest) return;
    this.#unlink(trail);
    this.#pushNewest(trail);
  }

  /** The union of the keys' trails: JSON texts of the newest `size`, by time, ties by arrival. */
  union(keys: readonly string[], nowMs: number, render: Render): readonly string[] {
    const found: Found[] = [];
    this.#unions += 1;
    for (const key of keys) {
      const trail = this.#byKey.get(this.#key.write(key));
      for (let place = 0; place < (trail?.count ?? 0); place += 1) {
        const crumb = (trail as Trail).at(place);
        if (crumb.receivedMs < nowMs - this.#policy.maxAgeMs || crumb.union === this.#unions) continue;
        crumb.union = this.#unions;
        const json = this.#json(crumb, render);
        found.push({ json, timeMs: crumb.timeMs, seq: crumb.seq });
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
    const sinceMs = nowMs - this.#policy.maxAgeMs;
    let chars = 0;
    for (let trail = this.#newest; trail !== undefined; trail = trail.older) {
      let begun = false;
      for (let place = trail.count - 1; place >= 0; place -= 1) {
        const crumb = trail.at(place);
        const { seq, receivedMs } = crumb;
        if (receivedMs < sinceMs) continue;
        if (!begun) {
          const { key } = trail;
          if (!mayBeWritten(key)) break;
          begun = true;
          yield trailLine(key);
        }
        if (crumb.union === union) yield sharedLine(seq);
        else {
          crumb.union = union;
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
    if (size === 0 || this.#newest !== undefined) return;
    // A time to come (the clock was set back) would never be too old.
    const past = (ms: number): number => Math.min(ms, nowMs);
    const isYoung = ({ receivedMs }: SavedCrumb): boolean => receivedMs >= nowMs - maxAgeMs;
    const kept = trails
      .map(({ key, crumbs }) => ({ key, crumbs: crumbs.slice(0, size).filter(isYoung) }))
      .filter(({ crumbs }) => crumbs.length > 0)
      .slice(0, maxKeys);
    const made = new Map<SavedCrumb, Crumb>();
    for (const saved of [...new Set(kept.flatMap(({ crumbs }) => crumbs))].sort(byArrival)) {
      made.set(saved, this.keepJson(past(saved.receivedMs), saved.json, saved.timeMs));
    }
    for (const { key, crumbs } of kept.toReversed()) {
      const trail = this.open(key, past(crumbs[0]?.receivedMs ?? nowMs));
      for (const saved of crumbs.toReversed()) this.put(trail, made.get(saved) as Crumb);
    }
    this.#stayInBounds();
  }

  /**
   * The JSON of a crumb. It is kept from the second time on: most records are taken along by one event only, and texts
   * that stay for nothing are what makes the heap grow.
   */
  #json(crumb: Crumb, render: Render): string {
    if (crumb.json !== undefined) return crumb.json;
    const { json, timeMs } = this.#rendered(crumb, render);
    crumb.timeMs = timeMs;
    if (crumb.rendered) this.#store.cache(crumb, json, timeMs);
    crumb.rendered = true;
    return json;
  }

  #rendered(crumb: Crumb, render: Render): Rendered {
    const { json, timeMs, start, end } = crumb;
    if (json !== undefined) return { json, timeMs };
    return render({ bytes: this.#store.bytesOf(crumb), start, end }, crumb.codec as Codec, crumb.from as Provenance);
  }

  #stayInBounds(): void {
    const { maxLiveBytes } = this.#store;
    while (this.#store.liveBytes + this.#byKey.size * TRAIL_BYTES > maxLiveBytes && this.#oldest !== undefined) {
      // The last trail of all loses crumbs one by one, so that at least the newest stays.
      if (this.#oldest === this.#newest) {
        if (!this.#shorten(this.#oldest)) return;
      } else this.#dropOldest();
    }
  }

  /** False when nothing more can go. */
  #shorten(trail: Trail): boolean {
    const crumb = trail.takeOldest();
    if (crumb !== undefined && crumb.refs === 0) this.#store.drop(crumb);
    return crumb !== undefined;
  }

  #dropOldest(): void {
    const trail = this.#oldest;
    if (trail === undefined) return;
    this.#unlink(trail);
    this.#byKey.remove(trail);
    while (this.#shorten(trail)) continue;
    trail.uses += 1;
    if (this.#spare.length < 64) this.#spare.push(trail);
  }

  #pushNewest(trail: Trail): void {
    trail.newer = undefined;
    trail.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = trail;
    this.#newest = trail;
    this.#oldest ??= trail;
  }

  #unlink(trail: Trail): void {
    if (trail.newer === undefined) this.#newest = trail.older;
    else trail.newer.older = trail.older;
    if (trail.older === undefined) this.#oldest = trail.newer;
    else trail.older.newer = trail.newer;
    trail.newer = undefined;
    trail.older = undefined;
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
