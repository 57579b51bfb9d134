import { createHash, timingSafeEqual } from "node:crypto";

/** What a digest of the shared key is made of. All are raw bytes: a salt may be text or not. */
export interface KeyParts {
  /** Chosen by the client, for both directions of one handshake. */
  readonly salt: Buffer;
  /** Name of the side that makes the digest. */
  readonly hostname: Buffer;
  /** Chosen by the server for one connection. */
  readonly nonce: Buffer;
  readonly sharedKey: Buffer;
}

/** What a digest of a password is made of. */
export interface PasswordParts {
  /** Chosen by the server for one connection. */
  readonly auth: Buffer;
  readonly user: Buffer;
  readonly password: Buffer;
}

/** Proves that one side knows the shared key: 128 lower-case hex digits. */
export function keyDigest({ salt, hostname, nonce, sharedKey }: KeyParts): Buffer {
  return digestOf(salt, hostname, nonce, sharedKey);
}

/** Proves that a client knows the password of a user: 128 lower-case hex digits. */
export function passwordDigest({ auth, user, password }: PasswordParts): Buffer {
  return digestOf(auth, user, password);
}

/** Compares digests in a time that does not tell where they differ. */
export function sameDigest(expected: Buffer, given: Buffer): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function digestOf(...parts: readonly Buffer[]): Buffer {
  const digest = createHash("sha512");
  for (const part of parts) digest.update(part);
  return Buffer.from(digest.digest("hex"), "latin1");
}
