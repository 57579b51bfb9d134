// The form in which trails cross a thread and lie on disk: lines of JSON, trails that were used last first.
//
//     {"trail":"stream edge\nweb1\nshop"}                            a trail; what follows are its crumbs, newest first
//     {"seq":17,"received":1767323045000,"time":1767323044990.5,"crumb":{"timestamp":...}}
//     {"seq":12}                                                     a crumb that stands in an earlier trail already
//
// So whoever has no room for all of it reads the beginning, and a crumb is written once, however many trails share it.

/** A quiet record that was saved: its breadcrumb as JSON, as events show it. */
export interface SavedCrumb {
  /** Arrival order within its lane. */
  readonly seq: number;
  /** Unix milliseconds. */
  readonly receivedMs: number;
  /** The record's time, Unix milliseconds. */
  readonly timeMs: number;
  readonly json: string;
}

/** A trail that was saved; its crumbs newest first. */
export interface SavedTrail {
  readonly key: string;
  readonly crumbs: readonly SavedCrumb[];
}

/** Trails that were saved, the last used first. */
export interface SavedTrails {
  readonly trails: readonly SavedTrail[];
  /** Of all crumbs in these trails: the order in which they arrived. */
  readonly byArrival: (a: SavedCrumb, b: SavedCrumb) => number;
}

/** A part of what lanes saved, as whole lines. */
export interface SavedPiece {
  /** The lane that saved it, from 0, and how many lanes there were. */
  readonly lane: number;
  readonly lanes: number;
  readonly bytes: Uint8Array;
}

/** No piece is longer. */
export const MAX_PIECE_BYTES = 1 << 20;

/** Begins a trail. */
export function trailLine(key: string): string {
  return `${JSON.stringify({ trail: key })}\n`;
}

/** A crumb of the trail that was begun last. Its JSON holds no line break. */
export function crumbLine({ seq, receivedMs, timeMs, json }: SavedCrumb): string {
  return `{"seq":${seq},"received":${receivedMs},"time":${timeMs},"crumb":${json}}\n`;
}

/** The same for a crumb that stands in an earlier trail. */
export function sharedLine(seq: number): string {
  return `{"seq":${seq}}\n`;
}

/** UTF-16 units after which a piece ends; as UTF-8 and with its last line it stays below {@link MAX_PIECE_BYTES}. */
const PIECE_CHARS = 64 << 10;

/** Packs lines into pieces, each worth some milliseconds of rendering. */
export function* pieces(lines: Iterable<string>): Generator<Uint8Array, undefined> {
  let piece = "";
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE_CHARS) continue;
    yield Buffer.from(piece, "utf8");
    piece = "";
  }
  if (piece !== "") yield Buffer.from(piece, "utf8");
}

/** A crumb's line. What stands for the breadcrumb is checked apart, since an event takes it along as it is. */
const CRUMB = /^\{"seq":(\d{1,15})(?:,"received":(-?\d[\d.e+-]{0,30}),"time":(-?\d[\d.e+-]{0,30}),"crumb":(\{.*\}))?\}$/s;
/** The longest breadcrumb: far more than `breadcrumbJson` makes. */
const MAX_CRUMB_CHARS = 64 << 10;
const MAX_KEY_CHARS = 2_048;

/** A line read as a trail's: its key; undefined when it is none. */
export function readTrail(line: string): string | undefined {
  if (!line.startsWith('{"trail":')) return undefined;
  const { trail: key } = (parsed(line) ?? {}) as { readonly trail?: unknown };
  return typeof key === "string" && key.length <= MAX_KEY_CHARS ? key : undefined;
}

/** A line read as a crumb's: the crumb, or the number of one that stands earlier; undefined when it is neither. */
export function readCrumb(line: string): SavedCrumb | number | undefined {
  if (line.length > MAX_CRUMB_CHARS) return undefined;
  const found = CRUMB.exec(line);
  if (found === null) return undefined;
  const [, seq, received, time, json] = found;
  if (json === undefined) return Number(seq);
  const crumb = { seq: Number(seq), receivedMs: Number(received), timeMs: Number(time), json };
  if (!Number.isFinite(crumb.receivedMs) || !Number.isFinite(crumb.timeMs) || parsed(json) === undefined) return undefined;
  return crumb;
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
