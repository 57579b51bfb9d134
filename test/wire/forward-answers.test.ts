import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import PQueue from "p-queue";
import { systemClock } from "../../src/base/clock.ts";
import type { Receipt } from "../../src/record/batch.ts";
import { AnswerDeadline } from "../../src/wire/answer-deadline.ts";
import type { ForwardContext } from "../../src/wire/forward-context.ts";
import { MAX_CUT } from "../../src/wire/forward-parser.ts";
import { ManualClock } from "../support/clock.ts";
import { array, asBin, asStr, entry, hex, msgpack } from "../support/forward-bytes.ts";
import { Line } from "../support/forward-line.ts";
import { allTaken, eventually } from "../support/input-host.ts";

const plain = entry({ k: "v" });
const ack = (chunk: string): string => msgpack(hex("81 a3 61636b"), chunk).toString("hex");
const sent = (chunk: string): Buffer => array("t", asStr(plain), { chunk });
const NEVER = new Promise<never>(() => {});

/** A line whose chunks may take so long. */
function impatient(timeoutMs: number, context: Partial<ForwardContext> = {}): Line {
  return new Line({ deadline: new AnswerDeadline(systemClock, timeoutMs), ...context });
}

describe("ForwardAnswers", () => {
  it("tells the intake how long the sender of a chunk waits, and of no deadline where nobody waits", () => {
    const clock = new ManualClock();
    const line = new Line({ deadline: new AnswerDeadline(clock, 30_000) });
    clock.advance(5_000);

    line.session.data(msgpack(sent("c"), array("t", 1, { k: "v" })));

    assert.deepEqual(
      line.host.batches.map(({ untilMs }) => untilMs),
      [35_000, undefined],
    );
  });

  it("ends the connection instead of answering a chunk that is not safe, and takes the repetition for the same delivery", async () => {
    const line = new Line();
    line.session.data(sent("good"));
    line.host.answer = async (batch) => ({ ...allTaken(batch), safe: false });

    await line.session.data(msgpack(sent("late"), sent("behind it")));
    line.session.data(sent("ignored"));
    await line.session.end();

    assert.deepEqual(line.written, [ack("good")]);
    assert.deepEqual([line.finished, line.closed, line.host.batches.length], [true, false, 2]);
    const [complaint, ...more] = line.host.complaints;
    assert.deepEqual([complaint?.cause, complaint?.peer, more], ["not_safe_in_time", "10.0.0.7", []]);
    assert.match(complaint?.message ?? "", /within 1m \(ack_timeout\); the connection was closed/);
    assert.deepEqual(line.host.refused, {}, "what was on its way is no mistake of the sender's");
  });

  it("gives the repetition of a chunk that failed the position it had, and a new one after its answer", async () => {
    const line = new Line();
    const context = { acknowledged: line.acknowledged };
    line.host.answer = (batch) => ({ ...allTaken(batch), safe: false });
    line.session.data(sent("c"));
    const [second, third] = [new Line(context), new Line(context)];

    second.session.data(sent("c"));
    third.session.data(sent("c"));

    const positions = [line, second, third].flatMap((each) => each.positions);
    assert.equal(positions[0], positions[1]);
    assert.notEqual(positions[1], positions[2]);
    assert.deepEqual([line.written, second.written], [[], [ack("c")]]);
  });

  it("does not count an answer that never reached the kernel", () => {
    const line = new Line();
    line.reads = false;
    line.session.data(sent("c"));
    const second = new Line({ acknowledged: line.acknowledged });

    second.session.data(sent("c"));

    assert.equal(line.positions[0], second.positions[0]);
  });

  it("ends the connection when records that were held are not safe in time, but answers what is", async () => {
    const line = new Line();
    let release: (safe: boolean) => void = () => {};
    line.host.answer = (batch) => ({ ...allTaken(batch), held: new Promise((resolve) => (release = resolve)) });
    line.session.data(sent("held"));
    line.host.answer = allTaken;
    line.session.data(sent("safe"));

    release(false);
    await eventually(() => line.finished, "the connection ends");

    assert.deepEqual(line.written, [ack("safe")]);
  });

  it("stops handing on a long chunk when a part of it is not safe", async () => {
    const line = new Line();
    let parts = 0;
    line.host.answer = (batch) => ({ ...allTaken(batch), safe: (parts += 1) < 2 });
    const many = Array.from({ length: MAX_CUT * 3 }, () => plain);

    await line.session.data(array("t", asBin(gzipSync(Buffer.concat(many))), { chunk: "c" }));

    assert.deepEqual([parts, line.written, line.finished], [2, [], true]);
  });

  it("does not let the sender wait for an intake that never answers, and says nothing when it does after all", async () => {
    const line = impatient(100);
    let take: (receipt: Receipt) => void = () => {};
    line.host.answer = () => new Promise((resolve) => (take = resolve));

    const busy = line.session.data(msgpack(sent("stuck"), array("t", 1, { k: "last" })));
    await eventually(() => line.finished, "the connection ends");
    assert.equal(line.host.complaints.length, 1);
    take({ accepted: 1, malformed: 0, safe: true, held: undefined });
    line.host.answer = allTaken;
    await busy;
    await line.session.end();

    assert.deepEqual(line.written, []);
    assert.match(line.host.frames.at(-1) ?? "", /last$/, "what nobody will send again is taken in");
    assert.equal(line.acknowledged.times("t\0qHN0dWNr"), 0);
  });

  it("does not let the sender wait for held records for ever", async () => {
    const line = impatient(100);
    line.host.answer = (batch) => ({ ...allTaken(batch), held: NEVER });

    line.session.data(sent("held"));
    await eventually(() => line.finished, "the connection ends");

    assert.deepEqual(line.written, []);
  });

  it("does not let a chunk wait for ever behind a message that nobody waits for, but that message itself may", async () => {
    const [chunk, none] = [impatient(100), impatient(100)];
    for (const line of [chunk, none]) line.host.answer = () => NEVER;

    void chunk.session.data(msgpack(array("t", 1, { k: "v" }), sent("behind")));
    void none.session.data(msgpack(array("t", 1, { k: "v" }), array("t", 2, { k: "v" })));
    await eventually(() => chunk.finished, "the connection with the chunk ends");

    assert.equal(none.finished, false);
  });

  it("refuses chunks before the intake sees them while it holds too many that were given up", async () => {
    const deadline = new AnswerDeadline(systemClock, 0);
    const context = { deadline, maxOverdueBytes: 100 };
    const stuck = new Line(context);
    let take: (receipt: Receipt) => void = () => {};
    stuck.host.answer = () => new Promise((resolve) => (take = resolve));
    const busy = stuck.session.data(array("t", asStr(Buffer.concat(Array.from({ length: 20 }, () => plain))), { chunk: "c" }));
    await eventually(() => stuck.finished, "the first is given up");

    const [refused, unasked, later] = [new Line(context), new Line(context), new Line(context)];
    refused.session.data(sent("d"));
    unasked.session.data(array("t", 1, { k: "v" }));
    assert.deepEqual([refused.finished, refused.counts, refused.written], [true, [], []]);
    assert.deepEqual(unasked.counts, [1], "what would not be sent again is taken all the same");
    take({ accepted: 20, malformed: 0, safe: true, held: undefined });
    await busy;
    later.session.data(sent("d"));

    assert.deepEqual(later.written, [ack("d")]);
  });

  it("leaves the line for unpacking when its time is over, and takes no place of those who can still be served", async () => {
    const unpacking = new PQueue({ concurrency: 1 });
    const line = impatient(100, { unpacking });
    const first = new Line({ unpacking });
    let take: (receipt: Receipt) => void = () => {};
    first.host.answer = () => new Promise((resolve) => (take = resolve));
    const packed = asBin(gzipSync(plain));
    const busy = first.session.data(array("t", packed));
    await eventually(() => first.counts.length === 1, "the first is unpacked, and holds the only place");

    const refused = line.session.data(array("t", packed, { chunk: "c" }));
    await eventually(() => line.finished, "the connection ends");
    await refused;
    assert.deepEqual([line.finished, line.counts, unpacking.size, unpacking.pending], [true, [], 0, 1]);
    take({ accepted: 1, malformed: 0, safe: true, held: undefined });
    await busy;

    assert.deepEqual(line.counts, []);
  });

  it("answers a chunk without a name but gives it no position", () => {
    const line = new Line();
    const nameless = [array("t", asStr(plain), { chunk: "" }), array("t", asStr(plain), { chunk: new Uint8Array() })];
    for (const message of nameless) line.session.data(message);
    const json = new Line();
    json.session.data(Buffer.from('["t",1441588984,{"k":"v"},{"chunk":""}]'));

    assert.deepEqual([...line.positions, ...json.positions], [undefined, undefined, undefined]);
    assert.deepEqual(
      [...line.written, ...json.written],
      ["81a361636ba0", "81a361636bc400", Buffer.from('{"ack":""}').toString("hex")],
    );
  });
});
