import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createSocket } from "node:dgram";
import { after, before, beforeEach, describe, it, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { EventTime, FluentClient, type EventModes } from "@fluent-org/logger";
import { decode } from "@msgpack/msgpack";
import fluentLogger from "fluent-logger";
import { array, asBin, asStr, CAPTURES, capture, entry, msgpack } from "../support/forward-bytes.ts";
import { replay } from "../support/real-senders.ts";
import { crumbsOf, eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

/** A connection whose answers are collected. */
class Dialled {
  readonly socket: Socket;
  answers = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes) => (this.answers = Buffer.concat([this.answers, bytes])));
  }

  static async to(t: TestContext, port: number): Promise<Dialled> {
    const socket = connect(port, "127.0.0.1");
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return new Dialled(socket);
  }

  /** Everything that came back, once it is at least so many bytes. */
  async answered(bytes: number): Promise<Buffer> {
    while (this.answers.length < bytes) await once(this.socket, "data", { signal: AbortSignal.timeout(5_000) });
    return this.answers;
  }
}

const ids = (events: readonly Readonly<Record<string, unknown>>[]): string[] => events.map((event) => String(event["event_id"]));

describe("forward, end to end", () => {
  let relay: SharedRelay;
  let port: number;
  before(async () => {
    const names = ["edge", "npm", "org", ...CAPTURES.map((name) => name.replaceAll(/[^a-z0-9]/g, "_"))];
    const inputs = names.map((name) => `  ${name}: { type: forward, listen: "127.0.0.1:0" }`);
    relay = await SharedRelay.start(inputs.join("\n"));
    port = await relay.port("edge", "tcp");
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  it("takes in what Fluent Bit sent and answers byte for byte as Fluent Bit was answered", async () => {
    for (const name of CAPTURES) {
      const answers = await replay(await relay.port(name.replaceAll(/[^a-z0-9]/g, "_"), "tcp"), capture(name));
      const wanted = name.startsWith("ack-") ? capture(name.replace(".rx", ".tx")) : Buffer.alloc(0);
      assert.equal(answers.toString("hex"), wanted.toString("hex"), name);
    }
    const { events, outcomes, warnings } = await relay.harvest((CAPTURES.length / 2) * 5);

    assert.deepEqual(warnings, []);
    // Where Fluent Bit was told to leave out metadata and sub-second times, the level that stood there is gone.
    assert.equal((outcomes["delivered"] ?? 0) + (outcomes["absorbed"] ?? 0), (CAPTURES.length / 2) * 5);
    assert.equal(events.length, 5);
    for (const event of events) {
      assert.deepEqual(
        [messageOf(event), event["level"], event["logger"], event["timestamp"]],
        ["otlp body", "error", "lib", 1_787_408_116.25],
      );
      assert.equal(of(event, "tags", "service"), "shop");
      assert.deepEqual(of(event, "contexts", "trace"), {
        type: "trace",
        trace_id: "5b8efff798038103d269b633813fc60c",
        span_id: "eee19b7ec3c1b174",
      });
    }
  });

  for (const eventMode of ["Message", "Forward", "PackedForward", "CompressedPackedForward"] as const) {
    it(`acknowledges @fluent-org/logger in ${eventMode} mode, and shows its records`, async () => {
      const client = new FluentClient("shop", {
        eventMode: eventMode as EventModes,
        socket: { port: await relay.port("org", "tcp"), disableReconnect: true },
        ack: { ackTimeout: 5_000 },
      });
      await client.connect();
      const time = (i: number): EventTime => new EventTime(1_700_000_000 + i, 250_000_000);
      const service = `app-${eventMode}`;
      await Promise.all([
        client.emit("app", { message: "session opened", level: "info", service, hostname: "node-1" }, time(0)),
        client.emit(
          "app",
          { message: "cart loaded", level: "debug", service, hostname: "node-1", items: [1, { sku: "x" }] },
          time(1),
        ),
        client.emit(
          "app",
          { message: "charge of 9 failed", level: "error", logger: "billing", service, hostname: "node-1", user: { id: 7 } },
          time(2),
        ),
      ]);
      await client.disconnect();
      const { events, outcomes, warnings } = await relay.harvest(3);

      assert.deepEqual([outcomes, warnings], [{ delivered: 1, absorbed: 2 }, []]);
      const [event] = events;
      assert.deepEqual(
        [messageOf(event), event?.["level"], event?.["logger"], event?.["server_name"], event?.["timestamp"]],
        ["charge of 9 failed", "error", "billing", "node-1", 1_700_000_002.25],
      );
      assert.deepEqual(
        [of(event, "tags", "service"), of(event, "user", "id"), of(event, "extra", "tag")],
        [service, "7", "shop.app"],
      );
      assert.deepEqual(trailOf(event), ["session opened", "cart loaded"]);
      assert.deepEqual(
        crumbsOf(event).map(({ timestamp, level }) => [timestamp, level]),
        [
          [1_700_000_000.25, "info"],
          [1_700_000_001.25, "debug"],
        ],
      );
    });
  }

  for (const eventMode of ["Message", "PackedForward", "CompressedPackedForward"]) {
    it(`acknowledges fluent-logger in ${eventMode} mode, and shows its records`, async () => {
      const client = fluentLogger.createFluentSender<object>("shop", {
        host: "127.0.0.1",
        port: await relay.port("npm", "tcp"),
        eventMode,
        requireAckResponse: true,
        ackResponseTimeout: 5_000,
        flushInterval: 10,
      });
      const emit = (record: object, at: number): Promise<void> =>
        new Promise((resolve, reject) => client.emit("old", record, at, (error) => (error ? reject(error) : resolve())));
      const app = `old-${eventMode}`;
      await emit({ log: "GET /cart 200\n", app }, 1_700_000_000);
      await emit({ log: "ERROR payment gateway timed out\n", app }, 1_700_000_001);
      await new Promise((resolve) => client.end(null as unknown as string, null as unknown as object, () => resolve(undefined)));
      const { events, warnings } = await relay.harvest(2);

      assert.deepEqual(warnings, []);
      const [event] = events;
      assert.match(messageOf(event), /payment gateway timed out/);
      assert.deepEqual([event?.["level"], event?.["timestamp"], of(event, "tags", "service")], ["error", 1_700_000_001, app]);
      assert.deepEqual(trailOf(event), ["GET /cart 200"]);
    });
  }

  it("makes one issue of a chunk that is sent again before its answer", async (t) => {
    // A loud raw line waits for the stack trace that may follow, and its answer waits with it.
    const line = entry({ log: "ERROR no space left\n", stream: "stderr", container_id: "c1" });
    const message = array("kube.app", asStr(line), { chunk: "bm90IGFjaw==\n" });
    const [one, two] = [await Dialled.to(t, port), await Dialled.to(t, port)];
    one.socket.write(message);
    two.socket.write(message);
    const ack = Buffer.concat([Buffer.from("\x81\xa3ack\xad", "latin1"), Buffer.from("bm90IGFjaw==\n")]);
    assert.deepEqual([await one.answered(ack.length), await two.answered(ack.length)], [ack, ack]);

    const { outcomes } = await relay.harvest(2);

    assert.deepEqual(outcomes, { delivered: 2 });
    const sent = ids(relay.mini.events().slice(-2));
    assert.equal(new Set(sent).size, 1, "the tracker drops the second");
    // The third time it is another batch with the same bytes: Fluent Bit names its chunks after their content.
    const later = await Dialled.to(t, port);
    later.socket.write(message);
    await later.answered(ack.length);
    const { events } = await relay.harvest(1);
    assert.notEqual(ids(events)[0], sent[0]);
  });

  it("makes two issues of two identical batches that were both acknowledged", async (t) => {
    const message = array("shop.app", asBin(entry({ message: "no space left", level: "error" })), { chunk: "c2FtZQ==" });
    const sender = await Dialled.to(t, port);
    for (let i = 1; i <= 3; i += 1) {
      sender.socket.write(message);
      await sender.answered(i * 14);
    }
    const { events, outcomes } = await relay.harvest(3);

    assert.deepEqual(outcomes, { delivered: 3 });
    assert.equal(new Set(ids(events)).size, 3);
  });

  it("echoes a chunk of any type in one write each, also when its records are refused", async (t) => {
    const sender = await Dialled.to(t, port);
    const record = { message: "m", level: "info" };
    for (const chunk of ["", "a".repeat(40), Buffer.from([0xc4, 2, 0xff, 0x00]), 7]) {
      sender.answers = Buffer.alloc(0);
      const value = Buffer.isBuffer(chunk) ? chunk : msgpack(chunk);
      sender.socket.write(
        array("t", 1_700_000_000, record, Buffer.concat([Buffer.from([0x81, 0xa5]), Buffer.from("chunk"), value])),
      );
      const wanted = Buffer.concat([Buffer.from([0x81, 0xa3]), Buffer.from("ack"), value]);
      assert.deepEqual(await sender.answered(wanted.length), wanted);
    }
    sender.answers = Buffer.alloc(0);
    sender.socket.write(array("t", array(array(1_700_000_000, "no map"), array(1_700_000_000, record)), { chunk: "x" }));
    assert.deepEqual(decode(await sender.answered(7)), { ack: "x" });

    const { outcomes, warnings } = await relay.harvest(6);

    assert.deepEqual(outcomes, { absorbed: 5, malformed: 1 });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.msg ?? "", /a string, not a map/);
  });

  it("reads gzip of several members, JSON mode, and answers heartbeats of both kinds in silence", async (t) => {
    const one = gzipSync(entry({ message: "first member", level: "info" }));
    const two = gzipSync(entry({ message: "second member", level: "error" }));
    const sender = await Dialled.to(t, port);
    sender.socket.write(array("zip", asBin(Buffer.concat([one, two])), { compressed: "gzip", chunk: "gz" }));
    assert.deepEqual(decode(await sender.answered(8)), { ack: "gz" });
    const json = `["json.tag",[[1700000000,{"message":"in JSON","level":"info"}],[1700000001,{"message":"JSON error","level":"error"}]],{"chunk":"j"}]`;
    assert.equal((await replay(port, json)).toString(), '{"ack":"j"}');
    await replay(port);
    const socket = createSocket("udp4");
    t.after(() => socket.close());
    socket.send("\0", await relay.port("edge", "udp"), "127.0.0.1");
    const [answer] = (await once(socket, "message")) as [Buffer];
    assert.deepEqual(answer, Buffer.from([0]));

    const { events, warnings } = await relay.harvest(4);

    assert.deepEqual(warnings, []);
    assert.deepEqual(trailOf(eventOf(events, "second member")).at(-1), "first member");
    assert.deepEqual(trailOf(eventOf(events, "JSON error")).at(-1), "in JSON");
  });
});
