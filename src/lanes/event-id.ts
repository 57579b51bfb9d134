import { createHash, randomUUID } from "node:crypto";

/** 32 hex digits, made once and kept through retries and restarts. */
export function randomEventId(): string {
  return randomUUID().replaceAll("-", "");
}

/** A record's place at its sender. */
export interface Origin {
  /** As in `Batch.position`. */
  readonly position: string;
  /** Where in it the frame stands: as in `Batch.places`, or its index in the batch. */
  readonly place: number;
  readonly frame: Uint8Array;
}

/** The event id of a record that has a place: a second delivery is a duplicate, which the tracker drops. */
export function derivedEventId({ position, place, frame }: Origin): string {
  const digest = createHash("sha256").update(`${position}\0${place}\0`).update(frame).digest("hex");
  // The version and variant digits of a UUID, which Sentry expects.
  return `${digest.slice(0, 12)}4${digest.slice(13, 16)}8${digest.slice(17, 32)}`;
}
