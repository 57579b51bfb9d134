// Preloaded into a relay that was started with --expose-gc: on SIGUSR2 it collects its garbage and says on standard error
// what is left, so that a test can tell what is kept from what only waits to be collected.
import { setImmediate } from "node:timers/promises";

/** Begins the line that tells; bytes follow as JSON, as in `process.memoryUsage()`. */
export const COLLECTED = "collected: ";

process.on("SIGUSR2", () => void collect());

async function collect(): Promise<void> {
  // What a first pass frees outside of the heap is let go of by finalizers, which run between two turns of the loop.
  for (let pass = 0; pass < 3; pass += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
  process.stderr.write(`${COLLECTED}${JSON.stringify(process.memoryUsage())}\n`);
}
