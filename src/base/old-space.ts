import { setFlagsFromString } from "node:v8";

/** What lives in the heap of a relay that idles, and a little more. */
const LIVE_BYTES = 64 << 20;
const LEAST_PERCENT = 20;
/** Above this nothing is asked of V8. */
const OWN_PERCENT = 150;

/**
 * Has V8 collect garbage when about so much of it lies in the heap. By itself V8 decides by how fast buffers come and go, and
 * may collect the whole heap many times a second, or let it grow to three times what lives in it. Its limit to the
 * whole heap cannot be changed any more once the process runs (`--max-old-space-size` is for its command line); how much it
 * grows between two collections can.
 */
export function boundOldSpace(garbageBytes: number): void {
  const percent = growthPercent(garbageBytes);
  if (percent !== undefined) setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/** Undefined: as V8 sees fit. */
export function growthPercent(garbageBytes: number): number | undefined {
  const percent = Math.max(LEAST_PERCENT, Math.round((garbageBytes / LIVE_BYTES) * 100));
  return percent >= OWN_PERCENT ? undefined : percent;
}
