// Beside the fuzzer, in a thread of its own: a case that does not come to an end cannot say so itself.
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

/** What the fuzzer shares: how many cases it has begun, and where it says which one this is. */
export interface Watched {
  /** [0]: cases begun, in all. [1]: the number of this one. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  readonly seed: number;
  /** A case may take so long. */
  readonly timeoutMs: number;
}

if (parentPort !== null) {
  const { counts, seed, timeoutMs } = workerData as Watched;
  let target = "";
  let begun = -1;
  let sinceMs = performance.now();
  parentPort.on("message", (name: string) => (target = name));
  setInterval(() => {
    const now = Atomics.load(counts, 0);
    if (now !== begun) {
      begun = now;
      sinceMs = performance.now();
    } else if (performance.now() - sinceMs > timeoutMs) {
      const number = Atomics.load(counts, 1);
      // What a thread writes otherwise goes through the main one, which is busy.
      writeSync(
        2,
        `FOUND in ${target}, case ${number}, seed ${seed}: it has not come to an end for ${timeoutMs / 1_000} s\n` +
          `again: npm run fuzz -- --seed ${seed} --only ${target} --case ${number}\n`,
      );
      process.kill(process.pid, "SIGKILL");
    }
  }, 1_000);
}
