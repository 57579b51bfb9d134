import { Kind, NEEDS_MORE, countAt, headSize, kindOf, skipValue } from "../scan/msgpack.ts";

/** What a server says first. */
export interface Helo {
  readonly nonce: Buffer;
  /** Salt for the digest of a password; empty: no user is asked for. */
  readonly auth: Buffer;
}

/** What a client answers. */
export interface Ping {
  readonly hostname: Buffer;
  readonly salt: Buffer;
  readonly keyDigest: Buffer;
  /** Empty for none. */
  readonly user: Buffer;
  readonly passwordDigest: Buffer;
}

/** What the server makes of it. */
export interface Pong {
  readonly accepted: boolean;
  /** Why not. */
  readonly reason: Buffer;
  readonly hostname: Buffer;
  readonly keyDigest: Buffer;
}

/** A message and where it ends; `part`: there is more to come; `other`: it is something else. */
export type Greeting<Message> = { readonly message: Message; readonly next: number } | "part" | "other";

/** No message of a handshake is longer; Fluent Bit's are not over half of it. */
export const MAX_GREETING_BYTES = 2_048;

/**
 * As fluentd packs it: random bytes as bin, which some clients insist on. Other servers pack them as str, so that a str
 * here may hold anything.
 */
export function heloBytes({ nonce, auth }: Helo): Buffer {
  const salt = auth.length === 0 ? str("") : bin(auth);
  return Buffer.concat([ARRAY_OF_2, str("HELO"), MAP_OF_3, str("nonce"), bin(nonce), str("auth"), salt, str("keepalive"), TRUE]);
}

export function pingBytes({ hostname, salt, keyDigest, user, passwordDigest }: Ping): Buffer {
  return Buffer.concat([ARRAY_OF_6, str("PING"), ...[hostname, salt, keyDigest, user, passwordDigest].map(str)]);
}

export function pongBytes({ accepted, reason, hostname, keyDigest }: Pong): Buffer {
  return Buffer.concat([ARRAY_OF_5, str("PONG"), accepted ? TRUE : FALSE, str(reason), str(hostname), str(keyDigest)]);
}

export function readHelo(bytes: Buffer): Greeting<Helo> {
  const array = elements(bytes, 2);
  if (typeof array === "string") return array;
  const [name = NOTHING, options = NOTHING] = array.values;
  if (!isNamed(name, "HELO") || kindOf(options[0] ?? 0) !== Kind.map) return "other";
  const members = membersOf(options);
  const [nonce, auth] = [members.get("nonce") ?? NOTHING, members.get("auth") ?? NOTHING].map(
    (value) => textOf(value) ?? NOTHING,
  );
  return { message: { nonce: nonce ?? NOTHING, auth: auth ?? NOTHING }, next: array.next };
}

export function readPing(bytes: Buffer): Greeting<Ping> {
  const array = elements(bytes, 6);
  if (typeof array === "string") return array;
  const [name, ...texts] = array.values.map(textOf);
  const [hostname, salt, keyDigest, user, passwordDigest] = texts;
  if (name?.toString("latin1") !== "PING" || hostname === undefined || salt === undefined) return "other";
  if (keyDigest === undefined || user === undefined || passwordDigest === undefined) return "other";
  return { message: { hostname, salt, keyDigest, user, passwordDigest }, next: array.next };
}

export function readPong(bytes: Buffer): Greeting<Pong> {
  const array = elements(bytes, 5);
  if (typeof array === "string") return array;
  const [name = NOTHING, verdict = NOTHING, ...rest] = array.values;
  const [reason, hostname, keyDigest] = rest.map(textOf);
  if (!isNamed(name, "PONG") || kindOf(verdict[0] ?? 0) !== Kind.bool) return "other";
  if (reason === undefined || hostname === undefined || keyDigest === undefined) return "other";
  return { message: { accepted: verdict.equals(TRUE), reason, hostname, keyDigest }, next: array.next };
}

const ARRAY_OF_2 = Buffer.of(0x92);
const ARRAY_OF_5 = Buffer.of(0x95);
const ARRAY_OF_6 = Buffer.of(0x96);
const MAP_OF_3 = Buffer.of(0x83);
const TRUE = Buffer.of(0xc3);
const FALSE = Buffer.of(0xc2);
const NOTHING = Buffer.alloc(0);

function str(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  if (length < 32) return Buffer.concat([Buffer.of(0xa0 | length), bytes]);
  const head = length < 256 ? Buffer.of(0xd9, length) : Buffer.of(0xda, length >> 8, length & 0xff);
  return Buffer.concat([head, bytes]);
}

function bin(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0xc4, bytes.length), bytes]);
}

/** The values of the array that `bytes` begin with, each with its head. */
function elements(
  bytes: Buffer,
  count: number,
): { readonly values: readonly Buffer[]; readonly next: number } | "part" | "other" {
  const counted = countAt(bytes, 0, bytes.length);
  if (counted === NEEDS_MORE) return "part";
  if (counted !== count || kindOf(bytes[0] ?? 0) !== Kind.array) return "other";
  const values: Buffer[] = [];
  let at = headSize(bytes[0] ?? 0);
  while (values.length < count) {
    const next = skipValue(bytes, at, bytes.length);
    if (next < 0) return next === NEEDS_MORE ? "part" : "other";
    values.push(bytes.subarray(at, next));
    at = next;
  }
  return { values, next: at };
}

/** The members of a whole map whose keys are text, with the heads of their values. */
function membersOf(map: Buffer): ReadonlyMap<string, Buffer> {
  const members = new Map<string, Buffer>();
  let at = headSize(map[0] ?? 0);
  while (at < map.length) {
    const value = skipValue(map, at, map.length);
    const next = value < 0 ? value : skipValue(map, value, map.length);
    if (next < 0) break;
    const key = textOf(map.subarray(at, value));
    if (key !== undefined) members.set(key.toString("latin1"), map.subarray(value, next));
    at = next;
  }
  return members;
}

/** What a str or bin holds; undefined for any other value. */
function textOf(value: Buffer): Buffer | undefined {
  const kind = kindOf(value[0] ?? 0);
  return kind === Kind.str || kind === Kind.bin ? value.subarray(headSize(value[0] ?? 0)) : undefined;
}

function isNamed(value: Buffer, name: string): boolean {
  return textOf(value)?.toString("latin1") === name;
}
