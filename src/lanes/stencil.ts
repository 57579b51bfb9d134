import { isAscii } from "node:buffer";
import { ByteWriter } from "../scan/byte-writer.ts";
import { Literal } from "../scan/literal.ts";
import type { Notation } from "../scan/notation.ts";
import { secondsText } from "../sentry/level.ts";
import type { Hole } from "./stencil-hole.ts";
import type { Rendered } from "./trails.ts";

/** What a stencil is made of. */
export interface StencilParts {
  /** Names and kinds of its members, in order; as text, to be compared. */
  readonly shape: string;
  /** The text of each member's value in a frame; undefined: it varies. */
  readonly values: readonly (string | undefined)[];
  readonly notation: Notation;
  /** What a frame holds before, between and behind its holes: one more than there are holes. */
  readonly literals: readonly string[];
  readonly holes: readonly Hole[];
  /** What the breadcrumb holds before, between and behind `shown`. */
  readonly pieces: readonly string[];
  /** The holes that it shows, in its order; undefined: the time of arrival. */
  readonly shown: readonly (Hole | undefined)[];
  readonly time: Hole | undefined;
  /** Two that must not be the same, because the breadcrumb would show only one of them. */
  readonly unlike: readonly [string | Hole, string | Hole] | undefined;
}

/** `bytes[start .. end)`, and a view of all of these bytes. */
export interface FrameView {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}

/** A breadcrumb over this may have to leave out some of its data. */
const MAX_CRUMB_BYTES = 2_000;
const MAX_TIME_BYTES = 32;
/** Where a breadcrumb is put together. */
const CRUMB = new ByteWriter(MAX_CRUMB_BYTES);
/** The most holes that a stencil can have. */
export const MAX_HOLES = 64;

// Of the holes of the frame that was covered last.
const STARTS = new Int32Array(MAX_HOLES);
const ENDS = new Int32Array(MAX_HOLES);

/**
 * What the frames of one logger have in common, with holes where they differ, and the same for the breadcrumbs that they
 * become. A frame that lies under it is told apart by a few comparisons of long texts, whatever the number of its members:
 *
 *     frame  {"host":"web1","short_message":" GET /cart ","timestamp": 1767323045.2 ,"level":6,"_service":"shop"}
 *     crumb  {"timestamp": 1767323045.2 ,"level":"info","category":"shop","message":" GET /cart "}
 */
export class Stencil {
  readonly parts: StencilParts;
  readonly #literals: readonly Literal[];
  readonly #pieces: readonly Literal[];
  /** Bytes of the breadcrumb without what the holes show, at most. */
  readonly #bytes: number;
  readonly #encoding: "latin1" | "utf8";

  constructor(parts: StencilParts) {
    this.parts = parts;
    this.#literals = parts.literals.map((literal) => new Literal(Buffer.from(literal, "latin1")));
    this.#pieces = parts.pieces.map((piece) => new Literal(Buffer.from(piece)));
    this.#bytes = this.#pieces.reduce((sum, { length }) => sum + length, MAX_TIME_BYTES);
    this.#encoding = isAscii(Buffer.from(parts.pieces.join(""))) ? "latin1" : "utf8";
  }

  /** Whether a frame lies under it: holes apart. */
  covers({ view, start, end }: FrameView): boolean {
    const { holes, notation } = this.parts;
    const literals = this.#literals;
    let at = start;
    for (let i = 0; i < holes.length; i += 1) {
      const literal = literals[i] as Literal;
      if (!literal.stands(view, at, end)) return false;
      at += literal.length;
      at = notation.over(view, at, end, (holes[i] as Hole).kind);
      if (at < 0) return false;
      STARTS[i] = notation.start;
      ENDS[i] = notation.end;
    }
    const last = literals[holes.length] as Literal;
    return end === at + last.length && last.stands(view, at, end);
  }

  /**
   * The breadcrumb of the frame that was asked about last, which is covered; undefined when a value in one of the holes
   * needs more than copying.
   */
  render(frame: FrameView, receivedMs: number): Rendered | undefined {
    const { holes, time, unlike } = this.parts;
    let bytes = this.#bytes;
    for (let i = 0; i < holes.length; i += 1) {
      const hole = holes[i] as Hole;
      if (!hole.take(frame, STARTS[i] as number, ENDS[i] as number, receivedMs)) return undefined;
      bytes += hole.length;
    }
    if (bytes > MAX_CRUMB_BYTES || (unlike !== undefined && valueOf(unlike[0]) === valueOf(unlike[1]))) return undefined;
    return { json: this.#json(frame, receivedMs), timeMs: time?.timeMs ?? receivedMs };
  }

  #json(frame: FrameView, receivedMs: number): string {
    const { shown } = this.parts;
    const pieces = this.#pieces;
    CRUMB.begin();
    CRUMB.literal(pieces[0] as Literal);
    for (let i = 0; i < shown.length; i += 1) {
      const hole = shown[i];
      if (hole === undefined) CRUMB.ascii(secondsText(receivedMs));
      else hole.write(frame, CRUMB);
      CRUMB.literal(pieces[i + 1] as Literal);
    }
    return CRUMB.text(this.#encoding);
  }
}

function valueOf(part: string | Hole): string {
  return typeof part === "string" ? part : part.text;
}
