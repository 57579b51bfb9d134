import { frameLengthAt, HEADER_BYTES, MARKER, readFrame, type Frame } from "./frame.ts";

/** Bytes that belong to no sound frame. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** What a stretch of a segment holds. */
export interface Window {
  readonly frames: readonly Frame[];
  readonly gaps: readonly Gap[];
  /** Where to read on. */
  readonly next: number;
  /** How many bytes from `next` must be read at once to get on; 0 when any number will do. */
  readonly need: number;
}

/**
 * Finds the frames in a stretch of a segment that begins where a frame should begin. Behind damage it looks for the next
 * frame whose checksums hold, starting right behind the damaged byte: a length that is damaged leads nowhere.
 */
export function readWindow(bytes: Buffer, atEnd: boolean): Window {
  const frames: Frame[] = [];
  const gaps: Gap[] = [];
  let at = 0;
  let sound = 0;
  let need = 0;
  const close = (to: number): void => {
    if (to > sound) gaps.push({ from: sound, to });
  };
  while (at < bytes.length) {
    const length = frameLengthAt(bytes, at);
    const fits = length !== undefined && at + length <= bytes.length;
    if (length !== undefined && !fits && !atEnd) {
      need = length;
      break;
    }
    const frame = fits ? readFrame(bytes, at, length) : undefined;
    if (frame !== undefined) {
      close(at);
      frames.push(frame);
      at += frame.bytes;
      sound = at;
      continue;
    }
    const cut = length === undefined && !atEnd && at + HEADER_BYTES > bytes.length;
    if (cut && MARKER.subarray(0, bytes.length - at).equals(bytes.subarray(at, at + MARKER.length))) break;
    at = nextMarker(bytes, at + 1);
  }
  close(at);
  return { frames, gaps, next: at, need };
}

/** Where the next marker, or the beginning of one at the very end, is; the length of the bytes when there is none. */
function nextMarker(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(MARKER, from);
  if (found >= 0) return found;
  for (let at = Math.max(from, bytes.length - MARKER.length + 1); at < bytes.length; at += 1) {
    if (MARKER.subarray(0, bytes.length - at).equals(bytes.subarray(at))) return at;
  }
  return bytes.length;
}
