import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Where what is new lies in memory may grow to so many bytes, both halves together. Node's own bound is 32 or 64 MiB. */
const MAX_BYTES = 16 << 20;
const STAY = "--semi-space-growth-factor=1";
const DOUBLE = "--semi-space-growth-factor=2";

/**
 * Keeps the space for new objects as small as it is. For the time in which modules are loaded: that makes much garbage and
 * keeps little, and what the space has grown to stays with the process.
 */
export function holdYoungSpace(): void {
  setFlagsFromString(STAY);
}

/**
 * Lets that space grow from now on, but not as far as Node would: a relay is no faster with more, and a thousand times a
 * line costs as much memory as one flood. (`--max-semi-space-size` says the same, but only to a process that is yet to start.)
 */
export function boundYoungSpace(): void {
  setFlagsFromString(DOUBLE);
  // It grows only while garbage is collected.
  const observer = new PerformanceObserver(() => {
    if (youngBytes() * 2 <= MAX_BYTES) return;
    setFlagsFromString(STAY);
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
}
