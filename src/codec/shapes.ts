import { Literal } from "../scan/literal.ts";
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
export class Step extends Literal {
  readonly kind: StepKind;
  readonly sight: Sight | undefined;
  /** Most likely first. */
  readonly ways: Step[] = [];
  /** Whether the value may be anything. */
  readonly skips: boolean;
  readonly #barred: number;

  /** With `barred`, the value must not begin with that byte. */
  constructor(literal: Buffer, { kind, sight, barred }: Noted) {
    super(literal);
    this.kind = kind;
    this.sight = sight;
    this.skips = sight?.kind === "skip";
    this.#barred = barred;
  }

  /** Whether its value comes next at a place of a view. */
  comes(view: DataView, at: number, end: number): boolean {
    if (!this.stands(view, at, end)) return false;
    const after = at + this.length;
    return this.#barred < 0 || (after < end && view.getUint8(after) !== this.#barred);
  }
}

/**
 * The shapes of the records that were seen: what stands between their values. The records of one logger differ in their
 * values alone, so their names and punctuation are compared several bytes at a time instead of read. As a tree, because
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
      if (!way.comes(view, at, end)) continue;
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
    const known = step.ways.find((way) => way.kind === value.kind && way.is(literal));
    if (known !== undefined) return known;
    if (literal.length > MAX_LITERAL_BYTES || step.ways.length >= MAX_WAYS) return undefined;
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
