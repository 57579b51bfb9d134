import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { Receipt } from "../../src/record/batch.ts";
import { MAX_CUT } from "../../src/wire/forward-parser.ts";
import { array, asBin, asStr, entry, eventTime, hex, msgpack } from "../support/forward-bytes.ts";
import { Line } from "../support/forward-line.ts";
import { allTaken, eventually } from "../support/input-host.ts";

const record = { k: "v" };
const plain = entry(record);
const ack = (chunk: string): string => msgpack(hex("81 a3 61636b"), chunk).toString("hex");

describe("ForwardSession", () => {
  it("hands a message on with its tag, peer and labels, and without waiting where the intake does not", () => {
    const line = new Line();
    line.host.labels = new Map([["team", "shop"]]);

    assert.equal(line.session.data(array("app.a", array(plain, plain))), undefined);

    const [batch] = line.host.batches;
    assert.deepEqual(
      [batch?.codec, batch?.from.tag, batch?.from.peer, batch?.from.input],
      ["forward", "app.a", "10.0.0.7", "edge"],
    );
    assert.equal(batch?.from.labels?.get("team"), "shop");
    assert.equal(batch?.position, undefined);
    assert.deepEqual(line.counts, [2]);
    assert.deepEqual(line.written, []);
  });

  it("answers a chunk only when the intake is done and no record is held", async () => {
    const line = new Line();
    let take: (receipt: Receipt) => void = () => {};
    let release: () => void = () => {};
    const held = new Promise<boolean>((resolve) => {
      release = () => resolve(true);
    });
    line.host.answer = () => new Promise((resolve) => (take = resolve));

    const wait = line.session.data(array("t", asStr(plain), { chunk: "c\n" }));
    assert.ok(wait instanceof Promise, "no more is read while the intake is busy");
    take({ accepted: 1, malformed: 0, safe: true, held });
    await wait;
    assert.deepEqual(line.written, [], "reading goes on, the answer waits");

    line.host.answer = allTaken;
    assert.equal(line.session.data(array("t", asStr(plain), { chunk: "d" })), undefined);
    assert.deepEqual(line.written, [ack("d")], "an answer does not wait for another");
    release();
    await line.session.end();
    assert.deepEqual(line.written, [ack("d"), ack("c\n")]);
  });

  it("keeps the messages of one read in order while one of them waits", async () => {
    const line = new Line();
    line.host.answer = async (batch) => {
      await new Promise((resolve) => setImmediate(resolve));
      return allTaken(batch);
    };

    await line.session.data(
      msgpack(
        array("a", asBin(gzipSync(plain)), { chunk: "1" }),
        array("b", 1, record),
        array("c", asBin(gzipSync(plain)), { chunk: "2" }),
        array("d", 1, record),
      ),
    );

    assert.deepEqual(
      line.host.batches.map(({ from }) => from.tag),
      ["a", "b", "c", "d"],
    );
    assert.deepEqual(line.written, [ack("1"), ack("2")]);
  });

  it("tells a repeated chunk from two that are alike", () => {
    const line = new Line();
    const message = array("t", asStr(plain), { chunk: "same" });

    line.session.data(message);
    line.session.data(message);
    line.reads = false;
    line.session.data(message);
    line.session.data(message);

    assert.equal(line.counts.length, 4, "nothing is dropped for its chunk");
    const [first, second, third, fourth] = line.positions;
    assert.notEqual(first, second, "the first was acknowledged");
    assert.notEqual(second, third);
    assert.equal(third, fourth, "the third was not");
  });

  it("keeps tag and chunk apart in positions, and long chunks short", () => {
    const line = new Line();
    for (const [tag, chunk] of [
      ["a", "bc"],
      ["ab", "c"],
      ["t", "x".repeat(10_000)],
    ] as const)
      line.session.data(array(tag, asStr(plain), { chunk }));

    assert.equal(new Set(line.positions).size, 3);
    assert.ok((line.positions[2]?.length ?? 0) < 100);
  });

  it("acknowledges what is no log and what cannot be read, and counts the latter", async () => {
    const line = new Line();

    await line.session.data(array("t", asStr(plain), { chunk: "metrics", fluent_signal: 1 }));
    await line.session.data(array("t", asBin(hex("28b52ffd 00000000")), { chunk: "zstd" }));
    await line.session.data(array("t", asBin(Buffer.concat([plain, hex("c1")])), { chunk: "broken" }));
    await line.session.data(array("t", asBin(hex("1f8b 0000")), { chunk: "gzip" }));
    await line.session.data(
      array("t", asBin(Buffer.concat([gzipSync(plain), gzipSync(plain).subarray(0, 20)])), { chunk: "half" }),
    );
    await line.session.data(array("t", asBin(gzipSync(Buffer.alloc(2 << 20))), { chunk: "bomb" }));
    await line.session.data(array("t", array(), { chunk: "empty" }));

    assert.deepEqual(line.written, ["metrics", "zstd", "broken", "gzip", "half", "bomb", "empty"].map(ack));
    assert.deepEqual(line.host.refused, { malformed: 4, too_large: 1 });
    assert.deepEqual(line.counts, [1, 1]);
    assert.match(
      line.host.complaints[0]?.message ?? "",
      /tagged "t": entries compressed with zstd; set the sender to "compress gzip"/,
    );
    assert.equal(line.closed, false);
  });

  it("hands a long chunk on in several batches with positions of their own, and answers once", async () => {
    const line = new Line();
    const many = Array.from({ length: MAX_CUT * 2 + 1 }, () => plain);

    await line.session.data(array("t", asStr(Buffer.concat(many)), { chunk: "c" }));
    await line.session.data(array("t", array(...many), { chunk: "d" }));
    await line.session.data(array("t", asBin(gzipSync(Buffer.concat(many))), { chunk: "e" }));

    assert.deepEqual(line.counts, [MAX_CUT, MAX_CUT, 1, MAX_CUT, MAX_CUT, 1, MAX_CUT, MAX_CUT, 1]);
    assert.equal(new Set(line.positions).size, 9);
    assert.deepEqual(line.written, [ack("c"), ack("d"), ack("e")]);
  });

  it("gives the records of a group what the group says", async () => {
    const line = new Line();
    const start = array(array(eventTime(0xffff_ffff), {}), { resource: { attributes: { "service.name": "shop" } } });

    await line.session.data(array("t", array(start, plain, plain)));

    assert.deepEqual(line.counts, [2]);
    assert.equal(line.host.batches[0]?.from.metadata?.get("service"), "shop");
  });

  it("closes a connection whose stream cannot be read on, after what came before was answered", async () => {
    const line = new Line();
    let release: () => void = () => {};
    const held = new Promise<boolean>((resolve) => {
      release = () => resolve(true);
    });
    line.host.answer = (batch) => ({ ...allTaken(batch), held });

    const wait = line.session.data(msgpack(array("t", asStr(plain), { chunk: "c" }), hex("93 a174 c1")));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(line.closed, false);
    release();
    await wait;

    assert.equal(line.closed, true);
    assert.deepEqual(line.written, [ack("c")]);
    await line.session.end();
    assert.deepEqual(line.host.refused, { malformed: 1 }, "once");
    assert.deepEqual(
      line.host.complaints.map(({ cause }) => cause),
      ["not_forward"],
    );
  });

  it("counts a message that the connection's end cut off, and nothing for a connection without a byte", async () => {
    const [cut, silent] = [new Line(), new Line()];
    cut.session.data(array("t", 1, record).subarray(0, 4));

    await cut.session.end();
    await silent.session.end();

    assert.deepEqual([cut.host.refused, silent.host.refused], [{ malformed: 1 }, {}]);
    assert.deepEqual(silent.host.complaints, []);
  });

  it("speaks JSON on a connection that begins with it", () => {
    const line = new Line();

    line.session.data(Buffer.from('["t",1441588984,{"k":"v"},{"chunk":"c"}]'));

    assert.deepEqual(line.host.frames, ['[1441588984,{"k":"v"}]']);
    assert.deepEqual(line.written, [Buffer.from('{"ack":"c"}').toString("hex")]);
  });

  it("closes a connection whose sender reads no answers", () => {
    const line = new Line();
    line.reads = false;

    for (let i = 0; i < 40 && !line.closed; i += 1) line.session.data(array("t", asStr(plain), { chunk: "x".repeat(60_000) }));

    assert.equal(line.closed, true);
    assert.equal(line.host.complaints[0]?.cause, "answers_unread");
  });

  it("joins lines that Docker split, and lets the beginning go when the rest does not come", async () => {
    const line = new Line();
    const part = (log: string, ordinal: number, last = false): Buffer => {
      return array("web", 1_700_000_000, {
        log,
        partial_message: "true",
        partial_id: "p",
        partial_ordinal: `${ordinal}`,
        partial_last: `${last}`,
      });
    };

    line.session.data(part("one ", 1));
    assert.deepEqual(line.counts, []);
    line.session.data(part("two", 2, true));
    assert.match(line.host.frames[0] ?? "", /one two$/);

    line.session.data(part("left alone", 1));
    await eventually(() => line.counts.length === 2, "the beginning goes on");
    line.session.data(part("at the end", 1));
    await line.session.end();
    assert.equal(line.host.batches[2]?.from.tag, "web");
    assert.match(line.host.frames[2] ?? "", /at the end$/);
  });

  it("joins within a chunk but leaves nothing of it behind when it answers", () => {
    const line = new Line();
    const part = { log: "one ", partial_message: "true", partial_id: "p", partial_ordinal: "1", partial_last: "false" };

    line.session.data(array("web", array(plain, entry(part)), { chunk: "c" }));

    assert.deepEqual(line.counts, [2]);
    assert.deepEqual(line.written, [ack("c")]);
  });
});
