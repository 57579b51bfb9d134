import type { Sight } from "./glance-names.ts";

/** Before any bytes are looked at. */
export const NO_VIEW: DataView = new DataView(new ArrayBuffer(0));

/** How a value is read, which the glance that follows a shape knows. */
export type StepKind = number;

/** What is known of a value when it is met. */
export interface Noted {
  readonly kind: StepKind;
  readonly sight: Sight | undefined;
  /** A byte that a value of another kind begins with; -1: none. */
  readonly barred: number;
}

/** Members of one record that a shape may have. */
const MAX_STEPS = 64;
/** Steps learnt; beyond it all are forgotten, because senders that invent names would fill the memory. */
const MAX_LEARNT = 4_096;
/** After that, so many records are walked before another one is learnt. */
const REST = 10_000;
/** Ways on from one step. */
const MAX_WAYS = 16;
/** A longer text between two values is not worth comparing. */
const MAX_LITERAL_BYTES = 256;

/** One value of a record: the bytes that must stand before it, what it means, and what may come next. */
export class Step {
  readonly kind: StepKind;
  readonly sight: Sight | undefined;
  /** Most likely first. */
  readonly ways: Step[] = [];
  readonly length: number;
  /** Whether the value may be anything. */
  readonly skips: boolean;
  readonly #words: Float64Array;
  readonly #last: number;
  readonly #first4: number;
  readonly #last4: number;
  readonly #bytes: Buffer;
  readonly #barred: number;

  /** With `barred`, the value must not begin with that byte. */
  constructor(literal: Buffer, { kind, sight, barred }: Noted) {
    this.kind = kind;
    this.sight = sight;
    this.#barred = barred;
    this.length = literal.length;
    this.skips = sight?.kind === "skip";
    this.#bytes = Buffer.from(literal);
    // Eight bytes at a time, as doubles, which no text makes NaN, and none without a NUL zero. The last ones overlap those before.
    const { length } = literal;
    this.#words = Float64Array.from({ length: Math.max(0, (length - 1) >> 3) }, (_, i) => literal.readDoubleLE(i * 8));
    this.#last = length >= 8 ? literal.readDoubleLE(length - 8) : 0;
    this.#first4 = length >= 4 ? literal.readInt32LE(0) : 0;
    this.#last4 = length >= 4 ? literal.readInt32LE(length - 4) : 0;
  }

  /** Whether its bytes stand at a place of a view. */
  stands(view: DataView, at: number, end: number): boolean {
    const { length } = this;
    const after = at + length;
    if (after > end) return false;
    if (length >= 8) {
      const words = this.#words;
      for (let i = 0; i < words.length; i += 1) if (view.getFloat64(at + i * 8, true) !== words[i]) return false;
      if (view.getFloat64(after - 8, true) !== this.#last) return false;
    } else if (length >= 4) {
      if (view.getInt32(at, true) !== this.#first4 || view.getInt32(after - 4, true) !== this.#last4) return false;
    } else if (!this.#standsByte(view, at)) return false;
    return this.#barred < 0 || (after < end && view.getUint8(after) !== this.#barred);
  }

  /** Whether it stands for just these bytes. */
  is(literal: Buffer, kind: StepKind): boolean {
    return kind === this.kind && this.#bytes.equals(literal);
  }

  #standsByte(view: DataView, at: number): boolean {
    for (let i = 0; i < this.length; i += 1) if (view.getUint8(at + i) !== this.#bytes[i]) return false;
    return true;
  }
}

/**
 * The shapes of the records that were seen: what stands between their values. The records of one logger differ in their
 * values alone, so their names and punctuation are compared four bytes at a time instead of read. As a tree, because
 * records with one more member share their beginnings.
 *
 *     {"host":"  web-1  ","level":  6  ,"message":"  hello  "}
 *     --literal-  text  --literal-- other  --literal--  text  literal
 */
export class Shapes {
  readonly root = new Step(Buffer.alloc(0), { kind: 0, sight: undefined, barred: -1 });
  #learnt = 0;
  #rest = 0;
  /** The values of the record that is walked now: where each lies, how it is read, what it means. */
  readonly #starts = new Int32Array(MAX_STEPS);
  readonly #ends = new Int32Array(MAX_STEPS);
  readonly #values: Noted[] = [];
  #noted = 0;

  /** The record that is walked now is another one. */
  begin(): void {
    this.#noted = 0;
  }

  /** Notes a value of that record, `bytes[start .. end)`. They come in order. */
  note(start: number, end: number, value: Noted): void {
    const index = this.#noted;
    this.#noted += 1;
    if (index >= MAX_STEPS) return;
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#values[index] = value;
  }

  /** Learns what stands between the values that were noted of the record at `start`. */
  learn(bytes: Buffer, start: number): void {
    if (this.#noted > MAX_STEPS) return;
    if (this.#rest > 0) {
      this.#rest -= 1;
      return;
    }
    let step = this.root;
    let from = start;
    for (let i = 0; i < this.#noted; i += 1) {
      const next = this.#way(step, bytes.subarray(from, this.#starts[i]), i);
      if (next === undefined) return;
      step = next;
      from = this.#ends[i] as number;
    }
  }

  /** The way on from a step whose bytes come next; undefined when none is known. It is the first to be tried next time. */
  next(step: Step, view: DataView, at: number, end: number): Step | undefined {
    const { ways } = step;
    for (let i = 0; i < ways.length; i += 1) {
      const way = ways[i] as Step;
      if (!way.stands(view, at, end)) continue;
      if (i > 0) {
        ways[i] = ways[0] as Step;
        ways[0] = way;
      }
      return way;
    }
    return undefined;
  }

  #way(step: Step, literal: Buffer, index: number): Step | undefined {
    const value = this.#values[index] as Noted;
    const known = step.ways.find((way) => way.is(literal, value.kind));
    if (known !== undefined) return known;
    // A zero is like minus zero, which other bytes are.
    if (literal.length > MAX_LITERAL_BYTES || step.ways.length >= MAX_WAYS || literal.includes(0)) return undefined;
    if (this.#learnt >= MAX_LEARNT) {
      this.root.ways.length = 0;
      this.#learnt = 0;
      this.#rest = REST;
      return undefined;
    }
    this.#learnt += 1;
    const way = new Step(literal, value);
    step.ways.push(way);
    return way;
  }
}
