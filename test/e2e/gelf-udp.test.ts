import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { DatagramSender } from "../support/datagrams.ts";
import { datagramsOf } from "../support/gelf-captures.ts";
import { GelfPro, winstonGelf } from "../support/real-senders.ts";
import { crumbsOf, eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

/** A message in GELF chunks of so many bytes of data. */
function chunked(message: Buffer, id: number, size: number): Buffer[] {
  const count = Math.max(1, Math.ceil(message.length / size));
  return Array.from({ length: count }, (_, sequence) => {
    const header = Buffer.from([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0, sequence, count]);
    header.writeBigUInt64BE(BigInt(id), 2);
    return Buffer.concat([header, message.subarray(sequence * size, (sequence + 1) * size)]);
  });
}

describe("gelf_udp, end to end", () => {
  let relay: SharedRelay;
  before(async () => {
    const names = ["edge", "syslog_ng", "graypy", "plain", "bigpacket", "nohost", "gelf_pro", "winston"];
    const inputs = names.map((name) => `  ${name}: { type: gelf_udp, listen: "127.0.0.1:0" }`);
    relay = await SharedRelay.start(inputs.join("\n"));
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  it("takes in what syslog-ng sent, though it ends its datagrams with NUL", async (t) => {
    const sender = await DatagramSender.to(t, await relay.port("syslog_ng"));
    sender.send(...datagramsOf("syslog-ng-gelf-udp"));

    const { events, outcomes, warnings } = await relay.harvest(11);

    assert.deepEqual([outcomes, warnings], [{ delivered: 2, absorbed: 9 }, []]);
    const event = eventOf(events, "first line of an error");
    assert.deepEqual([event["level"], event["logger"], event["server_name"]], ["error", "shopd", "web-1.example.org"]);
    assert.deepEqual(trailOf(event), ["Überweisung gescheitert: 42 €"]);
  });

  it("takes in what graypy sent: plain, compressed, in chunks, in 128 of them, in one of one", async (t) => {
    const port = await relay.port("graypy");
    const sender = await DatagramSender.to(t, port);
    sender.send(...datagramsOf("graypy-udp-plain"));
    const plain = await relay.harvest(8);

    assert.deepEqual([plain.outcomes, plain.warnings], [{ delivered: 3, absorbed: 5 }, []]);
    const extras = eventOf(plain.events, "error with extras");
    assert.deepEqual([extras["level"], extras["logger"], extras["server_name"]], ["error", "shop.plain", "web-1"]);
    assert.deepEqual([of(extras, "user", "id"), of(extras, "tags", "facility")], ["42", "fac"]);
    assert.deepEqual(
      [of(extras, "extra", "ratio"), of(extras, "extra", "ok"), of(extras, "extra", "list")],
      [0.1, true, [1, "a"]],
    );
    assert.deepEqual(trailOf(extras), ["debug line", "info: Überweisung 42 € 😀", "warn"]);
    assert.equal(eventOf(plain.events, "critical\nsecond line\n\ttabbed")["level"], "fatal");
    const caught = eventOf(plain.events, "caught");
    assert.deepEqual([of(caught, "exception", "values", "0", "type"), caught["platform"]], ["KeyError", "python"]);
    assert.equal(of(caught, "exception", "values", "0", "stacktrace", "frames", "0", "function"), "battery");

    for (const name of ["zlib-chunked", "plain-chunked", "128-chunks", "one-chunk-of-one"]) {
      const other = await DatagramSender.to(t, port);
      const datagrams = datagramsOf(`graypy-udp-${name}`);
      // In the order of a network that has none.
      other.send(...datagrams.slice(datagrams.length >> 1), ...datagrams.slice(0, datagrams.length >> 1).toReversed());
    }
    const large = await relay.harvest(4);

    assert.deepEqual([large.outcomes, large.warnings], [{ delivered: 2, absorbed: 2 }, []]);
    assert.deepEqual(
      large.events.map(messageOf).map((message) => message.slice(0, 9)),
      ["big PtYgj", "big AS7hj"],
    );
    assert.deepEqual(
      large.events.map(({ logger }) => logger),
      ["c1", "c2"],
    );
  });

  it("takes in what Fluent Bit sent, with and without a host, and gzip where it was large", async (t) => {
    for (const name of ["plain", "plain-bigpacket", "nohost"]) {
      const sender = await DatagramSender.to(t, await relay.port(name.replace("plain-", "")));
      sender.send(...datagramsOf(`fluent-bit-gelf-udp-${name}`));
      const { events, outcomes, warnings } = await relay.harvest(12);

      assert.deepEqual([outcomes, warnings], [{ delivered: 1, absorbed: 11 }, []], name);
      const event = eventOf(events, "Überweisung 42 € 😀");
      assert.deepEqual([event["level"], event["timestamp"], of(event, "user", "id")], ["error", 1_787_408_116.25, "42"]);
    }
  });

  it("takes records from gelf-pro, compressed and in chunks", async () => {
    const logger = new GelfPro("udp", await relay.port("gelf_pro"));
    const long = Array.from({ length: 3_000 }, (_, i) => (i * 7_919).toString(36)).join(" ");
    await logger.log("debug", "cache warmed", { host: "shop-1" });
    await logger.log("info", "cart opened", { host: "shop-1", payload: long });
    await logger.log("error", "card declined", { host: "shop-1", order: { id: 1042, total: 9.5 } });

    const { events, outcomes, warnings } = await relay.harvest(3);

    assert.deepEqual([outcomes, warnings], [{ delivered: 1, absorbed: 2 }, []]);
    assert.deepEqual([messageOf(events[0]), events[0]?.["server_name"]], ["card declined", "shop-1"]);
    assert.deepEqual([of(events[0], "extra", "order_id"), of(events[0], "extra", "order_total")], [1042, 9.5]);
    assert.deepEqual(trailOf(events[0]), ["cache warmed", "cart opened"]);
    assert.ok(long.startsWith(String(of(crumbsOf(events[0])[1], "data", "payload")).slice(0, 100)));
  });

  it("takes records from winston through winston-gelf", async () => {
    const logger = winstonGelf("udp", await relay.port("winston"));
    logger.warn("slow query", { ms: 812 });
    await relay.harvest(1);
    logger.error("query failed", { sql: "select 1" });
    const { events } = await relay.harvest(1);

    assert.deepEqual(
      [messageOf(events[0]), events[0]?.["level"], of(events[0], "extra", "sql")],
      ["query failed", "error", "select 1"],
    );
    assert.deepEqual([trailOf(events[0]), of(crumbsOf(events[0])[0], "level")], [["slow query"], "warning"]);
  });

  it("tells chunked messages of one id but two senders apart, with duplicates and an empty last chunk", async (t) => {
    const port = await relay.port("edge");
    const [one, two] = [await DatagramSender.to(t, port), await DatagramSender.to(t, port)];
    const message = (text: string): Buffer =>
      Buffer.from(JSON.stringify({ host: "h", level: 3, short_message: text, timestamp: 1_700_000_000 }));
    const first = chunked(gzipSync(message("from one")), 7, 20);
    const second = chunked(deflateSync(message("from two")), 7, 20);
    const plain = message("with an empty last chunk");
    const third = [...chunked(plain, 8, plain.length), Buffer.from([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, 0, 8, 1, 2])];
    (third[0] as Buffer)[11] = 2;
    for (let i = 0; i < Math.max(first.length, second.length); i += 1) {
      for (const [sender, chunks] of [
        [one, first],
        [two, second],
      ] as const) {
        const chunk = chunks.at(-1 - i);
        if (chunk !== undefined && i < chunks.length) sender.send(chunk, chunk);
      }
    }
    one.send(...third);

    const { events, warnings } = await relay.harvest(3);

    assert.deepEqual(events.map(messageOf).toSorted(), ["from one", "from two", "with an empty last chunk"]);
    assert.deepEqual(warnings, []);
    const metrics = await relay.daemon.metrics();
    assert.equal(metrics.get('crumbtrail_gelf_chunks_total{result="duplicate"}'), first.length + second.length);
  });
});
