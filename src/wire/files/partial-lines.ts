import { packFrames } from "../../record/batch.ts";
import type { CarryBudget } from "../carry.ts";
import type { Lines } from "./lines.ts";

/** One part of a line that a container runtime split, or the whole of one. */
export interface Part {
  /** stdout and stderr are joined apart. */
  readonly stream: string;
  readonly isLast: boolean;
  /** The bytes of the text, `bytes[start .. end)`. */
  readonly start: number;
  readonly end: number;
}

/** How a runtime writes its lines. */
export interface PartialFormat {
  /** The part that a line is; undefined for what is none of the format's lines. */
  partOf(bytes: Buffer, start: number, end: number): Part | undefined;
  /** The whole line: `first`, the first part's line, with the text of all parts in place of its own. */
  whole(first: FirstPart, text: readonly Buffer[]): Buffer;
}

export interface FirstPart {
  readonly line: Buffer;
  /** As in {@link Part}, within `line`. */
  readonly start: number;
  readonly end: number;
}

interface Open {
  readonly first: FirstPart;
  readonly place: number;
  text: Buffer[];
  length: number;
  /** What it took from the budget. */
  cost: number;
  /** It is longer than a line may be: what is left of it is skipped. */
  tooLong: boolean;
}

/** Streams of one file whose lines may be open at once; there are two. */
const MAX_STREAMS = 8;
/** What a part costs beside its bytes. */
const PART_COST_BYTES = 128;

export interface PartialLinesOptions {
  readonly format: PartialFormat;
  readonly maxLineBytes: number;
  /** Shared by all files. */
  readonly budget: CarryBudget;
  /** Called once for each line that is too long, or finds no room. */
  readonly tooLong: () => void;
}

/** Joins the parts of one file's lines, as bytes, so that a character that was split is whole again. */
export class PartialLines {
  readonly #options: PartialLinesOptions;
  readonly #open = new Map<string, Open>();

  constructor(options: PartialLinesOptions) {
    this.#options = options;
  }

  /** Where the first line begins that is not whole yet; undefined when there is none. */
  get waitsFrom(): number | undefined {
    for (const { place } of this.#open.values()) return place;
    return undefined;
  }

  /** The lines with parts taken out, and each line that is finished in place of its last part. */
  pass(lines: Lines): Lines {
    const { bytes, bounds, places } = lines;
    if (!this.#concerns(lines)) return lines;
    const frames: Buffer[] = [];
    const kept: number[] = [];
    for (let i = 0; i < places.length; i += 1) {
      const start = bounds[2 * i] as number;
      const end = bounds[2 * i + 1] as number;
      const place = places[i] as number;
      const part = this.#options.format.partOf(bytes, start, end);
      if (part === undefined || this.#isAlone(part)) {
        frames.push(bytes.subarray(start, end));
        kept.push(place);
        continue;
      }
      const whole = this.#add(part, { bytes, start, end, place });
      if (whole === undefined) continue;
      frames.push(whole.line);
      kept.push(whole.place);
    }
    return packed(frames, kept);
  }

  /** Lets go of lines whose last part will not come. */
  flush(): Lines {
    const frames: Buffer[] = [];
    const kept: number[] = [];
    for (const [stream, open] of this.#open) {
      const line = this.#take(stream, open);
      if (line === undefined) continue;
      frames.push(line);
      kept.push(open.place);
    }
    return packed(frames, kept);
  }

  #concerns({ bytes, bounds, places }: Lines): boolean {
    if (this.#open.size > 0) return true;
    for (let i = 0; i < places.length; i += 1) {
      if (this.#options.format.partOf(bytes, bounds[2 * i] as number, bounds[2 * i + 1] as number)?.isLast === false) return true;
    }
    return false;
  }

  /** Whether it is a line by itself; a part for which there is no room counts as one. */
  #isAlone({ stream, isLast }: Part): boolean {
    return !this.#open.has(stream) && (isLast || this.#open.size >= MAX_STREAMS);
  }

  #add(
    part: Part,
    line: { readonly bytes: Buffer; readonly start: number; readonly end: number; readonly place: number },
  ): { line: Buffer; place: number } | undefined {
    const { budget, maxLineBytes, tooLong } = this.#options;
    let open = this.#open.get(part.stream);
    if (open === undefined) {
      const first = {
        line: Buffer.from(line.bytes.subarray(line.start, line.end)),
        start: part.start - line.start,
        end: part.end - line.start,
      };
      open = { first, place: line.place, text: [], length: 0, cost: 0, tooLong: false };
      this.#open.set(part.stream, open);
    }
    const length = part.end - part.start;
    const cost = length + PART_COST_BYTES;
    if (!open.tooLong && (open.length + length > maxLineBytes || !budget.take(cost))) {
      tooLong();
      budget.give(open.cost);
      Object.assign(open, { tooLong: true, text: [], length: 0, cost: 0 });
    }
    if (!open.tooLong) {
      open.text.push(Buffer.from(line.bytes.subarray(part.start, part.end)));
      open.length += length;
      open.cost += cost;
    }
    if (!part.isLast) return undefined;
    const whole = this.#take(part.stream, open);
    return whole === undefined ? undefined : { line: whole, place: open.place };
  }

  #take(stream: string, open: Open): Buffer | undefined {
    this.#open.delete(stream);
    this.#options.budget.give(open.cost);
    return open.tooLong ? undefined : this.#options.format.whole(open.first, open.text);
  }
}

function packed(frames: readonly Buffer[], places: number[]): Lines {
  const { bytes, bounds } = packFrames(frames);
  return { bytes, bounds: frames.length === 0 ? [] : [...bounds], places };
}
