import { setMaxListeners } from "node:events";

/** A request to stop, from SIGTERM or SIGINT. */
export interface StopSignals {
  /** Resolves with the first signal's name. */
  readonly first: Promise<NodeJS.Signals>;
  /** Aborts once draining has taken `timeoutMs` from the first signal, or at once with a second signal. */
  deadline(timeoutMs: number): AbortSignal;
}

/** Listens for signals from now on. */
export function stopSignals(): StopSignals {
  const again = new AbortController();
  const first = new Promise<NodeJS.Signals>((resolve) => {
    let received = 0;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        received += 1;
        if (received === 1) resolve(signal);
        else again.abort();
      });
    }
  });
  return {
    first,
    deadline(timeoutMs) {
      const signal = AbortSignal.any([again.signal, AbortSignal.timeout(timeoutMs)]);
      // Each open connection listens to it, which is many but no leak.
      setMaxListeners(0, signal);
      return signal;
    },
  };
}
