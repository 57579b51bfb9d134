import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { floodDatagrams } from "../support/attack-sockets.ts";
import { syslogOf, udpSender } from "../support/honest-senders.ts";
import { Siege } from "../support/siege.ts";

const SOURCES = 10_000;
const MAX_SETS = 1_000;

const INPUTS = `  edge: { type: gelf_udp, listen: "127.0.0.1:0", max_pending_chunk_sets: ${MAX_SETS}, max_pending_chunk_bytes: 4MiB, chunk_timeout: 2s }
  limited: { type: gelf_udp, listen: "127.0.0.1:0", max_records_per_second_per_peer: 100 }
  log: { type: syslog_udp, listen: "127.0.0.1:0" }`;

/** A chunk of a message: an id of 8 bytes, its number, how many there are, data. */
function chunk(id: number, [sequence, count]: readonly [number, number], data: Uint8Array = Buffer.alloc(400, "x")): Buffer {
  const head = Buffer.from([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0, sequence, count]);
  head.writeUInt32BE(id, 6);
  return Buffer.concat([head, data]);
}

/** A whole message in chunks of some bytes. */
function chunks(id: number, message: Buffer, size: number): readonly Buffer[] {
  const count = Math.ceil(message.length / size);
  return Array.from({ length: count }, (_, i) => chunk(id, [i, count], message.subarray(i * size, (i + 1) * size)));
}

/** Valid compressed data of nothing but blanks: `mebibytes` of them. */
const blanks = (mebibytes: number): Buffer => gzipSync(Buffer.alloc(mebibytes << 20, 0x20), { level: 9 });

describe("attacks by datagrams", () => {
  let siege: Siege;
  const received = (input: string) => `crumbtrail_records_received_total{input="${input}"}`;
  const chunksOf = (result: string) => `crumbtrail_gelf_chunks_total{result="${result}"}`;
  /** Reads only as fast as the relay does, by a count of its own: `from` is its value before. */
  const pacedBy = async (metric: string): Promise<(sent: number) => Promise<void>> => {
    const from = (await siege.relay.daemon.metrics()).get(metric) ?? 0;
    return (sent) => siege.reaches(metric, from + sent);
  };

  before(async () => {
    siege = await Siege.start(INPUTS);
    siege.beside("edge", await udpSender(await siege.port("edge")));
    siege.beside("limited", await udpSender(await siege.port("limited")));
    siege.beside("log", await udpSender(await siege.port("log"), syslogOf));
  });
  after(() => siege.close());

  it(`a chunk flood from ${SOURCES} sources is given up, within its bounds, and counted`, async (t) => {
    const port = await siege.port("edge");
    const read = await pacedBy(chunksOf("received"));
    let sent = 0;
    const toll = await siege.withstands(async () => {
      // The same two ids from everybody: sets are told apart by their senders. Never more than 2 of 128.
      const datagrams = (): readonly Buffer[] => [chunk(7, [0, 128]), chunk(7, [127, 128]), chunk(8, [5, 128])];
      sent = await floodDatagrams({ port, sources: SOURCES, block: 20, datagrams, read });
    });
    const malformed = toll.settled("malformed");
    t.diagnostic(`${malformed} sets given up, ${toll.grew(chunksOf("evicted"))} chunks evicted, log ${toll.logBytes} bytes`);
    assert.equal(toll.grew(chunksOf("received")), sent);
    assert.equal(toll.grew(chunksOf("completed")), 0);
    assert.ok(toll.grew(chunksOf("evicted")) >= sent - 3 * MAX_SETS, "beyond max_pending_chunk_sets the oldest goes");
    await siege.reaches(chunksOf("expired"), 1);
  });

  it("chunks that are none are refused, whatever their numbers", async () => {
    const port = await siege.port("edge");
    const read = await pacedBy(chunksOf("received"));
    const bad: readonly (readonly [number, number])[] = [
      [0, 0],
      [0, 129],
      [0, 255],
      [7, 7],
      [255, 128],
      [128, 128],
    ];
    const toll = await siege.withstands(async () => {
      const datagrams = (source: number): readonly Buffer[] => bad.map((numbers) => chunk(source, numbers));
      await floodDatagrams({ port, sources: 500, block: 21, datagrams, read });
    });
    assert.equal(toll.grew(chunksOf("invalid")), 500 * bad.length);
  });

  it("zip bombs are not unpacked, whole or in chunks, simple or nested", async () => {
    const port = await siege.port("edge");
    const bomb = blanks(40);
    const nested = gzipSync(gzipSync(blanks(200)));
    const zlib = deflateSync(Buffer.alloc(40 << 20, 0x20));
    const before = (await siege.relay.daemon.metrics()).get(received("edge")) ?? 0;
    let messages = 0;
    const toll = await siege.withstands(async () => {
      const parts = (id: number): readonly (readonly Buffer[])[] => [
        [bomb],
        [zlib],
        [nested],
        chunks(id, bomb, 1_000),
        chunks(id + 1, nested, 100),
      ];
      for (let round = 0; round < 10; round += 1) {
        const sets = parts(round * 2);
        messages += sets.length;
        const datagrams = (source: number): readonly Buffer[] => sets[source] ?? [];
        await floodDatagrams({
          port,
          sources: sets.length,
          block: 22,
          datagrams,
          read: () => siege.reaches(received("edge"), before + messages),
        });
      }
    });
    assert.equal(toll.settled("too_large"), 30, "the simple ones, by their size or ratio");
    assert.equal(toll.settled("malformed"), 20, "what is in the nested ones is no JSON");
  });

  it(`${SOURCES} senders that are over their rate cost nobody else, and are forgotten again`, async () => {
    const port = await siege.port("limited");
    const read = await pacedBy(received("limited"));
    const toll = await siege.withstands(async () => {
      const datagrams = (): readonly Buffer[] => [Buffer.from('{"short_message":"x","level":6}')];
      await floodDatagrams({ port, sources: SOURCES, block: 23, datagrams, read });
    });
    assert.ok(toll.settled("absorbed") >= SOURCES);
  });

  it("one sender over its rate is dropped and counted", async () => {
    const port = await siege.port("limited");
    const read = await pacedBy(received("limited"));
    const toll = await siege.withstands(async () => {
      const datagrams = (): readonly Buffer[] =>
        Array.from({ length: 250 }, () => Buffer.from('{"short_message":"x","level":6}'));
      for (let round = 1; round <= 8; round += 1) {
        await floodDatagrams({ port, sources: 1, block: 24, datagrams, read: (sent) => read(sent * round) });
      }
    });
    assert.ok(toll.settled("rate_limited") > 0);
    assert.ok(toll.settled("rate_limited") + toll.settled("absorbed") >= 2_000);
  });

  it("garbage to syslog_udp from many addresses is text at worst", async () => {
    const port = await siege.port("log");
    const read = await pacedBy(received("log"));
    const toll = await siege.withstands(async () => {
      const datagrams = (source: number): readonly Buffer[] => [
        Buffer.from(`<${source}>`),
        Buffer.from([0xff, 0xfe, source & 0xff, 0x80]),
        Buffer.from(`<14>1 ${"-".repeat(400)} [${"a".repeat(400)}`),
      ];
      await floodDatagrams({ port, sources: 1_000, block: 25, datagrams, read });
    });
    assert.ok(toll.grew(received("log")) >= 3_000);
  });
});
