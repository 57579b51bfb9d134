import { replaced, type Mutation } from "./mutation.ts";
import type { Random } from "./random.ts";

/** A value inside an input: its head, and where it ends as far as its head says. */
interface Spot {
  readonly at: number;
  /** Where its content begins. */
  readonly body: number;
  readonly end: number;
}

const MAX_SPOTS = 2_000;

function u(bytes: Buffer, at: number, size: 1 | 2 | 4): number {
  return at + size <= bytes.length ? bytes.readUIntBE(at, size) : 0;
}

/** Bytes of head and content of a msgpack value without what is nested in it, and how many values that is. */
function shapeAt(bytes: Buffer, at: number): readonly [head: number, content: number, inner: number] {
  const byte = bytes[at] ?? 0;
  if (byte <= 0x7f || byte >= 0xe0) return [1, 0, 0];
  if (byte <= 0x8f) return [1, 0, 2 * (byte & 15)];
  if (byte <= 0x9f) return [1, 0, byte & 15];
  if (byte <= 0xbf) return [1, byte & 31, 0];
  if (byte >= 0xdc)
    return byte <= 0xdd ? [byte === 0xdc ? 3 : 5, 0, u(bytes, at + 1, byte === 0xdc ? 2 : 4)] : mapShape(bytes, at);
  if (byte >= 0xd9) return lengthShape(bytes, at, byte - 0xd9, 0);
  if (byte >= 0xd4) return [2, 1 << (byte - 0xd4), 0];
  if (byte >= 0xca) return [1, [4, 8, 1, 2, 4, 8, 1, 2, 4, 8][byte - 0xca] ?? 0, 0];
  if (byte >= 0xc7) return lengthShape(bytes, at, byte - 0xc7, 1);
  return byte >= 0xc4 ? lengthShape(bytes, at, byte - 0xc4, 0) : [1, 0, 0];
}

function mapShape(bytes: Buffer, at: number): readonly [number, number, number] {
  const isShort = bytes[at] === 0xde;
  return [isShort ? 3 : 5, 0, 2 * u(bytes, at + 1, isShort ? 2 : 4)];
}

function lengthShape(bytes: Buffer, at: number, power: number, more: number): readonly [number, number, number] {
  const size = ([1, 2, 4] as const)[power] ?? 1;
  return [1 + size + more, u(bytes, at + 1, size), 0];
}

/** Values of msgpack, those inside others included, with where each ends. */
function msgpackSpots(bytes: Buffer): Spot[] {
  const spots: Spot[] = [];
  const open: { at: number; body: number; left: number }[] = [];
  for (let at = 0; at < bytes.length && spots.length < MAX_SPOTS;) {
    const [head, content, inner] = shapeAt(bytes, at);
    if (inner > 0) open.push({ at, body: at + head, left: inner });
    else {
      spots.push({ at, body: at + head, end: Math.min(bytes.length, at + head + content) });
      for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
        last.left -= 1;
        if (last.left > 0) break;
        spots.push({ at: last.at, body: last.body, end: Math.min(bytes.length, at + head + content) });
        open.pop();
      }
    }
    at += head + content;
  }
  return spots;
}

const HEADS = [
  0x80, 0x81, 0x8f, 0x90, 0x92, 0x93, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xd4, 0xd9, 0xdb, 0xdc, 0xdd, 0xde,
  0xdf,
];
const LENGTHS = [0, 1, 2, 15, 16, 31, 32, 255, 256, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const VALUES: readonly Buffer[] = [
  ..."00 7f 80 90 a0 c0 c1 c2 c3 cc80 ff e0 cdffff ceffffffff cf0020000000000001 cfffffffffffffffff d080 d18000 d280000000".split(
    " ",
  ),
  ..."d38000000000000000 d3ffdfffffffffffff ca7fc00000 ca7f800000 cb7ff8000000000000 cbfff0000000000000 cb7fefffffffffffff".split(
    " ",
  ),
  ..."d70065a0bc00ffffffff d700ffffffff00000000 d700fffffffe00000000 d6ff65a0bc00 d7ffffffffffffffffff c70cff3b9aca00000000000000ffff".split(
    " ",
  ),
  ..."c70000 c70c00000000000000000000000000 c80001d7aa d40100 d4ff00 d80000000000000000000000000000000000 a3ffc328 a4f09f9880".split(
    " ",
  ),
  ..."a95f5f70726f746f5f5f a5737461636b 81a95f5f70726f746f5f5f81a8706f6c6c7574656401 82a56c6576656c03a36d7367a178 c403ff00ff".split(
    " ",
  ),
].map((text) => Buffer.from(text, "hex"));

function headed(head: number, length: number): Buffer {
  const size = [0xc4, 0xc7, 0xd9].includes(head) ? 1 : [0xc5, 0xc8, 0xda, 0xdc, 0xde].includes(head) ? 2 : 4;
  const bytes = Buffer.alloc(1 + size, 0xff);
  bytes[0] = head;
  if (length < 2 ** (8 * size)) bytes.writeUIntBE(length, 1, size);
  return bytes;
}

function nestedMsgpack(random: Random): Buffer {
  const depth = random.oneIn(10) ? random.between(300, 20_000) : random.between(2, 150);
  const unit = Buffer.from(random.pick(["91", "81a161", "dc0001", "92c0", "81c0", "dd00000001"]), "hex");
  return Buffer.concat([...Array.from({ length: depth }, () => unit), random.pick(VALUES)]);
}

/** Changes one value of msgpack: its kind, its length as declared, its content, its place. */
const msgpack: Mutation = (bytes, random, other) => {
  const spots: readonly Spot[] = msgpackSpots(bytes);
  if (spots.length === 0) return random.pick(VALUES);
  const { at, body, end } = random.pick(spots);
  switch (random.below(9)) {
    case 0:
      return replaced(bytes, at, end, random.oneIn(6) ? nestedMsgpack(random) : random.pick(VALUES));
    case 1:
      return replaced(bytes, at, at + 1, Buffer.of(random.pick(HEADS)));
    case 2:
      return replaced(
        bytes,
        at,
        body,
        headed(random.pick([0xc4, 0xc5, 0xc6, 0xc7, 0xc9, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf]), random.pick(LENGTHS)),
      );
    case 3:
      return replaced(
        bytes,
        at,
        body,
        headed(random.pick([0xc6, 0xdb, 0xdc, 0xdd, 0xdf]), Math.max(0, end - body + random.between(-2, 2))),
      );
    case 4:
      return replaced(bytes, end, end, bytes.subarray(at, end));
    case 5:
      return replaced(bytes, at, end, Buffer.alloc(0));
    case 6:
      return replaced(bytes, at, at, Buffer.from(random.pick(["91", "92", "81", "82", "93"]), "hex"));
    case 7: {
      const donor = other();
      const { at: from, end: to } = random.pick([...msgpackSpots(donor), { at: 0, body: 0, end: donor.length }]);
      return replaced(bytes, at, end, donor.subarray(from, to));
    }
    default: {
      // A head whose declared number is one more or less than what is there.
      const made = Buffer.from(bytes);
      const last = Math.max(at, body - 1);
      made[last] = ((made[last] ?? 0) + random.pick([1, 255])) & 0xff;
      return made;
    }
  }
};

export const MSGPACK_MUTATIONS: readonly Mutation[] = [msgpack];

/** Fields of protobuf, those inside others included as far as their bytes look like a message. */
function protobufSpots(bytes: Buffer, from = 0, to = bytes.length, depth = 0): Spot[] {
  const spots: Spot[] = [];
  let at = from;
  while (at < to && spots.length < MAX_SPOTS) {
    const [tag, body] = varintAt(bytes, at, to);
    let end = body;
    const wire = tag & 7;
    if (wire === 0) [, end] = varintAt(bytes, body, to);
    else if (wire === 1) end += 8;
    else if (wire === 5) end += 4;
    else if (wire === 2) {
      const [length, start] = varintAt(bytes, body, to);
      end = start + length;
      if (end <= to && depth < 12) spots.push(...protobufSpots(bytes, start, end, depth + 1));
    } else break;
    if (end > to || body <= at) break;
    spots.push({ at, body, end });
    at = end;
  }
  return spots;
}

function varintAt(bytes: Buffer, at: number, to: number): readonly [value: number, next: number] {
  let value = 0;
  for (let next = at, scale = 1; next < to && next < at + 10; next += 1, scale *= 128) {
    const byte = bytes[next] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, next + 1];
  }
  return [value, to + 1];
}

const VARINTS: readonly Buffer[] = [
  ..."00 01 7f 8000 8100 808000 ffffffff0f ffffffff7f ffffffffffffffffff01 ffffffffffffffffff7f 80808080808080808000".split(" "),
  ..."ffffffffffffffffffff01 808080808080808080808000 fffffffff7ffffffff01 0a 12 1a 22 2a 32 4a 0b 0c 0e 0f 08 f8ffffff0f".split(
    " ",
  ),
].map((text) => Buffer.from(text, "hex"));

function delimited(field: number, content: Buffer): Buffer {
  const head = [(field << 3) | 2];
  let rest = content.length;
  for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...head, rest]), content]);
}

function nestedProtobuf(random: Random): Buffer {
  let made: Buffer = Buffer.from("1a0178", "hex");
  const [outer, inner] = random.pick([
    [6, 1],
    [5, 1],
    [9, 1],
    [2, 2],
  ] as const);
  for (let depth = random.oneIn(10) ? 1_500 : random.between(2, 120); depth > 0; depth -= 1) {
    made = delimited(outer, delimited(inner, made));
  }
  return made;
}

/** Changes one field of protobuf: its number, wire type, length or content, its place. */
const protobuf: Mutation = (bytes, random, other) => {
  const spots = protobufSpots(bytes);
  const { at, body, end } = spots.length === 0 ? { at: 0, body: 0, end: bytes.length } : random.pick(spots);
  switch (random.below(9)) {
    case 0:
      return replaced(bytes, at, body, random.pick(VARINTS));
    case 1:
      return replaced(bytes, body, Math.min(end, body + 1), random.pick(VARINTS));
    case 2:
      return replaced(bytes, at, body, Buffer.of((random.between(0, 15) << 3) | random.below(8)));
    case 3:
      return replaced(bytes, end, end, bytes.subarray(at, end));
    case 4:
      return replaced(bytes, at, end, Buffer.alloc(0));
    case 5:
      return replaced(
        bytes,
        at,
        end,
        random.oneIn(3) ? nestedProtobuf(random) : delimited(random.between(1, 12), random.bytes(random.length(40))),
      );
    case 6:
      // A group around it.
      return replaced(
        bytes,
        at,
        end,
        Buffer.concat([
          Buffer.of(0x0b | (random.below(8) << 3)),
          bytes.subarray(at, end),
          Buffer.of(0x0c | (random.below(8) << 3)),
        ]),
      );
    case 7: {
      const donor = other();
      const from = random.pick([...protobufSpots(donor), { at: 0, body: 0, end: donor.length }]);
      return replaced(bytes, at, random.oneIn(2) ? at : end, donor.subarray(from.at, from.end));
    }
    default:
      return replaced(bytes, at, end, delimited(random.between(1, 12), bytes.subarray(at, end)));
  }
};

export const PROTOBUF_MUTATIONS: readonly Mutation[] = [protobuf];
