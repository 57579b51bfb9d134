import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Progress } from "../../../src/wire/files/progress.ts";

/** A promise that is resolved from outside. */
function promise(): { readonly held: Promise<void>; readonly release: () => Promise<void> } {
  let done: () => void = () => {};
  const held = new Promise<void>((resolve) => (done = resolve));
  return {
    held,
    release: async () => {
      done();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("Progress", () => {
  it("goes on only when lines have been received", () => {
    const progress = new Progress(10);
    const step = progress.begin(20);
    assert.equal(progress.committed, 10);
    assert.equal(progress.isDrained, false);
    progress.received(step, 20, undefined);
    assert.equal(progress.committed, 20);
    assert.equal(progress.isDrained, true);
  });

  it("stays at the first line of a trace until the trace is done", async () => {
    const progress = new Progress(0);
    const trace = promise();
    progress.received(progress.begin(100), 60, trace.held);
    assert.equal(progress.committed, 60);
    // Lines that belong to the same trace, then others.
    progress.received(progress.begin(200), 60, trace.held);
    progress.received(progress.begin(300), 300, undefined);
    assert.equal(progress.committed, 60);
    await trace.release();
    assert.equal(progress.committed, 300);
  });

  it("stays before the next trace when one follows the other, though no batch ends between them", async () => {
    const progress = new Progress(0);
    const [first, second] = [promise(), promise()];
    progress.received(progress.begin(100), 60, first.held);
    progress.received(progress.begin(200), 160, second.held);
    await first.release();
    assert.equal(progress.committed, 160);
    await second.release();
    assert.equal(progress.committed, 200);
  });

  it("resolves drained once everything is done, at once when nothing is under way", async () => {
    const progress = new Progress(0);
    await progress.drained();
    const trace = promise();
    progress.received(progress.begin(10), 0, trace.held);
    let drained = false;
    const waiting = progress.drained().then(() => (drained = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(drained, false);
    await trace.release();
    await waiting;
    assert.equal(progress.committed, 10);
  });

  it("passes what becomes no record in its turn", async () => {
    const progress = new Progress(0);
    const step = progress.begin(10);
    progress.pass(50);
    assert.equal(progress.committed, 0);
    progress.received(step, 10, undefined);
    assert.equal(progress.committed, 50);
  });
});
