// Walks msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md) by its lengths and builds nothing. No function
// here recurses, allocates from a declared length, or reads at or beyond `end`. Answers are numbers, so that walking a
// message costs no object: a position, or one of the two negative words below.

/** The value goes on beyond the bytes that are here. */
export const NEEDS_MORE = -1;
/** No bytes that may follow make this a value, or not one of the kind asked for. */
export const NEVER_VALID = -2;

/** What a head byte opens. */
export const Kind = { nil: 0, bool: 1, int: 2, float: 3, str: 4, bin: 5, array: 6, map: 7, ext: 8, never: 9 } as const;
export type KindNumber = (typeof Kind)[keyof typeof Kind];

/**
 * Total size of the values of fixed size with heads c0..df; 0 for those that declare a length (see `LENGTH_WIDTH`),
 * -1 for c1, which means nothing.
 */
const FIXED_SIZE = Int8Array.from([
  1, -1, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18, 0, 0, 0, 0, 0, 0, 0,
]);
/** Bytes of the declared length after heads c0..df. */
const LENGTH_WIDTH = Int8Array.from([
  0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4,
]);
const KIND = Uint8Array.from({ length: 256 }, (_, head) => kindOfHead(head));

/** What the value at a head byte is. */
export function kindOf(head: number): KindNumber {
  return (KIND[head] ?? Kind.never) as KindNumber; // The table holds nothing else.
}

/**
 * A walk that can stop where the bytes end and go on when more have come, so that a message is walked once however it
 * is cut. `at` may lie beyond the bytes that are here: the rest of a long string is not there yet.
 */
export interface Walk {
  /** Where the next head is, or will be. */
  at: number;
  /** Values still to pass. `at + pending` is the least at which the walk can end, whatever follows. */
  pending: number;
}

/** Passes values until none is pending. 0 when done (then `at` is the end), else {@link NEEDS_MORE} or {@link NEVER_VALID}. */
export function advance(walk: Walk, bytes: Uint8Array, end: number): number {
  let { at, pending } = walk;
  while (pending > 0 && at < end) {
    const head = bytes[at] ?? 0;
    if (head < 0x80 || head >= 0xe0) at += 1;
    else if (head >= 0xa0 && head < 0xc0) at += 1 + (head & 0x1f);
    else if (head < 0x90) {
      pending += (head & 0x0f) * 2;
      at += 1;
    } else if (head < 0xa0) {
      pending += head & 0x0f;
      at += 1;
    } else {
      const fixed = FIXED_SIZE[head - 0xc0] ?? 0;
      if (fixed > 0) at += fixed;
      else {
        const length = fixed < 0 ? NEVER_VALID : declaredLength(bytes, at, end);
        if (length < 0) {
          walk.at = at;
          walk.pending = pending;
          return length;
        }
        const width = LENGTH_WIDTH[head - 0xc0] ?? 0;
        if (head >= 0xdc) {
          pending += head >= 0xde ? length * 2 : length;
          at += 1 + width;
        } else at += 1 + width + length + (head >= 0xc7 && head <= 0xc9 ? 1 : 0);
      }
    }
    pending -= 1;
  }
  walk.at = at;
  walk.pending = pending;
  return pending === 0 && at <= end ? 0 : NEEDS_MORE;
}

/** Where the value at `start` ends; {@link NEEDS_MORE} or {@link NEVER_VALID}. Deep nesting costs no more than flat. */
export function skipValue(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return NEEDS_MORE;
  const head = bytes[start] ?? 0;
  // Most values are small and hold nothing: these need no walk.
  let next = start + 1;
  if (head >= 0xa0 && head < 0xc0) next += head & 0x1f;
  else if (head >= 0x80 && head < 0xe0) {
    SHARED_WALK.at = start;
    SHARED_WALK.pending = 1;
    const state = advance(SHARED_WALK, bytes, end);
    return state < 0 ? state : SHARED_WALK.at;
  }
  return next <= end ? next : NEEDS_MORE;
}

/** `advance` neither keeps nor re-enters a walk, so one serves every call. */
const SHARED_WALK: Walk = { at: 0, pending: 0 };

/** Number of elements of the array, or of pairs of the map, whose head is at `start`; negative as above. */
export function countAt(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return NEEDS_MORE;
  const head = bytes[start] ?? 0;
  if (head >= 0x80 && head < 0xa0) return head & 0x0f;
  return head >= 0xdc && head <= 0xdf ? declaredLength(bytes, start, end) : NEVER_VALID;
}

/** Number of bytes of the str, bin or ext (without its type) whose head is at `start`; negative as above. */
export function lengthAt(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return NEEDS_MORE;
  const head = bytes[start] ?? 0;
  if (head >= 0xa0 && head < 0xc0) return head & 0x1f;
  if (head >= 0xd4 && head <= 0xd8) return 1 << (head - 0xd4);
  return (head >= 0xc4 && head <= 0xc9) || (head >= 0xd9 && head <= 0xdb) ? declaredLength(bytes, start, end) : NEVER_VALID;
}

/** Size of the head at `start` with its declared length, and the type byte of an ext: what it says begins there. */
export function headSize(head: number): number {
  if (head < 0xc0 || head >= 0xe0) return 1;
  const isExt = (head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8);
  return 1 + (LENGTH_WIDTH[head - 0xc0] ?? 0) + (isExt ? 1 : 0);
}

/** The big-endian number of 1, 2 or 4 bytes after the head at `at`. */
function declaredLength(bytes: Uint8Array, at: number, end: number): number {
  const width = LENGTH_WIDTH[(bytes[at] ?? 0) - 0xc0] ?? 0;
  if (at + width >= end) return NEEDS_MORE;
  let length = 0;
  for (let next = at + 1; next <= at + width; next += 1) length = length * 256 + (bytes[next] ?? 0);
  return length;
}

function kindOfHead(head: number): KindNumber {
  if (head < 0x80 || head >= 0xe0) return Kind.int;
  if (head < 0x90) return Kind.map;
  if (head < 0xa0) return Kind.array;
  if (head < 0xc0) return Kind.str;
  if (head === 0xc0) return Kind.nil;
  if (head === 0xc1) return Kind.never;
  if (head <= 0xc3) return Kind.bool;
  if (head <= 0xc6) return Kind.bin;
  if (head <= 0xc9) return Kind.ext;
  if (head <= 0xcb) return Kind.float;
  if (head <= 0xd3) return Kind.int;
  if (head <= 0xd8) return Kind.ext;
  if (head <= 0xdb) return Kind.str;
  return head <= 0xdd ? Kind.array : Kind.map;
}
