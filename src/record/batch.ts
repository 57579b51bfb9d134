import type { Provenance } from "./provenance.ts";

/**
 * Frames of one batch: slices of one buffer, so that a batch of a thousand records costs two objects and can move to
 * another thread in one piece. Frame `i` is `bytes[bounds[2i] .. bounds[2i + 1])`; frames never overlap.
 */
export interface Frames {
  readonly bytes: Buffer;
  /** Start and end of each frame, in order. */
  readonly bounds: readonly number[];
}

/** Frames that share an input, a codec and a sender. The only thing inputs produce. */
export interface Batch {
  /** Name of the codec in the registry, e.g. "gelf", or that of the input's own. */
  readonly codec: string;
  readonly from: Provenance;
  readonly frames: Frames;
  /**
   * Names this batch at its sender (forward: tag, chunk, times acknowledged; gRPC: batch id). With it `event_id` is
   * derived instead of random, so that a second delivery after a crash is a duplicate the tracker drops.
   */
  readonly position: string | undefined;
  /**
   * Where in what `position` names each frame stands, in order, when that outlives the batch (offsets in a file). Absent:
   * a frame is named by its index, because the sender cuts a batch the same way when it sends it again.
   */
  readonly places?: readonly number[];
  /** Batches with the same name here go to the same lane, where there are several. Absent: those of the same peer. */
  readonly kin?: string;
  /**
   * Until when its sender waits for an answer, on the monotonic clock. What is not safe by then is given up, and the
   * receipt says so: the sender is told to send the batch again. Absent: the sender waits as long as it takes.
   */
  readonly untilMs?: number;
}

/** What became of a batch. */
export interface Receipt {
  /** Records decoded. */
  readonly accepted: number;
  /** Frames that were no record. */
  readonly malformed: number;
  /** False when `untilMs` passed before all of it was safe: answer failure, so that it is sent again. */
  readonly safe: boolean;
  /**
   * Resolves when the records of this batch that wait for the rest of a stack trace are queued too, with false when
   * they could not be in time; undefined when none waits. An input that acknowledges waits for it as well; an input
   * that only pushes back does not (the rest of the trace may be in bytes it has not read yet).
   */
  readonly held: Promise<boolean> | undefined;
  /**
   * The place of the first line of this batch's `position` that waits for the rest of a trace, be it of this batch or an
   * earlier one: what stands before it is complete. Undefined when none waits, or the batch has no places.
   */
  readonly waitsFrom?: number | undefined;
}

/**
 * The seam. Returns once every record is queued (on disk, where the queue is) or accounted for: the moment an input
 * may acknowledge (see {@link Receipt.safe} and {@link Receipt.held}). Returning a promise is backpressure: do not read on before it resolves. Never rejects.
 */
export type Intake = (batch: Batch) => Receipt | Promise<Receipt>;

/** The number of frames. */
export function frameCount(frames: Frames): number {
  return frames.bounds.length >>> 1;
}

/** Frames that are whole buffers, joined into one. */
export function packFrames(parts: readonly Uint8Array[]): Frames {
  const first = parts[0];
  if (parts.length === 1 && first !== undefined) {
    return { bytes: Buffer.from(first.buffer, first.byteOffset, first.byteLength), bounds: [0, first.byteLength] };
  }
  const bytes = Buffer.concat(parts);
  const bounds: number[] = [];
  let at = 0;
  for (const part of parts) {
    bounds.push(at, at + part.length);
    at += part.length;
  }
  return { bytes, bounds };
}
