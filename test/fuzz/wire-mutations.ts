// Changes that know what goes over the wire around the records: headers, counts, chunks, compression.
import { deflateSync, gzipSync } from "node:zlib";
import { replaced, words, type Mutation } from "./mutation.ts";
import type { Random } from "./random.ts";

const SYSLOG_WORDS = [
  ..."<0> <13> <30> <187> <190> <191> <192> <999> <-1> <> < <1 <00013> <13>1 <13>2 <13>01 <165>1".split(" "),
  ..."- 1 nginx: nginx shop[812]: shop[] [812] kernel: %LINK-3-UPDOWN: a[b]: : ::1 fe80::1 10.0.0.9 web1 CRON[1]: Error:".split(
    " ",
  ),
  ..."2026-01-02T03:04:05Z 2026-01-02T03:04:05.123456789+01:00 2026-13-45T25:61:61Z Nov 20 08:30:12 Feb 30 00:00:60 00:00:00".split(
    " ",
  ),
  "*Nov 20 08:30:12.123 UTC:",
  "Nov  3 08:30:12 2026",
  "2026 Nov 20 08:30:12",
  "1795170817.123",
  "-62135596801",
  "[-1]",
  '[a b="c"]',
  '[a@32473 b="\\]\\"\\\\"][x]',
  '[a b="',
  "[",
  "]",
  '[origin ip="10.0.0.1"]',
  `[${"x".repeat(300)} y="z"]`,
  '[timeQuality tzKnown="1"]',
  "\uFEFF",
  "@cee: {",
  '@cee:{"level":"error"}',
  "#012",
  "#011at ",
  "#000",
  "\t",
  "\n",
  "\r\n",
  "\0",
  "\u001b[31m",
  "  ",
  "\ufffd",
  '{"level":"error","msg":"x"}',
  "ERROR",
  "Traceback (most recent call last):",
  "level=error msg=boom",
  '"GET / HTTP/1.1" 500 1 "-" "-"',
  '2026/11/20 08:30:12 [error] 31#31: *7 open() "/x" failed (2: No such file), client: 10.0.0.9, server: a, request: "GET / HTTP/1.1"',
];
export const SYSLOG_MUTATIONS: readonly Mutation[] = [words(SYSLOG_WORDS, " ]:>"), words(SYSLOG_WORDS, " ")];

const LINE_WORDS = [
  ...SYSLOG_WORDS,
  ..."stdout stderr F P P:x F:y PP FF stdin 2026-11-20T10:33:36.367703123Z 2026-11-20T11:33:36.5+01:00".split(" "),
  '{"log":"',
  '\\n","stream":"stderr","time":"2026-11-20T10:33:36.5Z"}',
  '"attrs":{',
  '\\\\n"',
  '{"log":"part","stream":"stdout"}',
  ...'level=error level= =x a=b a="b a="\\"" a.b=c time=2026-01-02T03:04:05Z err="x\\ny" msg="" ts=1e999 "=" a=={}'.split(" "),
  "[error]",
  "[Fri Nov 20 08:30:12.123456 2026]",
  "[core:error] [pid 1:tid 2] [client 10.0.0.1:3] AH00124: x",
  "PHP message: PHP Fatal error:  x",
  "  at f (a.js:1:2)",
  "\tat a.b.C.d(C.java:1)",
  "Caused by: java.io.IOException: y",
  "goroutine 1 [running]:",
  "ValueError: 7",
  "\t... 12 more",
  '203.0.113.9 - - [20/Nov/2026:10:33:36 +0100] "GET /a?b=c HTTP/1.1" 502 157 "-" "curl"',
  '"\\x22\\xC3\\xBC"',
  "[20/Nov/2026:99:99:99 +9999]",
];
export const LINE_MUTATIONS: readonly Mutation[] = [words(LINE_WORDS, " "), words(LINE_WORDS, ' "[]=')];

/** Counts in front of what they count, right or wrong, and other ways to tell messages of a stream apart. */
export const OCTET_COUNTS: Mutation = (bytes, random, other) => {
  const message = random.oneIn(2) ? bytes : other();
  const wrong = random.pick([0, 1, 99_999_999, 2_147_483_647, message.length + 1, Math.max(0, message.length - 1)]);
  const count = random.oneIn(3) ? wrong : message.length;
  const head = Buffer.from(`${random.oneIn(12) ? "0" : ""}${count}${random.oneIn(12) ? "" : " "}`);
  const end = Buffer.from(random.pick(["", "", "\n", "\0", "\r\n", "\n\n"]));
  const one = random.oneIn(4) ? Buffer.concat([message, end]) : Buffer.concat([head, message, end]);
  return random.oneIn(3) ? one : Buffer.concat([bytes, one]);
};

/** Messages one after the other, with what may stand between them. */
export const JOINED: Mutation = (bytes, random, other) =>
  Buffer.concat([
    bytes,
    Buffer.from(random.pick(["\0", "\n", "", "\0\0", "\n\n", "\r\n", ",", " ", "}{", '\n{"', "\n "])),
    other(),
  ]);

const BOMBS = [1 << 20, 6 << 20].flatMap((bytes) => [gzipSync(Buffer.alloc(bytes)), deflateSync(Buffer.alloc(bytes))]);
const NESTED_BOMB = gzipSync(gzipSync(Buffer.alloc(8 << 20)));

function packed(bytes: Buffer, random: Random): Buffer {
  return random.oneIn(2) ? gzipSync(bytes, { level: 1 }) : deflateSync(bytes, { level: 1 });
}

/** Compresses, and does to the result what damage and malice do. */
export const COMPRESSION: readonly Mutation[] = [
  (bytes, random) => packed(bytes, random),
  (bytes, random, other) => Buffer.concat([packed(bytes, random), packed(other(), random)]),
  (bytes, random) => {
    const made = packed(bytes, random);
    const at = random.below(made.length);
    made[at] = random.below(256);
    return made;
  },
  (bytes, random) => packed(bytes, random).subarray(0, random.length(bytes.length + 20)),
  (bytes, random) =>
    random.oneIn(40)
      ? random.pick([...BOMBS, NESTED_BOMB])
      : Buffer.concat([packed(bytes, random), random.bytes(random.length(20))]),
  (bytes, random) => {
    // The optional parts of a gzip header: extra field, name, comment, checksum.
    const made = gzipSync(bytes, { level: 1 });
    made[3] = random.below(256);
    return replaced(made, 10, 10, random.bytes(random.length(24)));
  },
  (bytes, random) =>
    Buffer.concat([Buffer.from(random.pick(["1f8b08", "1f8b", "789c", "78da", "7801", "28b52ffd", "7800"]), "hex"), bytes]),
];

/** A list of packets in one input: two bytes of length before each. What is cut short is the last packet. */
export function packetsOf(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = bytes.readUInt16BE(at);
    packets.push(Buffer.from(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return packets;
}

export function asPackets(packets: readonly Buffer[]): Buffer {
  return Buffer.concat(
    packets.map((packet) =>
      Buffer.concat([Buffer.of((packet.length >> 8) & 0xff, packet.length & 0xff), packet.subarray(0, 65_535)]),
    ),
  );
}

/** A message in chunks. */
function chunked(message: Buffer, random: Random): Buffer[] {
  const id = random.oneIn(4) ? Buffer.alloc(8, random.below(3)) : random.bytes(8);
  const size = Math.max(random.pick([1, 20, 200, 1_400]), Math.ceil(message.length / random.pick([127, 128, 130])));
  const count = Math.max(1, Math.ceil(message.length / size));
  return Array.from({ length: count }, (_, i) =>
    Buffer.concat([Buffer.of(0x1e, 0x0f), id, Buffer.of(i & 0xff, count & 0xff), message.subarray(i * size, (i + 1) * size)]),
  );
}

/** Datagrams of a few messages, some of them in chunks, and what networks and strangers do to chunks. */
export function datagrams(messages: readonly Buffer[], random: Random): Buffer[] {
  const sent = messages.flatMap((message) => (random.oneIn(3) ? [message] : chunked(message, random)));
  for (let steps = random.below(8); steps > 0; steps -= 1) {
    const at = random.below(sent.length);
    const one = Buffer.from(sent[at] ?? Buffer.alloc(0));
    const kind = random.below(6);
    if (kind === 0) sent.splice(at, 1);
    else if (kind === 1) sent.splice(random.below(sent.length + 1), 0, one);
    else if (kind === 2) sent.push(...sent.splice(at, 1));
    else if (kind === 3) sent[at] = one.subarray(0, random.below(Math.min(one.length, 16) + 1));
    else if (one.length >= 12) {
      one[random.pick([10, 11, random.between(2, 11)])] = random.pick([0, 1, 2, 127, 128, 129, 255]);
      sent[at] = one;
    }
  }
  return sent;
}

const PROXY_WORDS = [
  ..."PROXY TCP4 TCP6 UNKNOWN UDP4 10.0.0.1 2001:db8::1 ::ffff:10.0.0.1 fe80::1%eth0 256.0.0.1 01.2.3.4 0 65535 65536 -1 080 443".split(
    " ",
  ),
  "\r\n",
  "\n",
  "\r",
  "  ",
  "\0",
  "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n",
  "x".repeat(110),
];
export const PROXY_MUTATIONS: readonly Mutation[] = [
  words(PROXY_WORDS, " \r\n"),
  (bytes, random) => {
    // Version, command, family and length of the binary header.
    if (bytes.length < 16) return bytes;
    const made = Buffer.from(bytes);
    made[random.between(12, 15)] = random.pick([
      0x00,
      0x10,
      0x11,
      0x12,
      0x20,
      0x21,
      0x22,
      0x31,
      0xff,
      0x0c,
      0x24,
      random.below(256),
    ]);
    return made;
  },
];
