import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HeldBackCount } from "../../../src/pipeline/storm/held-back.ts";

function counted(events: readonly (readonly [number, string])[]): HeldBackCount {
  const held = new HeldBackCount();
  for (const [bornMs, host] of events) held.add(bornMs, host);
  return held;
}

describe("HeldBackCount", () => {
  it("counts events by host, with the first and the last time", () => {
    const held = counted([
      [30, "web-1"],
      [10, "web-2"],
      [20, "web-1"],
      [25, ""],
    ]);

    assert.deepEqual([held.suppressed, held.firstMs, held.lastMs, held.otherHosts], [4, 10, 30, 1]);
    assert.deepEqual(
      [...held.hosts],
      [
        ["web-1", 2],
        ["web-2", 1],
      ],
    );
  });

  it("names ten hosts at most and counts what came from others", () => {
    const held = counted(Array.from({ length: 36 }, (_, index) => [index, `web-${index % 12}`] as const));

    assert.equal(held.hosts.size, 10);
    assert.equal(held.otherHosts, 6);
  });

  it("counts the same in whatever order events come", () => {
    const event = fc.tuple(fc.nat(1_000), fc.constantFrom("a", "b", "c", "\ud800", ""));
    const shuffled = fc
      .array(event, { minLength: 1 })
      .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })));
    fc.assert(
      fc.property(shuffled, ([events, other]) => {
        assert.deepEqual(counted(other), counted(events));
      }),
    );
  });

  it("is after a merge what it would be had it counted both, as far as hosts have names", () => {
    const events = fc.array(fc.tuple(fc.nat(1_000), fc.constantFrom("a", "b", "c")));
    fc.assert(
      fc.property(events, events, (some, more) => {
        const held = counted(some);
        held.merge(counted(more));
        assert.deepEqual(held, counted([...some, ...more]));
      }),
    );
  });

  it("keeps the sum of its hosts when events are taken back", () => {
    const events = fc.array(fc.tuple(fc.nat(1_000), fc.integer({ min: 0, max: 14 }).map(String)));
    fc.assert(
      fc.property(events, events, (kept, retried) => {
        const held = counted([...kept, ...retried]);
        for (const [, host] of retried) held.remove(host);

        const named = [...held.hosts.values()].reduce((sum, count) => sum + count, 0);
        assert.equal(held.suppressed, kept.length);
        assert.equal(named + held.otherHosts, kept.length);
      }),
    );
  });
});
