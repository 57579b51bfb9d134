import { setMaxListeners } from "node:events";

/** A request to stop, from SIGTERM or SIGINT. */
export interface StopSignals {
  /** Resolves with the first signal's name. */
  readonly first: Promise<NodeJS.Signals>;
  /** Aborts once draining has taken `timeoutMs` from the first signal, or at once with a second signal. Asked for once. */
  deadline(timeoutMs: number): AbortSignal;
}

/** Node's timers end at once when asked to wait longer. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Listens for signals from now on. */
export function stopSignals(): StopSignals {
  const end = new AbortController();
  // Each open connection listens to it, which is many but no leak.
  setMaxListeners(0, end.signal);
  const first = new Promise<NodeJS.Signals>((resolve) => {
    let received = 0;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        received += 1;
        if (received === 1) resolve(signal);
        else end.abort();
      });
    }
  });
  return {
    first,
    deadline(timeoutMs) {
      // A timer of our own: what `AbortSignal.any` makes of an `AbortSignal.timeout` is lost in a garbage collection.
      setTimeout(() => end.abort(), Math.min(timeoutMs, MAX_TIMEOUT_MS));
      return end.signal;
    },
  };
}
