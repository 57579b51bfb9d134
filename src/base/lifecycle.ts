/** Anything with a beginning and an end. */
export interface Component {
  /** Acquires what it needs and resolves once it can do its job; on failure it leaves nothing behind. */
  start(abort: AbortSignal): Promise<void>;
  /** Refuses new work, finishes accepted work until `deadline` aborts, then lets go. Idempotent, and safe before `start`. */
  stop(deadline: AbortSignal): Promise<void>;
}
