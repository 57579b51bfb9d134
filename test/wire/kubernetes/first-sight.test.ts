import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PodDirectory } from "../../../src/component/pods.ts";
import { FirstSight } from "../../../src/wire/kubernetes/first-sight.ts";

function directory(ready: Promise<void>): PodDirectory {
  return { version: 0, ready, facts: () => undefined };
}

const never = new Promise<void>(() => {});

describe("waiting for the first sight of pods", () => {
  it("ends when they are known, and is over for all files then", async () => {
    let known = (): void => {};
    const pods = directory(new Promise((resolve) => (known = resolve)));
    const sight = new FirstSight(3_600_000);
    const first = sight.of(pods);
    let over = false;
    void first?.then(() => (over = true));
    await new Promise(setImmediate);
    assert.equal(over, false);
    assert.equal(sight.of(pods), first);

    known();
    await first;
    assert.equal(sight.of(pods), undefined);
  });

  it("ends after its time when nobody tells of them", async () => {
    const sight = new FirstSight(10);
    await sight.of(directory(never));
    assert.equal(sight.of(directory(never)), undefined);
  });

  it("ends when nobody is to wait any longer", async () => {
    const sight = new FirstSight(3_600_000);
    const waiting = sight.of(directory(never));
    sight.end();
    await waiting;
    assert.equal(sight.of(directory(never)), undefined);
  });

  it("is none where nobody knows pods, or no time is given to it", () => {
    assert.equal(new FirstSight(3_600_000).of(undefined), undefined);
    assert.equal(new FirstSight(0).of(directory(never)), undefined);
  });
});
