import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Random } from "./random.ts";

/** Something that is fed with cases. */
export interface Target {
  /** What `--only` finds. */
  readonly name: string;
  /** "codec": gets all cases that were asked for; "part": each costs more, so it gets one of `share`. */
  readonly share: number;
  /** Makes what is tested, as it is when nothing has come yet. */
  fresh(): Subject;
}

/** What is tested, with whatever it remembers from case to case. */
export interface Subject {
  make(random: Random): Buffer;
  /** Throws, or rejects, where something does not hold. */
  check(input: Buffer, random: Random): void | Promise<void>;
}

/** What an attacker would like to change, as it was before anything ran. */
const PROTOTYPES: readonly (readonly [object, string])[] = [
  Object,
  Array,
  String,
  Number,
  Map,
  Set,
  Function,
  Promise,
  Buffer,
].map(
  ({ prototype }) =>
    [
      prototype as object,
      Reflect.ownKeys(prototype as object)
        .map(String)
        .join(),
    ] as const,
);

/** Fails when a prototype that all objects share was changed. */
export function checkPrototypes(): void {
  for (const [prototype, names] of PROTOTYPES) {
    assert.equal(Reflect.ownKeys(prototype).map(String).join(), names, "the prototype of all objects was changed");
  }
  assert.ok(!("polluted" in {}));
}

/**
 * Fails unless both are equal. Says where they differ first: what `assert.deepEqual` would show of a hundred thousand frames
 * takes minutes to make.
 */
export function checkSame(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const [one, two] = [JSON.stringify(actual), JSON.stringify(expected)];
  let at = 0;
  while (at < one.length && one[at] === two[at]) at += 1;
  const from = Math.max(0, at - 300);
  assert.fail(`${what}: at character ${at}\n  ${one.slice(from, at + 500)}\nand not\n  ${two.slice(from, at + 500)}`);
}

/** Frames as text, one character for each byte, to compare them. */
export function textsOf(frames: { readonly bytes: Buffer; readonly bounds: readonly number[] } | undefined): string[] {
  const texts: string[] = [];
  if (frames === undefined) return texts;
  const { bytes, bounds } = frames;
  let last = 0;
  for (let i = 0; i < bounds.length; i += 2) {
    const [start = -1, end = -1] = [bounds[i], bounds[i + 1]];
    assert.ok(
      start >= last && end >= start && end <= bytes.length,
      `frame ${start} to ${end} behind ${last}, in ${bytes.length} bytes`,
    );
    texts.push(bytes.toString("latin1", start, end));
    last = end;
  }
  return texts;
}
