import type { Glancer, Sighting } from "../component/codec.ts";
import { skipSpace, skipString, skipValue } from "../scan/json.ts";
import { plainEnd } from "../scan/plain.ts";
import { MemberGlance } from "./glance.ts";
import { startsWith, type Sight } from "./glance-names.ts";
import { NO_VIEW, Shapes, type Step } from "./shapes.ts";
import type { Dialect } from "./spellings.ts";

const QUOTE = 0x22;

/** How the values of a shape are read: a string (its quotes belong to the literals), anything else, the object's end. */
const TEXT = 1;
const OTHER = 2;
const END = 3;
const THE_END = { kind: END, sight: undefined, barred: -1 };

/** A record of a shape that is not known. */
const UNKNOWN = -1;
const UNSURE = 0;
const SURE = 1;

/**
 * A glance over one JSON object's bytes: walks them once, builds nothing. Where the record has a shape that was seen
 * before, only its values are read; see {@link Shapes}.
 */
export class JsonGlance implements Glancer {
  readonly #members: MemberGlance;
  readonly #shapes = new Shapes();
  #viewed: Buffer | undefined;
  #view: DataView = NO_VIEW;
  /** Whether the string walked last held neither escapes nor bytes beyond ASCII. */
  #plain = false;

  /** `unsureOf` names members that make every look unsure. */
  constructor(dialect: Dialect, wanted: readonly string[], unsureOf: readonly string[] = []) {
    this.#members = new MemberGlance(dialect, wanted, unsureOf);
  }

  get seen(): Sighting {
    return this.#members.seen;
  }

  look(bytes: Buffer, start: number, end: number): boolean {
    if (bytes[start] !== 0x7b) return false;
    if (bytes !== this.#viewed) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const followed = this.#follow(bytes, start, end);
    return followed === UNKNOWN ? this.#walk(bytes, start, end) : followed === SURE;
  }

  /** Reads the values of a record whose shape is known; the same as {@link #walk} would say. */
  #follow(bytes: Buffer, start: number, end: number): number {
    const view = this.#view;
    this.#members.begin();
    let step = this.#shapes.root;
    for (let at = start; ;) {
      const next = this.#shapes.next(step, view, at, end);
      if (next === undefined) return UNKNOWN;
      step = next;
      at += step.length;
      if (step.kind === END) return this.#members.end() && isBlank(bytes, at, end) ? SURE : UNSURE;
      at = step.kind === TEXT ? this.#knownText(bytes, at, end, step) : this.#knownOther(bytes, at, end, step);
      if (at < 0) return UNSURE;
    }
  }

  /** As {@link #text}, where most are plain. */
  #knownText(bytes: Buffer, start: number, end: number, { skips, sight }: Step): number {
    const close = plainEnd(this.#view, start, end);
    if (close >= end || bytes[close] !== QUOTE) return this.#text(bytes, start, end, sight as Sight);
    return skips || this.#members.text(sight as Sight, bytes, start, close) ? close : -1;
  }

  /** As {@link #other}, where most are numbers that mean nothing, or levels. */
  #knownOther(bytes: Buffer, start: number, end: number, { skips, sight }: Step): number {
    const after = numberEnd(bytes, start, end);
    if (after < 0) return this.#other(bytes, start, end, sight as Sight);
    return skips || this.#number(bytes, start, after, sight as Sight) ? after : -1;
  }

  #walk(bytes: Buffer, start: number, end: number): boolean {
    this.#members.begin();
    this.#shapes.begin();
    const at = this.#object(bytes, start, end);
    if (at <= 0 || !this.#members.end() || !isBlank(bytes, at, end)) return false;
    this.#shapes.note(at, at, THE_END);
    this.#shapes.learn(bytes, start);
    return true;
  }

  /** The members of an object; the place after it, or negative when unsure. */
  #object(bytes: Buffer, start: number, end: number): number {
    let at = start + 1;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) at = skipSpace(bytes, at, end);
      at = this.#member(bytes, at, end);
      if (at < 0) return -1;
      let byte = bytes[at] as number;
      if (at < end && byte !== 0x2c && byte !== 0x7d) {
        at = skipSpace(bytes, at, end);
        byte = bytes[at] as number;
      }
      if (at >= end) return -1;
      at += 1;
      if (byte === 0x2c) continue;
      return byte === 0x7d ? at : -1;
    }
  }

  /** One `"name": value`; the place after it, or negative when unsure. */
  #member(bytes: Buffer, pos: number, end: number): number {
    if (pos >= end || bytes[pos] !== QUOTE) return -1;
    const { names } = this.#members;
    const { expected } = names;
    let sight: Sight;
    let at = expected === undefined ? end : pos + 2 + expected.key.length;
    if (expected !== undefined && at < end && bytes[at - 1] === QUOTE && startsWith(bytes, pos + 1, expected.key)) {
      names.came();
      ({ sight } = expected);
    } else {
      at = this.#string(bytes, pos, end);
      if (at < 0 || !this.#plain || at === pos + 2) return -1;
      sight = names.get(bytes, pos + 1, at - 1);
    }
    if (bytes[at] !== 0x3a) at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== 0x3a) return -1;
    at += 1;
    if (bytes[at] === 0x20) at = skipSpace(bytes, at, end);
    const byte = bytes[at] as number;
    if (at < end && byte === QUOTE) {
      const close = this.#text(bytes, at + 1, end, sight);
      if (close < 0) return -1;
      this.#shapes.note(at + 1, close, { kind: TEXT, sight, barred: -1 });
      return close + 1;
    }
    if (byte === 0x7b && sight.inside !== undefined) return this.#inside(bytes, at, end, sight);
    const after = this.#other(bytes, at, end, sight);
    this.#shapes.note(at, after, { kind: OTHER, sight, barred: QUOTE });
    return after;
  }

  /** A string's contents, which begin at `start`: the place of its closing quote, or negative when unsure. */
  #text(bytes: Buffer, start: number, end: number, sight: Sight): number {
    const after = this.#string(bytes, start - 1, end);
    if (sight.kind === "skip") return after - 1;
    if (after < 0 || (!this.#plain && sight.kind !== "message")) return -1;
    return this.#members.text(sight, bytes, start, after - 1) ? after - 1 : -1;
  }

  /** An object whose members count. */
  #inside(bytes: Buffer, at: number, end: number, sight: Sight): number {
    const outer = this.#members.enter(sight);
    if (outer === undefined) return -1;
    const inner = this.#object(bytes, at, end);
    this.#members.leave(outer);
    return inner;
  }

  /** A value that is no text. */
  #other(bytes: Buffer, at: number, end: number, sight: Sight): number {
    const byte = bytes[at] as number;
    // A shape knows this object as something else.
    if (byte === 0x7b && sight.inside !== undefined) return -1;
    const after = skipNumber(bytes, at, end);
    if (after < 0) return -1;
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.#number(bytes, at, after, sight) ? after : -1;
    if (byte === 0x7b || byte === 0x5b) return this.#members.container(sight, byte === 0x7b) ? after : -1;
    return this.#members.other(sight) ? after : -1;
  }

  #number(bytes: Buffer, start: number, end: number, sight: Sight): boolean {
    if (sight.kind === "skip") return true;
    const digits = end - start;
    const value = digits === 1 ? (bytes[start] as number) - 0x30 : Number(bytes.toString("latin1", start, end));
    return this.#members.number(sight, value);
  }

  /** Over a string, as `skipString`, and notes whether it is plain. */
  #string(bytes: Buffer, pos: number, end: number): number {
    const at = plainEnd(this.#view, pos + 1, end);
    this.#plain = at < end && bytes[at] === QUOTE;
    return this.#plain ? at + 1 : skipString(bytes, pos, end);
  }
}

/** Over a value; a number as senders mostly write it without the general walk. */
function skipNumber(bytes: Buffer, start: number, end: number): number {
  const after = numberEnd(bytes, start, end);
  return after < 0 ? skipValue(bytes, start, end) : after;
}

/** Over digits with perhaps a fraction, and a member's end behind them; -1 for anything else. */
function numberEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  const first = bytes[at] as number;
  if (first < 0x31 || first > 0x39) return -1;
  do at += 1;
  while (at < end && isDigit(bytes[at] as number));
  if (at + 1 < end && bytes[at] === 0x2e && isDigit(bytes[at + 1] as number)) {
    do at += 1;
    while (at < end && isDigit(bytes[at] as number));
  }
  const next = bytes[at] as number;
  return at < end && (next === 0x2c || next === 0x7d) ? at : -1;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Only white space and the NULs that some senders add. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0x00) return false;
  }
  return true;
}
