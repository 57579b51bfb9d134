// Four bytes at a time: the loops that most bytes of a record pass through.

const HIGH_BITS = 0x80808080;

/**
 * Over bytes that stand for themselves in a JSON string: printable ASCII but the quote and the backslash. The place of the
 * first other byte, or `end`. `view` and the places are those of one buffer.
 */
export function plainEnd(view: DataView, pos: number, end: number): number {
  let at = pos;
  for (const last = end - 4; at <= last; at += 4) {
    const word = view.getInt32(at, true);
    // The high bit of a byte: below 0x20 or a quote (which 0x02 moves to 0x20), a backslash, 0x7f, above. A borrow may
    // reach the bytes behind such a one, so only the first of them is exact.
    const others =
      (((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101) | (word + 0x01010101) | word) & HIGH_BITS;
    if (others !== 0) return at + ((31 - Math.clz32(others & -others)) >> 3);
  }
  while (at < end && isPlain(view.getUint8(at))) at += 1;
  return at;
}

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
}
