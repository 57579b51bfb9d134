import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, describe, it } from "node:test";
import { makeCertificates } from "../support/certificates.ts";
import { besides, dial, pour, scatter, type Good, type Hostility } from "../support/real-senders-hostile.ts";
import { messageOf, SharedRelay } from "../support/real-senders-relay.ts";

const certificates = makeCertificates();
const good = (message: string, level: "info" | "error"): string =>
  `<${level === "info" ? 134 : 131}>Nov 20 08:30:12 good shop[7]: ${message}`;
/** Bytes that are the same in each run, none of them a line end. */
function garbage(bytes: number): Buffer {
  let seed = 42;
  const random = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 16;
  return Buffer.from(Array.from({ length: bytes }, random).map((byte) => ([0, 10, 13].includes(byte & 0xff) ? 1 : byte & 0xff)));
}
const hello = Buffer.concat([Buffer.from("160301020001000200fc03", "hex"), Buffer.alloc(300, 0x41)]);

describe("bad input to syslog_tcp", () => {
  let relay: SharedRelay;
  let port: number;
  const beside = (hostility: Hostility) => besides(relay, steady, hostility);
  const steady: Good = async (records) => {
    const messages = records.map(({ message, level }, i) => {
      const text = good(message, level);
      return i % 2 === 0 ? `${text}\n` : `${text.length} ${text}`;
    });
    await pour(port, "127.0.0.1", messages.join(""));
  };
  before(async () => {
    const { cert, key } = certificates.server;
    relay = await SharedRelay.start(`  tcp: { type: syslog_tcp, listen: "127.0.0.1:0", max_buffered_bytes: 1MiB }
  tls: { type: syslog_tcp, listen: "127.0.0.1:0", tls: { cert: "${cert}", key: "${key}" }, max_connections: 50 }`);
    port = await relay.port("tcp");
  });
  after(async () => {
    await relay.close();
    certificates.remove();
  });
  beforeEach(() => relay.begin());

  it("skips messages over the limit to their end, counted or not, and lives on", async () => {
    const large = `<14>${"x".repeat(1 << 20)}`;
    const harvest = await beside({
      attack: async (address) =>
        void (await pour(port, address, large, "\n", `${large.length} `, large, good("after them", "error"), "\n", large)),
      outcomes: { too_large: 3, delivered: 1 },
      warnings: [/too_large .*max_message_bytes \(262144 bytes\)/],
    });
    assert.ok(harvest.events.some((event) => messageOf(event) === "after them"));
  });

  it("believes no count that is a lie, and keeps what came of it", async () => {
    const harvest = await beside({
      attack: async (address) => {
        await pour(port, address, "99999 <131>Nov 20 08:30:12 bad a: cut off by its end");
        await pour(port, address, "99999999999999999999 <131>no count\n", "0 <14>a\n", "007 <14>b\n", "9".repeat(50_000), "\n");
        await pour(port, address, "99999999 <14>of a message that never ends", Buffer.alloc(2 << 20, 0x20));
      },
      outcomes: { delivered: 1, absorbed: 4, too_large: 1 },
      warnings: [/too_large /],
    });
    assert.ok(harvest.events.some((event) => messageOf(event) === "cut off by its end"));
  });

  it("takes floods of line ends for nothing", async () => {
    await beside({
      attack: async (address) => void (await pour(port, address, Buffer.alloc(4 << 20), Buffer.alloc(1 << 20, 0x0a))),
      outcomes: {},
      warnings: [],
    });
  });

  it("calls binary data what it is, and says who speaks TLS", async () => {
    await beside({
      attack: async (address) => void (await pour(port, address, garbage(200_000))),
      outcomes: { malformed: 1 },
      warnings: [/malformed syslog .*no text: \d+ of the first 256 bytes are control characters/],
    });
    await beside({
      attack: async (address) => void (await pour(port, address, hello)),
      // Its NULs end messages, of which the last one may be text.
      outcomes: { malformed: 3, absorbed: 1 },
      warnings: [/malformed syslog .*\\x16\\x03\\x01/],
    });
  });

  it("puts a message together that comes byte by byte", async () => {
    const message = good("slow", "error");
    const harvest = await beside({
      attack: async (address) => {
        const socket = await dial(port, address);
        socket.setNoDelay(true);
        for (const byte of `${message.length} ${message}`) {
          socket.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
        socket.end();
        await once(socket.resume(), "close");
      },
      outcomes: { delivered: 1 },
      warnings: [],
    });
    assert.ok(harvest.events.some((event) => messageOf(event) === "slow"));
  });

  it("holds no more of unfinished messages than it may, over all connections", async () => {
    const sockets = await Promise.all(Array.from({ length: 12 }, () => dial(port)));
    const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()).resume()));
    for (const socket of sockets) socket.write(Buffer.alloc(200 << 10, 0x78));
    // There is not room for half of them.
    await Promise.race(closed);
    for (const socket of sockets) socket.end();
    await Promise.all(closed);
    const { outcomes, warnings } = await relay.harvest(12);

    const { too_large: closedEarly = 0, absorbed = 0 } = outcomes;
    assert.ok(closedEarly >= 1 && closedEarly + absorbed === 12, JSON.stringify(outcomes));
    assert.deepEqual(
      warnings.map(({ cause }) => cause),
      ["no_room"],
    );
  });

  it("with TLS lets nobody keep it from others: silence, garbage, plain text", async () => {
    const tls = await relay.port("tls");
    await beside({
      attack: async (address) => {
        const silent = await Promise.all(Array.from({ length: 20 }, () => dial(tls, address)));
        await pour(tls, address, garbage(5_000));
        await pour(tls, address, "<14>plain text\n");
        for (const socket of silent) socket.destroy();
      },
      outcomes: {},
      warnings: [/tls_handshake .*do not agree on TLS/],
    });
  });
});

describe("bad input to syslog_udp", () => {
  let relay: SharedRelay;
  let port: number;
  const beside = (hostility: Hostility) => besides(relay, steady, hostility);
  const steady: Good = (records) => scatter(port, "127.0.0.1", ...records.map(({ message, level }) => good(message, level)));
  before(async () => {
    relay = await SharedRelay.start(`  udp: { type: syslog_udp, listen: "127.0.0.1:0" }`);
    port = await relay.port("udp");
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  it("takes the largest datagram there is, and empty ones for nothing", async () => {
    await beside({
      attack: (address) => scatter(port, address, Buffer.alloc(65_507, "x"), "", "\n", Buffer.alloc(65_507)),
      outcomes: { absorbed: 1 },
      warnings: [],
    });
  });

  it("calls binary data what it is", async () => {
    await beside({
      attack: (address) => scatter(port, address, garbage(2_000), hello, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2])),
      outcomes: { malformed: 3 },
      warnings: [/malformed syslog /],
    });
  });

  it("reads headers that go on for ever", async () => {
    const attacks = [
      "<14>1 ",
      '<14>1 2026-11-20T08:30:12Z h p - - [a b="',
      "<14>Nov 20 08:30:12 ",
      "<14>45: ",
      "<14>[[[[",
      "<14>a[",
      '<14>{"a":',
    ];
    await beside({
      attack: (address) => scatter(port, address, ...attacks.map((head) => head.repeat(Math.floor(60_000 / head.length)))),
      outcomes: { absorbed: attacks.length },
      warnings: [],
    });
  });
});
