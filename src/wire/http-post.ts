/** A request with its body. */
export interface HttpPost {
  readonly body: Buffer;
  /** Address of the sender without its port. */
  readonly peer: string;
  /**
   * Names this delivery of the body (see `Batch.position`): something new, unless the same sender was told that the same
   * body is not safe.
   */
  readonly position: string;
  /** Until when the body has to be safe, on the monotonic clock; what is not by then is answered {@link NOT_SAFE}. */
  readonly untilMs: number;
  /** Claims so many more bytes until the answer; false when there is no room, and the answer must be {@link COME_BACK}. */
  readonly hold: (bytes: number) => boolean;
}

export interface HttpAnswer {
  /** 503 always carries Retry-After. */
  readonly status: number;
  /** Said to the sender as `{"error": ...}`; undefined: an empty body. */
  readonly error?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nothing of the request was taken. */
export const COME_BACK: HttpAnswer = { status: 503, error: "too many requests wait for the queue" };

/** The request was given up, though a part of it may have been taken. */
export const NOT_SAFE: HttpAnswer = { status: 503, error: "the queue did not take the request in time; send it again" };
