import type { Random } from "./random.ts";

/** Changes an input. `other` gives another one of the same kind. Must not change the bytes it is given. */
export type Mutation = (bytes: Buffer, random: Random, other: () => Buffer) => Buffer;

/** No input grows longer; a run of one byte may be as long as this. */
export const MAX_INPUT_BYTES = 128 << 10;

/** Replaces `bytes[from .. to)`. */
export function replaced(bytes: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}

/** A stretch of the bytes, short most of the time. */
function stretch(bytes: Buffer, random: Random): readonly [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.length(Math.max(1, bytes.length)))];
}

const EDGES: readonly number[] = [0x00, 0x01, 0x0a, 0x0d, 0x20, 0x22, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xc1, 0xed, 0xf5, 0xff];

/** What patterns may stumble over when it repeats. */
const PAIRS: readonly string[] = [
  ..."a 0 : , . - = / ( [ { \" ' _ ; \\".split(" "),
  " ",
  "\r",
  "\t ",
  ": ",
  "a ",
  "a.",
  "a:",
  "\n ",
  "\n\tat ",
  "a=b ",
  "0,",
  "é",
];

/** Changes that know nothing of the format. */
export const BYTE_MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    if (bytes.length === 0) return bytes;
    const made = Buffer.from(bytes);
    const at = random.below(made.length);
    made[at] = (made[at] ?? 0) ^ (1 << random.below(8));
    return made;
  },
  function setByte(bytes, random) {
    if (bytes.length === 0) return bytes;
    const made = Buffer.from(bytes);
    made[random.below(made.length)] = random.oneIn(2) ? random.pick(EDGES) : random.below(256);
    return made;
  },
  function insertBytes(bytes, random) {
    const at = random.below(bytes.length + 1);
    return replaced(bytes, at, at, random.bytes(random.length(16)));
  },
  function deleteStretch(bytes, random) {
    const [from, to] = stretch(bytes, random);
    return replaced(bytes, from, to, Buffer.alloc(0));
  },
  function repeatStretch(bytes, random) {
    const [from, to] = stretch(bytes, random);
    const part = bytes.subarray(from, to);
    const times = Math.min(random.length(64), Math.floor(MAX_INPUT_BYTES / Math.max(1, part.length)));
    return replaced(bytes, to, to, Buffer.concat(Array.from({ length: times }, () => part)));
  },
  function moveStretch(bytes, random) {
    const [from, to] = stretch(bytes, random);
    const rest = replaced(bytes, from, to, Buffer.alloc(0));
    const at = random.below(rest.length + 1);
    return replaced(rest, at, at, bytes.subarray(from, to));
  },
  function splice(bytes, random, other) {
    const [from, to] = stretch(bytes, random);
    const donor = other();
    const [start, end] = stretch(donor, random);
    return replaced(bytes, from, random.oneIn(2) ? from : to, donor.subarray(start, end));
  },
  function cross(bytes, random, other) {
    const donor = other();
    return Buffer.concat([bytes.subarray(0, random.below(bytes.length + 1)), donor.subarray(random.below(donor.length + 1))]);
  },
  function append(bytes, _random, other) {
    return Buffer.concat([bytes, other()]);
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random.below(bytes.length + 1));
  },
  function behead(bytes, random) {
    return bytes.subarray(random.below(bytes.length + 1));
  },
  function run(bytes, random) {
    const at = random.below(bytes.length + 1);
    const length = random.oneIn(30) ? random.length(MAX_INPUT_BYTES) : random.length(600);
    return replaced(
      bytes,
      at,
      at,
      Buffer.alloc(length, random.oneIn(2) ? random.pick(EDGES) : random.oneIn(2) ? random.pick(PAIRS) : random.below(256)),
    );
  },
];

/** Puts words of a format into an input, or in place of what stands between two of its separators. */
export function words(dictionary: readonly (string | Uint8Array)[], separators = " "): Mutation {
  const entries = dictionary.map((word) => (typeof word === "string" ? Buffer.from(word) : Buffer.from(word)));
  const ends = new Set(Buffer.from(separators));
  return function word(bytes, random) {
    const by = random.pick(entries);
    let from = random.below(bytes.length + 1);
    if (random.oneIn(3)) return replaced(bytes, from, from, by);
    while (from > 0 && !ends.has(bytes[from - 1] as number)) from -= 1;
    let to = from;
    while (to < bytes.length && !ends.has(bytes[to] as number)) to += 1;
    return replaced(bytes, from, random.oneIn(3) ? from : to, by);
  };
}

/** What a target starts from, and what may be done to it. */
export interface Recipe {
  readonly corpus: readonly Buffer[];
  /** Changes that know the format; chosen as often as those that do not. */
  readonly structure: readonly Mutation[];
}

/** An input: now and then a real one or nothing but noise, else a real one after a few changes. */
export function cooked({ corpus, structure }: Recipe, random: Random): Buffer {
  const other = (): Buffer => random.pick(corpus);
  const kind = random.below(40);
  if (kind === 0) return random.bytes(random.length(300));
  let bytes = other();
  if (kind === 1) return bytes;
  for (let steps = random.length(6); steps > 0; steps -= 1) {
    const mutations = structure.length > 0 && random.below(5) < 3 ? structure : BYTE_MUTATIONS;
    bytes = random.pick(mutations)(bytes, random, other);
    if (bytes.length > MAX_INPUT_BYTES) bytes = bytes.subarray(0, MAX_INPUT_BYTES);
  }
  return bytes;
}

/** The bytes in pieces as a network may bring them, each in a buffer of its own. */
export function pieces(bytes: Buffer, random: Random): Buffer[] {
  const most = random.pick([1, 2, 3, 7, 64, 1_000, 65_536]);
  const least = Math.ceil(bytes.length / 3_000);
  const made: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + Math.max(least, random.between(1, most)));
    made.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return made;
}
