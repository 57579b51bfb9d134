import assert from "node:assert/strict";
import { limitsOf, retryAfterMs } from "../../src/sentry/rate-limits.ts";
import { deliveryOf } from "../../src/sentry/response.ts";
import { parseDsn } from "../../src/sentry/dsn.ts";
import { canonicalAddress, limitedAs, Networks, parseNetwork } from "../../src/base/networks.ts";
import { Credentials } from "../../src/wire/access/credentials.ts";
import { forwardedFor } from "../../src/wire/access/forwarded-for.ts";
import { ForwardKeys } from "../../src/wire/forward-keys.ts";
import { readHelo, readPing, readPong, type Greeting } from "../../src/wire/forward-greeting.ts";
import { CHUNK_RESULTS, GelfChunks, isChunk, type ChunkResult } from "../../src/wire/gelf-chunks.ts";
import { encodeAck, openBatch } from "../../src/wire/grpc-batch.ts";
import { gunzipBounded } from "../../src/wire/gunzip.ts";
import { inflate } from "../../src/wire/inflate.ts";
import { readProxyHeader } from "../../src/wire/proxy-protocol.ts";
import { HAND, pingFor, SECRETS } from "../support/forward-handshake.ts";
import { proxyV1, proxyV2 } from "../support/proxy-headers.ts";
import { MSGPACK_MUTATIONS, PROTOBUF_MUTATIONS } from "./binary-mutations.ts";
import * as corpus from "./corpus.ts";
import { cooked, words, type Recipe } from "./mutation.ts";
import type { Random } from "./random.ts";
import { textsOf, type Target } from "./target.ts";
import { asPackets, COMPRESSION, datagrams, packetsOf, PROXY_MUTATIONS } from "./wire-mutations.ts";

type Check = (input: Buffer, random: Random) => void | Promise<void>;

function reader(name: string, recipe: Recipe, check: Check, share = 4): Target {
  return { name: `reader_${name}`, share, fresh: () => ({ make: (random) => cooked(recipe, random), check }) };
}

const MOST = 300_000;

const unpacked: Check = (input) => {
  const found = inflate(input, MOST);
  if (typeof found === "string") return;
  if (Buffer.isBuffer(found)) assert.ok(found.length <= MOST, `${found.length} bytes unpacked`);
  else assert.ok(found.malformed !== "");
};

const gunzipped: Check = async (input) => {
  let room = MOST;
  const found = await gunzipBounded(input, MOST * 2, (bytes) => (room -= bytes) >= 0);
  if (found.kind === "bytes") assert.ok(found.bytes.length <= MOST, `${found.bytes.length} bytes unpacked`);
  if (found.kind === "malformed") assert.ok(found.reason !== "");
};

/** Every beginning of an input says "not yet", or what the whole says. */
function grows<T>(input: Buffer, read: (bytes: Buffer) => T, isPending: (read: T) => boolean): void {
  const whole = read(input);
  let decided = false;
  const step = Math.max(1, Math.floor(input.length / 300));
  for (let length = 0; length <= input.length; length += step) {
    const found = read(input.subarray(0, length));
    assert.ok(!decided || !isPending(found), `decided before, and pending again after ${length} bytes`);
    if (isPending(found)) continue;
    decided = true;
    assert.deepEqual(found, whole, `another answer after ${length} bytes`);
  }
}

const proxied: Check = (input) => {
  grows(input.subarray(0, 6_000), readProxyHeader, (found) => found === undefined);
  const found = readProxyHeader(input);
  if (found?.kind !== "header") return;
  assert.ok(found.length > 0 && found.length <= input.length);
  assert.ok(found.source === undefined || canonicalAddress(found.source) !== undefined, `source ${found.source}`);
};

const keys = new ForwardKeys(SECRETS);
const helo = { nonce: Buffer.alloc(16, 7), auth: Buffer.alloc(16, 9) };

const greeted: Check = (input) => {
  const bytes = input.subarray(0, 4_096);
  const isPart = (found: Greeting<unknown>): boolean => found === "part";
  for (const read of [readHelo, readPing, readPong]) grows<Greeting<unknown>>(bytes, read, isPart);
  const ping = readPing(bytes);
  if (typeof ping === "string") return;
  assert.ok(ping.next <= bytes.length);
  const verdict = keys.verdict(ping.message, helo);
  assert.ok(typeof readPong(verdict.pong) === "object");
};

const opened: Check = (input) => {
  const found = openBatch(input);
  if (typeof found === "string") return;
  assert.ok(found.id.length <= 1_024);
  textsOf(found.frames);
  assert.ok(encodeAck(found.id, found.frames.bounds.length, 1).length > 0);
};

/** Datagrams from a few senders; every chunk is counted once more when it leaves. */
const chunks: Target = {
  name: "reader_gelf_chunks",
  share: 4,
  fresh: () => ({
    make: (random) =>
      asPackets(
        datagrams(
          Array.from({ length: random.length(4) }, () => cooked({ corpus: corpus.gelfMessages, structure: COMPRESSION }, random)),
          random,
        ),
      ),
    check(input, random) {
      const counts = new Map<ChunkResult, number>(CHUNK_RESULTS.map((result) => [result, 0]));
      const count = (result: ChunkResult, by: number): void => void counts.set(result, (counts.get(result) ?? 0) + by);
      const limits = { timeoutMs: 50, maxSets: 3, maxBytes: 20_000 };
      const set = new GelfChunks(limits, { count, lost: () => {}, invalid: () => {} });
      let nowMs = 0;
      for (const packet of packetsOf(input)) {
        nowMs += random.below(20);
        const from = random.pick(["10.0.0.1", "10.0.0.2"]);
        const message = isChunk(packet) ? set.add(Buffer.from(packet), from, random.below(2), nowMs) : packet;
        if (message !== undefined) void unpacked(message, random);
        assert.ok(set.sets <= limits.maxSets, `${set.sets} sets held`);
        assert.ok(set.bytes <= limits.maxBytes || set.sets === 1, `${set.bytes} bytes held`);
      }
      set.clear();
      const [received = 0, ...left] = CHUNK_RESULTS.map((result) => counts.get(result) ?? 0);
      assert.deepEqual([set.sets, set.bytes], [0, 0]);
      assert.equal(
        left.reduce((sum, one) => sum + one, 0),
        received,
        JSON.stringify([...counts]),
      );
    },
  }),
};

const trusted = new Networks(["10.0.0.0/8", "2001:db8::/32"].flatMap((written) => parseNetwork(written) ?? []));
const credentials = new Credentials({ tokens: ["t 1"], users: { ann: "pw" } });

/** What stands in headers and names: each is text that a stranger wrote. */
const headers: Check = (input) => {
  const text = input.toString("latin1");
  const sender = forwardedFor(text, "10.9.9.9", trusted);
  assert.ok(canonicalAddress(sender) !== undefined, `sender ${sender}`);
  assert.ok(!credentials.accept(text) || text.includes("t 1") || /basic/i.test(text));
  assert.ok(limitedAs(sender) !== "");
  parseNetwork(text);
  const answer = { status: 400 + (input[0] ?? 0), error: text, body: text, rateLimits: text, retryAfter: text };
  assert.ok(deliveryOf(answer, "error", 0).kind !== undefined);
  for (const waitMs of [...limitsOf(answer, 0).values(), retryAfterMs(text, 0) ?? 0])
    assert.ok(waitMs >= 0 && Number.isFinite(waitMs), `${waitMs} ms`);
  parseDsn(text);
};

const HEADER_WORDS = [
  ..."10.0.0.1 203.0.113.7:4711 [2001:db8::1]:443 ::ffff:10.0.0.1 fe80::1%eth0 unknown _hidden 0x7f.1 999.1.1.1 , ; :".split(" "),
  "Bearer t 1",
  "Basic YW5uOnB3",
  "basic ====",
  "60:error:key",
  "1e9:;:",
  "Fri, 31 Dec 1999 23:59:59 GMT",
  "-1",
  "1".repeat(30),
  "https://k@sentry.example/42",
  "https://:@/",
  "http://a@b:99999/c/d/1",
  '{"detail":"x","causes":["a",1]}',
  "\u001b[31m",
  "\r\n",
];

export async function readerTargets(): Promise<readonly Target[]> {
  const { batches } = await corpus.grpcCorpus();
  const proxy = [
    proxyV1("203.0.113.9"),
    proxyV1("2001:db8::1"),
    proxyV2("203.0.113.9"),
    proxyV2("2001:db8::1", { more: Buffer.alloc(40, 3) }),
    Buffer.from("PROXY UNKNOWN x\r\n"),
  ];
  const behind = proxy.map((header) => Buffer.concat([header, Buffer.from('{"short_message":"x"}\0')]));
  const greetings = [
    ...corpus.handshakes.map((stream) => stream.subarray(0, 600)),
    pingFor(helo, HAND),
    pingFor(helo, HAND, "bin"),
  ];
  const packed = { corpus: [...corpus.gelfDatagrams, ...corpus.gelfMessages], structure: [...COMPRESSION, ...COMPRESSION] };
  return [
    reader("inflate", packed, unpacked, 8),
    reader("gunzip", packed, gunzipped, 40),
    reader("grpc_batch", { corpus: batches, structure: PROTOBUF_MUTATIONS }, opened),
    reader("proxy_header", { corpus: [...proxy, ...behind], structure: PROXY_MUTATIONS }, proxied, 10),
    reader("handshake", { corpus: greetings, structure: MSGPACK_MUTATIONS }, greeted, 20),
    reader(
      "headers",
      { corpus: HEADER_WORDS.map((word) => Buffer.from(word)), structure: [words(HEADER_WORDS, ", ;")] },
      headers,
    ),
    chunks,
  ];
}
