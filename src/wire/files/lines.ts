const LF = 0x0a;

/** Lines of a file, as frames of one buffer. */
export interface Lines {
  readonly bytes: Buffer;
  /** Start and end of each line without its line end, in order. */
  readonly bounds: number[];
  /** Offset of each line in its file. */
  readonly places: number[];
}

/** A run of a file's bytes: `bytes[0 .. end)` stand at `offset`. */
export interface Extract {
  readonly bytes: Buffer;
  readonly end: number;
  readonly offset: number;
}

export interface Cut extends Lines {
  /** Where what belongs to no whole line begins. */
  readonly rest: number;
  /** Lines that were longer than the limit and are left out. */
  readonly tooLong: number;
}

/**
 * The whole lines of an extract that begins with a line. Empty ones are left out, and so are NULs before a line: a file
 * that was truncated under a writer that does not append begins with a hole of them.
 */
export function cutLines({ bytes, end, offset }: Extract, maxLineBytes: number): Cut {
  const bounds: number[] = [];
  const places: number[] = [];
  // What lies behind is left over from earlier reads, and must not be searched.
  const read = bytes.subarray(0, end);
  let tooLong = 0;
  let start = 0;
  for (;;) {
    const found = read.indexOf(LF, start);
    if (found < 0) break;
    while (start < found && bytes[start] === 0) start += 1;
    if (found - start > maxLineBytes) tooLong += 1;
    else if (found > start) {
      bounds.push(start, found);
      places.push(offset + start);
    }
    start = found + 1;
  }
  while (start < end && bytes[start] === 0) start += 1;
  return { bytes, bounds, places, rest: start, tooLong };
}
