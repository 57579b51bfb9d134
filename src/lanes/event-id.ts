import { createHash, randomUUID } from "node:crypto";

/** 32 hex digits, made once and kept through retries and restarts. */
export function randomEventId(): string {
  return randomUUID().replaceAll("-", "");
}

/** The event id of a record whose sender names its position: a second delivery is a duplicate that the tracker drops. */
export function derivedEventId(position: string, index: number, frame: Uint8Array): string {
  const digest = createHash("sha256").update(`${position}\0${index}\0`).update(frame).digest("hex");
  // The version and variant digits of a UUID, which Sentry expects.
  return `${digest.slice(0, 12)}4${digest.slice(13, 16)}8${digest.slice(17, 32)}`;
}
