import { readCrumb, readTrail, type SavedCrumb, type SavedPiece, type SavedTrails } from "./saved-trails.ts";

/** How much of what was saved is read at most: the policy of today. */
export interface ReaderLimits {
  /** Crumbs of a trail. */
  readonly size: number;
  readonly maxKeys: number;
  /** Of keys and breadcrumbs, taken as UTF-16 units. Trails keep half of it, so what is left out would not have stayed. */
  readonly maxBytes: number;
}

/** A flat share for a crumb and its objects. */
const CRUMB_CHARS = 32;

interface Trail {
  readonly key: string;
  readonly crumbs: SavedCrumb[];
}

/** What one lane saved, as far as it has been read. */
interface Section {
  readonly trails: Map<string, Trail>;
  readonly crumbs: Map<number, SavedCrumb>;
  /** The trail that was begun last; undefined where its line could not be read. */
  current: Trail | undefined;
  chars: number;
  full: boolean;
}

/**
 * Reads saved trails back, piece by piece. What is no line of ours is passed over; what goes beyond the limits is left
 * out, which is what was unused for longest. The trails of several lanes become one set: what a key has in each of them
 * is put together, and a record that several of them hold stands there once.
 */
export class TrailReader {
  readonly #limits: ReaderLimits;
  readonly #sections = new Map<number, Section>();

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  /** Takes the next piece of a lane. */
  read({ lane, lanes, bytes }: SavedPiece): void {
    let section = this.#sections.get(lane);
    if (section === undefined) {
      section = { trails: new Map(), crumbs: new Map(), current: undefined, chars: 0, full: false };
      this.#sections.set(lane, section);
    }
    const maxChars = this.#limits.maxBytes / lanes;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    for (let start = 0; start < text.length && !section.full;) {
      const end = text.indexOf("\n", start);
      const line = text.slice(start, end < 0 ? text.length : end);
      start = end < 0 ? text.length : end + 1;
      this.#line(line, section, maxChars);
    }
  }

  /** Everything that was read. */
  finish(): SavedTrails {
    const [first, ...others] = this.#sections.values();
    if (first === undefined) return { trails: [], byArrival: bySeq };
    if (others.length === 0) return { trails: [...first.trails.values()], byArrival: bySeq };
    return merged([first, ...others]);
  }

  #line(line: string, section: Section, maxChars: number): void {
    const key = readTrail(line);
    if (key !== undefined) this.#begin(key, section);
    else if (line.startsWith('{"trail":')) section.current = undefined;
    else this.#crumb(line, section);
    if (section.chars > maxChars) section.full = true;
  }

  #begin(key: string, section: Section): void {
    const { trails } = section;
    section.current = trails.has(key) ? undefined : { key, crumbs: [] };
    if (section.current === undefined) return;
    if (trails.size >= this.#limits.maxKeys) {
      section.full = true;
      return;
    }
    trails.set(key, section.current);
    section.chars += key.length;
  }

  #crumb(line: string, section: Section): void {
    const read = readCrumb(line);
    if (read === undefined) return;
    const seq = typeof read === "number" ? read : read.seq;
    let crumb = section.crumbs.get(seq);
    if (crumb === undefined && typeof read !== "number") {
      // The slice would keep the whole piece in memory.
      crumb = { ...read, json: Buffer.from(read.json, "utf8").toString("utf8") };
      section.crumbs.set(seq, crumb);
      section.chars += crumb.json.length + CRUMB_CHARS;
    }
    const crumbs = section.current?.crumbs;
    if (crumb !== undefined && crumbs !== undefined && crumbs.length < this.#limits.size) crumbs.push(crumb);
  }
}

function bySeq(a: SavedCrumb, b: SavedCrumb): number {
  return a.seq - b.seq;
}

/** Lanes count arrivals each on their own; what they have in common is the clock. */
function byClock(a: SavedCrumb, b: SavedCrumb): number {
  return a.receivedMs - b.receivedMs || a.seq - b.seq;
}

function merged(sections: readonly Section[]): SavedTrails {
  const known = new Map<string, SavedCrumb>();
  const trails = new Map<string, Set<SavedCrumb>>();
  for (const section of sections) {
    const common = shared(section, known);
    for (const { key, crumbs } of section.trails.values()) {
      const together = trails.get(key) ?? new Set();
      trails.set(key, together);
      for (const crumb of crumbs) together.add(common.get(crumb) ?? crumb);
    }
  }
  const sorted = [...trails].map(([key, crumbs]) => ({ key, crumbs: [...crumbs].sort((a, b) => byClock(b, a)) }));
  // A trail was last used when its newest crumb came.
  const lastMs = ({ crumbs }: Trail): number => crumbs[0]?.receivedMs ?? 0;
  return { trails: sorted.sort((a, b) => lastMs(b) - lastMs(a)), byArrival: byClock };
}

/**
 * The crumbs of a section by what stands for them. Lanes that were given the same trails (see `restoreTrails`) save the
 * same records; two that are alike within one lane are two.
 */
function shared(section: Section, known: Map<string, SavedCrumb>): ReadonlyMap<SavedCrumb, SavedCrumb> {
  const common = new Map<SavedCrumb, SavedCrumb>();
  const counts = new Map<string, number>();
  for (const crumb of section.crumbs.values()) {
    const { receivedMs, timeMs, json } = crumb;
    const alike = `${receivedMs} ${timeMs} ${json}`;
    const nth = (counts.get(alike) ?? 0) + 1;
    counts.set(alike, nth);
    const identity = `${nth} ${alike}`;
    const first = known.get(identity) ?? crumb;
    known.set(identity, first);
    common.set(crumb, first);
  }
  return common;
}
