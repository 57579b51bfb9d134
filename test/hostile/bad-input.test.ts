import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { GelfSender } from "../support/gelf-sender.ts";
import { besides, dial, ownAddress, post, pour, scatter, type Good, type Hostility } from "../support/real-senders-hostile.ts";
import { messageOf, of, SharedRelay } from "../support/real-senders-relay.ts";

const NUL = "\0";
const good = (message: string, level: "info" | "error"): string =>
  JSON.stringify({ host: "good", short_message: message, level: level === "info" ? 6 : 3 });
const deep = (open: string, close: string, depth = 100_000): string => open.repeat(depth) + close.repeat(depth);
const blanks = Buffer.alloc(40 << 20, 0x20);
const bombs = { gzip: gzipSync(blanks), zlib: deflateSync(blanks) };

describe("bad input to gelf_tcp", () => {
  let relay: SharedRelay;
  let port: number;
  let sender: GelfSender;
  const beside = (hostility: Hostility) => besides(relay, steady, hostility);
  const steady: Good = (records) =>
    sender.send(...records.map(({ message, level }) => JSON.parse(good(message, level)) as object as never));
  before(async () => {
    relay = await SharedRelay.start(`  tcp: { type: gelf_tcp, listen: "127.0.0.1:0" }`);
    port = await relay.port("tcp");
    sender = await GelfSender.connect(port);
  });
  after(async () => {
    sender.socket.destroy();
    await relay.close();
  });
  beforeEach(() => relay.begin());

  /** Waits for a number of open connections. */
  const connections = async (holds: (open: number) => boolean): Promise<void> => {
    for (let turn = 0; turn < 500; turn += 1) {
      if (holds((await relay.daemon.metrics()).get('crumbtrail_connections{input="tcp"}') ?? 0)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error("waited in vain for connections to come or go");
  };

  it("costs what is no JSON one outcome each and one warning that quotes it", async () => {
    await beside({
      attack: async (address) => void (await pour(port, address, `not json${NUL}{"a":${NUL}[1]${NUL}{"a" 1}${NUL}`)),
      outcomes: { malformed: 4 },
      warnings: [/tcp: not JSON: .* at byte 0.*frame 1 of 4, 8 bytes: not json/],
    });
  });

  it("takes floods of NUL for nothing", async () => {
    await beside({
      attack: async (address) => void (await pour(port, address, Buffer.alloc(4 << 20), Buffer.from("\n\0 \0\r\n\0"))),
      outcomes: {},
      warnings: [],
    });
  });

  it("skips a frame over the limit to its delimiter and lives on", async () => {
    const large = `{"short_message":"${"x".repeat(3 << 20)}"}`;
    const harvest = await beside({
      attack: async (address) =>
        void (await pour(port, address, large, NUL, large, NUL, `{"short_message":"after it","level":3}`, NUL, large)),
      outcomes: { too_large: 3, delivered: 1 },
      warnings: [/too_large .*max_message_bytes \(2097152 bytes\)/],
    });
    assert.ok(harvest.events.some((event) => messageOf(event) === "after it"));
  });

  it("refuses nesting 100 000 deep, closed or not", async () => {
    const bodies = [
      deep('{"a":', "}").replace(":}", ":1}"),
      `{"short_message":${deep("[", "]")}}`,
      "[".repeat(100_000),
      '{"a":'.repeat(100_000),
      deep("[", "]"),
    ];
    await beside({
      attack: async (address) => void (await pour(port, address, bodies.join(NUL))),
      outcomes: { malformed: bodies.length },
      warnings: [/nested deeper than 1000 levels at byte/],
    });
  });

  it("takes __proto__ and its like for names as any other", async () => {
    const names = `"__proto__":{"polluted":1},"_constructor":{"prototype":{"polluted":1}},"___proto__":"three","_toString":"text","_hasOwnProperty":0`;
    const harvest = await beside({
      attack: async (address) =>
        void (await pour(port, address, `{"short_message":"odd names","level":3,"__proto__":"top",${names}}`)),
      outcomes: { delivered: 1 },
      warnings: [],
    });
    const event = harvest.events.find((candidate) => messageOf(candidate) === "odd names");
    const extra = of(event, "extra") as Record<string, unknown>;
    assert.ok(Object.hasOwn(extra, "toString") && Object.hasOwn(extra, "constructor") && Object.hasOwn(extra, "hasOwnProperty"));
    for (const { events } of [harvest])
      for (const other of events) assert.equal(JSON.stringify(other).includes("polluted"), other === event);
  });

  it("mends invalid UTF-8 and keeps the record", async () => {
    const bytes = Buffer.concat([Buffer.from('{"short_message":"bad \xff\xfe\xc3( end","level":3}', "latin1"), Buffer.from(NUL)]);
    const harvest = await beside({
      attack: async (address) => void (await pour(port, address, bytes)),
      outcomes: { delivered: 1 },
      warnings: [],
    });
    assert.ok(harvest.events.some((event) => /^bad \uFFFD+\( end$/.test(messageOf(event))));
  });

  it("names compression, TLS and HTTP where somebody speaks them", async () => {
    await beside({
      attack: async (address) => {
        await pour(port, address, Buffer.from([0x1f, 0x8b, 8, 1, 2, 3]), NUL);
        await pour(port, address, Buffer.from([0x78, 0x9c, 0x4b, 1, 2, 3]), NUL);
      },
      outcomes: { malformed: 2 },
      warnings: [/compressed frame \(gzip\) over TCP.*turn it off in the sender/],
    });
    await beside({
      attack: async (address) => void (await pour(port, address, "GET /gelf HTTP/1.1\r\nHost: relay\r\n\r\n")),
      outcomes: { malformed: 2 },
      warnings: [/malformed gelf .*GET \/gelf HTTP/],
    });
    await beside({
      attack: async (address) =>
        void (await pour(port, address, Buffer.from("160301020001000200fc03", "hex"), Buffer.alloc(300, 0x41))),
      outcomes: { malformed: 4 },
      warnings: [/malformed gelf .*\\x16\\x03\\x01/],
    });
  });

  it("counts a frame that a reset cut off, and closes for senders that only closed their side", async () => {
    await beside({
      attack: async (address) => {
        const cut = await dial(port, address);
        cut.write('{"short_message":"cut o');
        await new Promise((resolve) => setTimeout(resolve, 50));
        cut.resetAndDestroy();
        // Closes its side and never reads: the relay lets go of it all the same.
        const half = await dial(port, address);
        half.end(`{"short_message":"half open","level":6}`);
        await new Promise((resolve) => half.once("close", resolve).resume());
      },
      outcomes: { malformed: 1, absorbed: 1 },
      warnings: [/unexpected end.*cut o/],
    });
    await connections((open) => open === 1);
  });

  it("stays calm under garbage", async () => {
    let seed = 42;
    const random = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 16;
    const garbage = Buffer.from(Array.from({ length: 200_000 }, () => random() & 0xff)).map((byte) =>
      byte === 0 || byte === 10 ? 1 : byte,
    );
    await beside({
      attack: async (address) => void (await pour(port, address, garbage)),
      outcomes: { malformed: 1 },
      warnings: [/malformed gelf/],
    });
  });

  it("serves others beside 10 000 idle connections", async (t) => {
    const wanted = Math.min(10_000, openFiles() - 500);
    assert.ok(wanted >= 1_000, `this machine allows only ${openFiles()} open files`);
    if (wanted < 10_000) t.diagnostic(`only ${wanted} connections: this machine allows ${openFiles()} open files`);
    const idle: Socket[] = [];
    await beside({
      attack: async () => {
        while (idle.length < wanted) {
          // From other addresses, so that the ports they take stay free for other tests.
          const address = ownAddress();
          const more = Array.from({ length: Math.min(500, wanted - idle.length) }, () => dial(port, address));
          idle.push(...(await Promise.all(more)));
          // Node accepts one in each turn; what finds the backlog full is tried again only a second later.
          await connections((open) => open >= idle.length - 250);
        }
      },
      outcomes: {},
      warnings: [],
    });
    await connections((open) => open === wanted + 1);
    for (const socket of idle) socket.destroy();
    await connections((open) => open === 1);
  });
});

function openFiles(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? 0);
}

describe("bad input to gelf_udp", () => {
  let relay: SharedRelay;
  let port: number;
  const beside = (hostility: Hostility) => besides(relay, steady, hostility);
  const steady: Good = (records) => scatter(port, "127.0.0.1", ...records.map(({ message, level }) => good(message, level)));
  before(async () => {
    relay = await SharedRelay.start(`  udp: { type: gelf_udp, listen: "127.0.0.1:0", chunk_timeout: 300ms }`);
    port = await relay.port("udp");
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  it("costs what is no JSON one outcome each and one warning, and empty datagrams nothing", async () => {
    await beside({
      attack: (address) =>
        scatter(
          port,
          address,
          "not json",
          "",
          "\0\n",
          '{"version":"1.1"}',
          gzipSync("neither"),
          deflateSync(""),
          deep("[", "]", 30_000),
        ),
      outcomes: { malformed: 4 },
      warnings: [/malformed gelf .*not JSON.*not json/],
    });
  });

  it("gives up chunk sets that never complete, and chunks that are none", async () => {
    const chunk = (id: number, sequence: number, count: number): Buffer =>
      Buffer.from([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, 0, id, sequence, count, 0x7b]);
    await beside({
      attack: (address) =>
        scatter(port, address, chunk(1, 0, 2), chunk(2, 1, 128), chunk(2, 1, 128), chunk(3, 0, 3), chunk(3, 1, 3)),
      outcomes: { malformed: 3 },
      warnings: [/chunk_timeout .*only 1 of 2 chunks came within 300ms/],
    });
    await beside({
      attack: (address) =>
        scatter(
          port,
          address,
          chunk(4, 0, 0),
          chunk(5, 7, 7),
          chunk(6, 0, 129),
          Buffer.from([0x1e, 0x0f, 1]),
          Buffer.from([0x1e, 0x0f]),
        ),
      outcomes: {},
      warnings: [/invalid_chunk .*of a message of 0 chunks; 1 to 128/],
    });
    assert.equal((await relay.daemon.metrics()).get('crumbtrail_gelf_chunks_total{result="invalid"}'), 5);
  });

  it("does not unpack bombs, nor what is broken", async () => {
    await beside({
      attack: (address) => scatter(port, address, bombs.gzip, bombs.zlib, gzipSync(bombs.gzip.subarray(0, 60_000))),
      outcomes: { too_large: 2, malformed: 1 },
      warnings: [/too_large .*unpacks to more than 8MiB/, /malformed gelf .*gzip/],
    });
    const packed = gzipSync(good("whole", "error"));
    await beside({
      attack: (address) =>
        scatter(
          port,
          address,
          packed.subarray(0, 30),
          Buffer.concat([packed.subarray(0, 20), Buffer.alloc(20)]),
          Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1]),
        ),
      outcomes: { malformed: 3 },
      warnings: [/not_decompressed .*broken gzip data/],
    });
  });
});

describe("bad input to gelf_http", () => {
  let relay: SharedRelay;
  let port: number;
  const beside = (hostility: Hostility) => besides(relay, steady, hostility);
  const steady: Good = async (records) => {
    assert.equal(await post(port, "127.0.0.1", records.map(({ message, level }) => good(message, level)).join("\n")), 202);
  };
  before(async () => {
    relay = await SharedRelay.start(
      `  web: { type: gelf_http, listen: "127.0.0.1:0", max_body_bytes: 1MiB, idle_timeout: 300ms }`,
    );
    port = await relay.port("web");
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  it("answers 400 to what is no message, with one warning", async () => {
    const statuses: number[] = [];
    await beside({
      attack: async (address) => {
        for (const body of ["not json", "[[[[", deep("[", "]"), deep('{"a":', "}"), "\0\0\0", '"text"', "[1,2]"])
          statuses.push(await post(port, address, body));
      },
      outcomes: { malformed: 7 },
      warnings: [/malformed gelf/, /no_message/],
    });
    assert.deepEqual(statuses, [400, 400, 400, 400, 400, 400, 400]);
  });

  it("answers 413 to what is too large, as it is sent or unpacked", async () => {
    const statuses: number[] = [];
    await beside({
      attack: async (address) => {
        for (const body of [Buffer.alloc(2 << 20, 0x20), bombs.gzip, bombs.zlib]) statuses.push(await post(port, address, body));
        statuses.push(await post(port, address, Buffer.alloc(2 << 20, 0x20), { "transfer-encoding": "chunked" }));
      },
      outcomes: { too_large: 4 },
      warnings: [/too_large .*over 1MiB \(max_body_bytes\)/],
    });
    assert.deepEqual(statuses, [413, 413, 413, 413]);
  });

  it("closes on garbage, on half requests and on requests that never end", async () => {
    await beside({
      attack: async (address) => {
        await pour(port, address, "\x16\x03\x01 this is no request\r\n\r\n");
        await pour(port, address, `POST /gelf HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"short_message"`);
        await pour(port, address, `POST /gelf HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n\r\n`);
        const slow = await dial(port, address);
        slow.write("POST /gelf HTTP/1.1\r\n");
        await new Promise((resolve) => slow.once("close", resolve).resume());
      },
      outcomes: {},
      warnings: [/not_http/, /headers .*over 16KiB \(max_header_bytes\)/],
    });
    const { status } = await fetch(`http://127.0.0.1:${port}/gelf`, { method: "POST", body: good("still there", "info") });
    assert.equal(status, 202);
  });
});
