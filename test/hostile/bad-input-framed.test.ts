import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { after, before, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { array, asBin, asStr, entry, headed, hex, msgpack } from "../support/forward-bytes.ts";
import { GrpcSender } from "../support/real-senders-grpc.ts";
import { besides, dial, pour, scatter, type Good, type Hostility } from "../support/real-senders-hostile.ts";
import { messageOf, of, SharedRelay } from "../support/real-senders-relay.ts";

const bomb = gzipSync(Buffer.alloc(80 << 20, 0x20));

describe("bad input to forward", () => {
  let relay: SharedRelay;
  let port: number;
  const beside = (hostility: Hostility) => besides(relay, steady, hostility);
  /** Waits for its acknowledgement. */
  const steady: Good = async (records) => {
    const entries = Buffer.concat(records.map(({ message, level }) => entry({ message, level, service: "good" })));
    const answer = await pour(port, "127.0.0.1", array("good", asBin(entries), { chunk: "c" }));
    assert.deepEqual(answer, Buffer.from("\x81\xa3ack\xa1c", "latin1"));
  };
  const send = (address: string, ...bytes: readonly Buffer[]): Promise<Buffer> => pour(port, address, ...bytes);
  before(async () => {
    relay = await SharedRelay.start(`  fluent: { type: forward, listen: "127.0.0.1:0" }`);
    port = await relay.port("fluent", "tcp");
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  it("closes the connection where lengths are a lie, and holds no memory for them", async () => {
    const lies = [
      Buffer.concat([hex("93 a174"), headed(0xdb, 0xffffffff), Buffer.from("short")]),
      Buffer.concat([hex("93 a174"), headed(0xdd, 0xffffffff), Buffer.from("short")]),
      Buffer.concat([hex("93 a174 01"), headed(0xdf, 0xffffffff)]),
      headed(0xdd, 0xffffffff),
      Buffer.concat([hex("93"), headed(0xc6, 0x7fffffff)]),
    ];
    await beside({
      attack: async (address) => {
        for (const lie of lies) await send(address, lie);
      },
      outcomes: { too_large: lies.length },
      warnings: [/too_large .*over max_message_bytes \(16MiB\); the connection was closed/],
    });
    const { arrayBuffers } = JSON.parse(JSON.stringify({ arrayBuffers: await external(relay) })) as { arrayBuffers: number };
    assert.ok(arrayBuffers < 200 << 20, `${arrayBuffers} bytes outside the heap`);
  });

  it("keeps the entries before a lie, and acknowledges them", async () => {
    const broken = Buffer.concat([
      entry({ message: "before the lie", level: "error", service: "a" }),
      hex("92 01"),
      headed(0xdf, 1_000_000),
      hex("a1"),
    ]);
    const harvest = await beside({
      attack: async (address) => {
        for (const body of [asBin(broken), asStr(broken), asBin(gzipSync(broken))]) {
          assert.deepEqual(await send(address, array("t", body, { chunk: "x" })), Buffer.from("\x81\xa3ack\xa1x", "latin1"));
        }
      },
      outcomes: { delivered: 3, malformed: 3 },
      warnings: [/malformed_message .*a message tagged "t": entries that are no msgpack or cut off, from byte \d+ on/],
    });
    assert.equal(harvest.events.filter((event) => messageOf(event) === "before the lie").length, 3);
  });

  it("survives nesting 100 000 deep, in a message, in an entry, in a record, in JSON", async () => {
    const arrays = Buffer.alloc(100_000, 0x91);
    const maps = Buffer.from("81a161".repeat(100_000), "hex");
    const one = msgpack(1);
    const record = (inside: Buffer): Buffer => Buffer.concat([Buffer.from("\x82\xa7message\xa4deep\xa1x", "latin1"), inside]);
    await beside({
      attack: async (address) => {
        await send(address, array("t", asBin(array(1_700_000_000, record(Buffer.concat([arrays, one]))))));
        await send(address, array("t", asBin(array(1_700_000_000, record(Buffer.concat([maps, one]))))));
        await send(address, array("t", 1_700_000_000, record(Buffer.concat([maps, one]))));
        await send(address, array("t", array(array(1_700_000_000, record(Buffer.concat([arrays, one]))))));
      },
      outcomes: { absorbed: 4 },
      warnings: [],
    });
    await beside({
      attack: async (address) => {
        await send(address, Buffer.concat([arrays, one]));
        await send(address, Buffer.concat([maps, one]));
        await send(address, arrays);
        await send(address, Buffer.from("[".repeat(100_000)));
      },
      outcomes: { malformed: 4 },
      warnings: [/malformed_message/, /not_forward/, /cut_off/],
    });
    await beside({
      attack: async (address) => {
        const lists = "[".repeat(100_000) + "]".repeat(100_000);
        const answer = await send(
          address,
          Buffer.from(`${lists} ["t",1700000000,{"message":"deep","x":${lists}}]["t",1,{"message":"m"},{"chunk":"c"}]`),
        );
        assert.equal(answer.toString(), '{"ack":"c"}');
      },
      outcomes: { malformed: 2, absorbed: 1 },
      warnings: [/malformed_message .*nested deeper than 1000 levels/],
    });
  });

  it("does not unpack bombs, and acknowledges them so that they do not come again", async () => {
    await beside({
      attack: async (address) => {
        const message = array("zip", asBin(bomb), { compressed: "gzip", chunk: "b" });
        assert.deepEqual(await send(address, message, message), Buffer.from("\x81\xa3ack\xa1b\x81\xa3ack\xa1b", "latin1"));
      },
      outcomes: { too_large: 2 },
      warnings: [/too_large .*tagged "zip": \d+ bytes unpack to more than 64MiB/],
    });
    await beside({
      attack: async (address) =>
        void (await send(
          address,
          array("zip", asBin(hex("1f8b 0800 0000 0000")), { chunk: "b" }),
          array("zip", asBin(hex("28b52ffd 0011"))),
        )),
      outcomes: { malformed: 2 },
      warnings: [/malformed_message .*(gzip|zstd)/],
    });
  });

  it("takes __proto__ for a name and mends invalid UTF-8", async () => {
    const odd = Buffer.from(
      "\x85\xa7message\xa8odd \xff\xfe\xc3(\xa5level\xa5error\xa9__proto__\x81\xa8polluted\xc3\xabconstructor\x81\xa9prototype\x01\xa8toString\xa1x",
      "latin1",
    );
    const harvest = await beside({
      attack: async (address) =>
        void (await send(address, array("t", 1_700_000_000, odd), array("t", asBin(array(1_700_000_000, odd))))),
      outcomes: { delivered: 2 },
      warnings: [],
    });
    const found = harvest.events.filter((event) => /^odd \uFFFD+\($/.test(messageOf(event)));
    assert.equal(found.length, 2);
    for (const event of found) assert.ok(Object.hasOwn(of(event, "extra") as object, "toString"));
    assert.ok(harvest.events.every((event) => found.includes(event) || !JSON.stringify(event).includes("polluted")));
  });

  it("closes on what is not the protocol, and on messages that end halfway", async () => {
    await beside({
      attack: async (address) => {
        await send(address, Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        await send(address, Buffer.from("160301020001000200fc03", "hex"));
        await send(address, hex("c1c1c1"));
        await send(address, hex("93 a174 c1"));
        await send(address, hex("c0c0c0"));
        const cut = await dial(port, address);
        cut.write(array("t", 1, { message: "whole" }).subarray(0, 9));
        await new Promise((resolve) => setTimeout(resolve, 30));
        cut.resetAndDestroy();
      },
      outcomes: { malformed: 5 },
      warnings: [
        /not_forward .*not the Fluentd forward protocol, so the connection was closed: GET/,
        /cut_off .*the connection ended within a message, 9 bytes/,
      ],
    });
    await scatter(await relay.port("fluent", "udp"), "127.0.0.1", "garbage", Buffer.alloc(60_000));
  });

  it("passes over messages of the wrong shape and reads the next one", async () => {
    const info = { message: "m", level: "info" };
    const shapes = [
      array("t"),
      array("t", true, info),
      array(7, 1, info),
      array("t", 1, "no map"),
      array("t", array("no entry")),
      array("t", 1, info, {}, "five"),
    ];
    await beside({
      attack: async (address) => void (await send(address, ...shapes, array("t", 1_700_000_000, info))),
      outcomes: { malformed: shapes.length, absorbed: 1 },
      warnings: [/malformed_message/, /malformed forward/],
    });
  });
});

/** Bytes that the daemon holds outside its heap. */
async function external(relay: SharedRelay): Promise<number> {
  return (await relay.daemon.metrics()).get("nodejs_external_memory_bytes") ?? Number.NaN;
}

describe("bad input to grpc", () => {
  let relay: SharedRelay;
  let port: number;
  let sender: GrpcSender;
  const beside = (hostility: Hostility) => besides(relay, steady, hostility);
  const steady: Good = async (records) => {
    const ack = await sender.send({
      records: records.map(({ message, level }) => ({ message, severity: level, service: "good" })),
    });
    assert.equal(ack.accepted, records.length);
  };
  before(async () => {
    relay = await SharedRelay.start(`  rpc: { type: grpc, listen: "127.0.0.1:0" }`);
    port = await relay.port("rpc");
    sender = new GrpcSender(port);
  });
  after(async () => {
    sender.close();
    await relay.close();
  });
  beforeEach(() => relay.begin());

  /** Calls Send with bytes of any kind; the grpc-status, or what happened instead. */
  const call = (address: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<string> =>
    new Promise((resolve) => {
      const session = connectHttp2(`http://127.0.0.1:${port}`, { localAddress: address } as object);
      session.on("error", () => resolve("closed"));
      const request = session.request({
        ":method": "POST",
        ":path": "/crumbtrail.v1.LogRelay/Send",
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      let status = "";
      request.on("response", (response) => (status = String(response["grpc-status"] ?? response[":status"])));
      request.on("trailers", (trailers) => (status = String(trailers["grpc-status"])));
      request.on("error", () => resolve("reset"));
      request.on("close", () => {
        session.destroy();
        resolve(status);
      });
      request.resume();
      request.end(body);
    });
  /** A gRPC frame, its length stated as it is unless another one is given. */
  const framed = (message: Buffer, length = message.length, flag = 0): Buffer =>
    Buffer.concat([Buffer.of(flag), headed(0, length).subarray(1), message]);
  const field = (number: number, bytes: Buffer): Buffer => {
    const head = [(number << 3) | 2];
    let rest = bytes.length;
    for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
    return Buffer.concat([Buffer.from([...head, rest]), bytes]);
  };

  it("answers INVALID_ARGUMENT to what is no batch, whatever its lengths say", async () => {
    const statuses: string[] = [];
    await beside({
      attack: async (address) => {
        for (const bytes of [hex("12 ff ff ff ff 0f 41"), hex("ff"), Buffer.from("this is no protobuf")])
          statuses.push(await call(address, framed(bytes)));
      },
      outcomes: { malformed: 3 },
      warnings: [/invalid_batch .*the request is no crumbtrail\.v1\.Batch/],
    });
    assert.deepEqual(statuses, ["3", "3", "3"]);
  });

  it("counts records that are none and acknowledges the batch", async () => {
    await beside({
      attack: async (address) => {
        const broken = field(2, hex("1a ff ff 03"));
        assert.equal(await call(address, framed(Buffer.concat([broken, field(2, field(3, Buffer.from("fine"))), broken]))), "0");
      },
      outcomes: { malformed: 2, absorbed: 1 },
      warnings: [/malformed grpc .*no crumbtrail\.v1\.Record/],
    });
  });

  it("survives structs nested 100 000 deep, __proto__ and invalid UTF-8", async () => {
    let value = field(3, Buffer.from("bottom"));
    for (let depth = 0; depth < 2_000; depth += 1) value = field(6, field(1, value));
    const member = (name: string, inside: Buffer): Buffer =>
      field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, inside)]));
    const text = Buffer.from("odd \xff\xc3(", "latin1");
    const record = Buffer.concat([
      field(2, Buffer.from("error")),
      field(3, text),
      field(
        9,
        Buffer.concat([
          member("deep", value),
          member("__proto__", field(5, member("polluted", field(3, text)))),
          member("toString", field(3, Buffer.from("x"))),
        ]),
      ),
    ]);
    // Deeper than 4 MiB of exact lengths allow, but a reader that recurses on the way down would not know.
    const hollow = field(
      2,
      Buffer.concat([field(3, Buffer.from("hollow")), field(9, field(1, field(2, Buffer.from("32".repeat(100_000), "hex"))))]),
    );
    const harvest = await beside({
      attack: async (address) => {
        assert.equal(await call(address, framed(field(2, record))), "0");
        await call(address, framed(hollow));
      },
      outcomes: { delivered: 1, malformed: 1 },
      warnings: [/malformed grpc/],
    });
    const event = harvest.events.find((candidate) => /^odd \uFFFD+\($/.test(messageOf(candidate)));
    assert.ok(Object.hasOwn(of(event, "extra") as object, "toString"));
    assert.match(JSON.stringify(of(event, "extra", "deep")), /nested too deeply/);
  });

  it("refuses what is too large, as it is sent or unpacked", async () => {
    const statuses: string[] = [];
    await beside({
      attack: async (address) => {
        statuses.push(await call(address, framed(Buffer.alloc(5 << 20))));
        statuses.push(await call(address, framed(bomb, bomb.length, 1), { "grpc-encoding": "gzip" }));
        statuses.push(await call(address, framed(Buffer.from("not gzip"), 8, 1), { "grpc-encoding": "gzip" }));
      },
      outcomes: { too_large: 2, malformed: 1 },
      warnings: [/too_large .*max_message_bytes/, /unreadable/],
    });
    assert.deepEqual(statuses.slice(0, 2), ["8", "8"]);
  });

  it("closes on garbage, on HTTP/1 and on calls that never come to an end", async () => {
    await beside({
      attack: async (address) => {
        await pour(port, address, Buffer.from("\x00\x01\x02 garbage \xff", "latin1"));
        await pour(port, address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await pour(port, address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Buffer.alloc(9, 0xff));
        // A frame that announces more than comes.
        await call(address, framed(Buffer.from("short"), 4_000));
        const half = await dial(port, address);
        half.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        half.resetAndDestroy();
      },
      outcomes: {},
      warnings: [],
    });
  });
});
