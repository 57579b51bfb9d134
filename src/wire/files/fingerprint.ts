import { crc32 } from "node:zlib";

/** What tells a file from another one: its first bytes. */
export interface Fingerprint {
  /** How many bytes it is of; 0: of none, so that it tells nothing. */
  readonly length: number;
  readonly crc: number;
}

/** As much of a file's head as a fingerprint is of, once the file has as much. */
export const HEAD_BYTES = 1_024;

export const NO_FINGERPRINT: Fingerprint = { length: 0, crc: 0 };

/** The fingerprint of a file that begins with these bytes. */
export function fingerprintOf(head: Buffer): Fingerprint {
  const bytes = head.subarray(0, HEAD_BYTES);
  return { length: bytes.length, crc: crc32(bytes) };
}

/** Whether a file that begins with these bytes, or a copy of it, had this fingerprint. */
export function isOf(print: Fingerprint, head: Buffer): boolean {
  return print.length > 0 && head.length >= print.length && crc32(head.subarray(0, print.length)) === print.crc;
}
