import { open, type FileHandle } from "node:fs/promises";
import type { Frame } from "./frame.ts";
import { readWindow, type Gap } from "./window.ts";

const WINDOW_BYTES = 1 << 20;

export interface Scanner {
  /** A whole frame in `source`, a stretch that begins at `base` of the segment. */
  frame(frame: Frame, source: Buffer, base: number): void | Promise<void>;
  gap(gap: Gap): void;
}

/** Reads a segment from its beginning to a length, a window at a time. */
export async function scanSegment(path: string, length: number, scanner: Scanner): Promise<void> {
  const file = await open(path, "r");
  let region: Gap | undefined;
  const close = (): void => {
    if (region !== undefined) scanner.gap(region);
    region = undefined;
  };
  try {
    for (let at = 0, need = 0; at < length;) {
      const wanted = Math.min(Math.max(need, WINDOW_BYTES), length - at);
      const bytes = await readUpTo(file, wanted, at);
      if (bytes.length === 0) break;
      // A file that somebody cut short ends here, whatever length it should have.
      const window = readWindow(bytes, bytes.length < wanted || at + bytes.length >= length);
      for (const frame of window.frames) {
        const more = scanner.frame(frame, bytes, at);
        if (more !== undefined) await more;
      }
      for (const { from, to } of window.gaps) {
        // Damage that goes over the edge of a window is one region.
        if (region?.to === at + from) region = { from: region.from, to: at + to };
        else {
          close();
          region = { from: at + from, to: at + to };
        }
      }
      at += window.next;
      need = window.need;
    }
    close();
  } finally {
    await file.close();
  }
}

/** Reads so many bytes from an offset on, or what there is of them. */
export async function readUpTo(file: FileHandle, bytes: number, from = 0): Promise<Buffer> {
  const target = Buffer.allocUnsafeSlow(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await file.read(target, filled, bytes - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return target.subarray(0, filled);
}
