import type { Codec } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { Trail, type Crumb } from "./trail.ts";

export interface TrailPolicy {
  /** Crumbs per key, and per event. */
  readonly size: number;
  readonly maxAgeMs: number;
  readonly maxKeys: number;
  readonly maxBytes: number;
}

/** A crumb's JSON and time, made from its frame; undefined when a rule drops it or it is no record. */
export type Render = (frame: Buffer, codec: Codec, from: Provenance) => { json: string; timeMs: number };

/**
 * The trails of all keys, bounded in number, bytes and age. The trail unused for longest goes first; its object serves
 * the next new key, so that a key per record (a trace id each) does not feed the garbage collector.
 */
export class Trails {
  readonly #policy: TrailPolicy;
  readonly #byKey = new Map<string, Trail>();
  #newest: Trail | undefined;
  #oldest: Trail | undefined;
  #spare: Trail | undefined;
  #bytes = 0;
  #seq = 0;

  constructor(policy: TrailPolicy) {
    this.#policy = policy;
  }

  get keys(): number {
    return this.#byKey.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the next record; the same for each of its trails. */
  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** The trail of a key, made if new, and now the last used. Follow up with {@link Trails.weighed}. */
  open(key: string, nowMs: number): Trail {
    let trail = this.#byKey.get(key);
    if (trail === undefined) {
      this.#dropStale(nowMs);
      if (this.#byKey.size >= this.#policy.maxKeys) this.#dropOldest();
      trail = this.#spare ?? new Trail(this.#policy.size, Math.max(16_384, this.#policy.maxBytes >>> 3));
      this.#spare = undefined;
      trail.reuse(key);
      this.#byKey.set(key, trail);
      this.#bytes += trail.weight;
      this.#pushNewest(trail);
    } else if (trail !== this.#newest) {
      this.#unlink(trail);
      this.#pushNewest(trail);
    }
    return trail;
  }

  /** Whether a trail is still held, and the last used. */
  isNewest(trail: Trail): boolean {
    return trail === this.#newest;
  }

  /** After a trail has changed: settles its weight and keeps the sum in bounds. */
  weighed(trail: Trail, before: number): void {
    this.#bytes += trail.weight - before;
    while (this.#bytes > this.#policy.maxBytes && this.#oldest !== undefined && this.#oldest !== trail) this.#dropOldest();
  }

  /** The union of the keys' trails: JSON texts of the newest `size`, by time, ties by arrival. */
  union(keys: readonly string[], nowMs: number, render: Render): readonly string[] {
    const found: { seq: number; timeMs: number; json: string }[] = [];
    const seen = new Set<number>();
    for (const key of keys) {
      const trail = this.#byKey.get(key);
      if (trail === undefined) continue;
      const before = trail.weight;
      for (const crumb of trail) {
        if (crumb.receivedMs < nowMs - this.#policy.maxAgeMs || seen.has(crumb.seq)) continue;
        seen.add(crumb.seq);
        found.push({ seq: crumb.seq, json: rendered(trail, crumb, render), timeMs: crumb.timeMs });
      }
      this.weighed(trail, before);
    }
    found.sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq);
    return found.slice(-this.#policy.size).map((crumb) => crumb.json);
  }

  #dropStale(nowMs: number): void {
    while (this.#oldest !== undefined && this.#oldest.lastMs < nowMs - this.#policy.maxAgeMs) this.#dropOldest();
  }

  #dropOldest(): void {
    const trail = this.#oldest;
    if (trail === undefined) return;
    this.#unlink(trail);
    this.#byKey.delete(trail.key);
    this.#bytes -= trail.weight;
    this.#spare = trail;
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

function rendered(trail: Trail, crumb: Crumb, render: Render): string {
  if (crumb.json !== undefined) return crumb.json;
  const { json, timeMs } = render(trail.frameOf(crumb), crumb.codec as Codec, crumb.from as Provenance);
  trail.cache(crumb, json, timeMs);
  return json;
}
