import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import { lineInput, stdin } from "../../src/inputs/stdin.ts";
import { allTaken, eventually, framesOf, RecordingHost } from "../support/input-host.ts";

class EndingHost extends RecordingHost {
  endings = 0;

  override ended(): void {
    this.endings += 1;
  }
}

const options = { codec: "auto", maxLineBytes: 1_000 };
const never = new AbortController().signal;

describe("stdin", () => {
  it("reads what a program writes, one batch for each chunk", async () => {
    const host = new EndingHost();
    host.labels = new Map([["team", "shop"]]);
    const source = new PassThrough();
    const input = lineInput(() => source, options, host);

    await input.start(never);
    source.write('one\n{"msg":"two"}\nthr');
    await eventually(() => host.batches.length === 1, "the first batch");
    source.end("ee");
    await eventually(() => host.endings === 1, "the end");

    assert.deepEqual(host.batches.map(framesOf), [["one", '{"msg":"two"}'], ["three"]]);
    const [batch] = host.batches;
    assert.equal(batch?.codec, "auto");
    assert.equal(batch?.position, undefined);
    assert.equal(batch?.from.input, "edge");
    assert.equal(batch?.from.peer, "");
    assert.equal(batch?.from.labels, host.labels);
    assert.equal(host.bytes, 23);
    await input.stop(never);
    assert.equal(host.endings, 1);
  });

  it("reads on only when the lines before are accounted for", async () => {
    const host = new EndingHost();
    const waiting: (() => void)[] = [];
    host.answer = (batch) => new Promise((resolve) => waiting.push(() => resolve(allTaken(batch))));
    const input = lineInput(() => Readable.from([Buffer.from("a\n"), Buffer.from("b\n"), Buffer.from("c\n")]), options, host);

    await input.start(never);
    for (let taken = 1; taken <= 3; taken += 1) {
      await eventually(() => waiting.length === taken, "the next batch");
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(host.batches.length, taken);
      assert.equal(host.endings, 0);
      waiting.at(-1)?.();
    }
    await eventually(() => host.endings === 1, "the end");
    assert.deepEqual(host.frames, ["a", "b", "c"]);
  });

  it("ends only when the records that wait for the rest of a trace are queued too", async () => {
    const host = new EndingHost();
    let settle = (): void => {};
    const held = new Promise<boolean>((resolve) => {
      settle = () => resolve(true);
    });
    host.answer = (batch) => ({ ...allTaken(batch), held: framesOf(batch)[0] === "a" ? held : undefined });
    const input = lineInput(() => Readable.from([Buffer.from("a\n"), Buffer.from("b\n")]), options, host);

    await input.start(never);
    await eventually(() => host.batches.length === 2, "both batches");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(host.endings, 0);
    settle();
    await eventually(() => host.endings === 1, "the end");
  });

  it("counts a line that is too long and warns", async () => {
    const host = new EndingHost();
    const input = lineInput(() => Readable.from([Buffer.from(`${"x".repeat(1_001)}\nb\n`)]), options, host);

    await input.start(never);
    await eventually(() => host.endings === 1, "the end");

    assert.deepEqual(host.frames, ["b"]);
    assert.deepEqual(host.refused, { too_large: 1 });
    assert.equal(host.complaints[0]?.message, "a line over max_line_bytes (1000 bytes) was skipped to its end");
  });

  it("keeps what came when the stream fails, and says so", async () => {
    const host = new EndingHost();
    const source = new PassThrough();
    const input = lineInput(() => source, options, host);

    await input.start(never);
    source.write("a\nrest");
    await eventually(() => host.batches.length === 1, "the first batch");
    source.destroy(new Error("EIO: i/o error"));
    await eventually(() => host.endings === 1, "the end");

    assert.deepEqual(host.frames, ["a", "rest"]);
    assert.deepEqual(
      host.complaints.map(({ message }) => message),
      ["cannot read on, what came so far is kept: EIO: i/o error"],
    );
  });

  it("stops reading when told, without a complaint, and hands on what it has", async () => {
    const host = new EndingHost();
    const source = new PassThrough();
    const input = lineInput(() => source, options, host);

    await input.start(never);
    source.write("a\nhalf");
    await eventually(() => host.batches.length === 1, "the first batch");
    await input.stop(never);
    await input.stop(never);

    assert.deepEqual(host.frames, ["a", "half"]);
    assert.deepEqual(host.complaints, []);
    assert.equal(source.destroyed, true);
  });

  it("gives up waiting at the deadline", async () => {
    const host = new EndingHost();
    host.answer = () => new Promise(() => {});
    const source = new PassThrough();
    const input = lineInput(() => source, options, host);

    await input.start(never);
    source.write("a\n");
    await eventually(() => host.batches.length === 1, "the first batch");
    const deadline = new AbortController();
    setTimeout(() => deadline.abort(), 10);
    await input.stop(deadline.signal);
    assert.equal(host.endings, 0);
  });

  it("opens nothing before it starts, and stops without having started", async () => {
    let opened = 0;
    const input = lineInput(
      () => {
        opened += 1;
        return new PassThrough();
      },
      options,
      new EndingHost(),
    );
    await input.stop(never);
    assert.equal(opened, 0);
  });

  it("has defaults that read anything", () => {
    assert.deepEqual(stdin.config.parse({}), { format: "auto", max_line_bytes: 1 << 20 });
    assert.deepEqual(stdin.claims?.(stdin.config.parse({})), ["stdin"]);
  });
});
