import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { scrub } from "../../src/processors/scrub.ts";
import { processorHost } from "../support/processing.ts";
import type { Processor } from "../../src/component/processor.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import type { LaneSettings } from "../../src/lanes/settings.ts";
import type { Yield } from "../../src/lanes/lane.ts";
import { packFrames, type Batch } from "../../src/record/batch.ts";
import { codecs } from "../../src/registry.ts";
import { ManualClock } from "../support/clock.ts";
import { laneSettingsFor } from "../support/lane-settings.ts";

const clock = new ManualClock();

function lane(overrides: Partial<LaneSettings> = {}, processors: readonly Processor[] = []): LocalLane {
  return new LocalLane({ settings: laneSettingsFor(overrides), codecs, processors, clock });
}

function batch(messages: readonly object[], overrides: Partial<Batch> = {}): Batch {
  const from = { input: "edge", peer: "10.0.0.1", receivedMs: clock.nowMs(), tag: "", labels: undefined, metadata: undefined };
  const frames = packFrames(messages.map((message) => Buffer.from(JSON.stringify({ host: "web1", ...message }))));
  return { codec: "gelf", from, frames, position: undefined, ...overrides };
}

const event = (result: Yield, index = 0): Record<string, unknown> =>
  JSON.parse(Buffer.from(result.parcels[index]?.body ?? []).toString("utf8")) as Record<string, unknown>;
const crumbs = (result: Yield): string[] =>
  (event(result)["breadcrumbs"] as { values: { message: string }[] }).values.map(({ message }) => message);
const settled = (result: Yield): Record<string, number> => Object.fromEntries(result.settled);

describe("LocalLane", () => {
  it("yields what its processors replaced in events and in the crumbs they take along, each count once", () => {
    const scrubbing = lane({}, [scrub.create(scrub.config.parse({}), processorHost())]);
    const counted = (messages: readonly object[]): Record<string, number> =>
      Object.fromEntries([...scrubbing.run(batch(messages), 1).replaced].filter(([, count]) => count > 0));

    assert.deepEqual(counted([{ short_message: "password=a1 quiet", level: 6 }]), {});
    assert.deepEqual(counted([{ short_message: "password=b1 token=abcd1", level: 3 }]), { key: 3 });
    assert.equal(scrubbing.run(batch([{ short_message: "clean", level: 6 }]), 1).replaced.size, 0);
  });

  it("turns loud records into events and quiet ones into their trail", () => {
    const result = lane().run(
      batch([
        { short_message: "a", level: 6 },
        { short_message: "b", level: 7 },
        { short_message: "boom", level: 3 },
      ]),
      1,
    );

    assert.equal(result.records, 3);
    assert.deepEqual(settled(result), { absorbed: 2 });
    assert.equal(result.parcels[0]?.records, 1);
    assert.deepEqual(crumbs(result), ["a", "b"]);
  });

  it("unites the trails of trace, request and stream, and leaves other streams out", () => {
    const trace = "a".repeat(32);
    const result = lane().run(
      batch([
        { short_message: "other host, same trace", host: "db1", level: 6, _trace_id: trace },
        { short_message: "other host, same request", host: "lb1", level: 6, _request_id: "r1" },
        { short_message: "other host", host: "db1", level: 6 },
        { short_message: "same stream", level: 6 },
        { short_message: "boom", level: 3, _trace_id: trace, _request_id: "r1" },
      ]),
      1,
    );

    assert.deepEqual(crumbs(result), ["other host, same trace", "other host, same request", "same stream"]);
  });

  it("neither empties a trail with an event nor lets the event join one", () => {
    const under = lane();
    under.run(
      batch([
        { short_message: "step", level: 6 },
        { short_message: "first", level: 3 },
      ]),
      1,
    );

    assert.deepEqual(crumbs(under.run(batch([{ short_message: "second", level: 3 }]), 2)), ["step"]);
  });

  it("drops what lies below every threshold, and counts it", () => {
    const result = lane({ breadcrumb: 13 }).run(batch([{ short_message: "chatter", level: 6 }]), 1);

    assert.deepEqual(settled(result), { filtered: 1 });
  });

  it("sends a log as well where the policy asks, without counting the record twice", () => {
    const result = lane({ log: 9 }).run(
      batch([
        { short_message: "step", level: 6 },
        { short_message: "boom", level: 3 },
      ]),
      1,
    );

    assert.deepEqual(
      result.parcels.map(({ category, records }) => [category, records]),
      [
        ["log_item", 0],
        ["error", 1],
        ["log_item", 0],
      ],
    );
    assert.deepEqual(settled(result), { absorbed: 1 });
  });

  it("lets a log settle the record that is nothing else", () => {
    const result = lane({ log: 9, breadcrumb: Infinity }).run(batch([{ short_message: "step", level: 6 }]), 1);

    assert.deepEqual(
      result.parcels.map(({ category, records }) => [category, records]),
      [["log_item", 1]],
    );
  });

  it("settles the records of an event that goes to several upstreams once", () => {
    const both: Processor = {
      process(record) {
        record.upstreams = ["a", "b"];
        return "keep";
      },
    };

    const result = lane({}, [both]).run(batch([{ short_message: "boom", level: 3 }]), 1);

    assert.deepEqual(
      result.parcels.map(({ upstream, records }) => [upstream, records]),
      [
        ["a", 1],
        ["b", 0],
      ],
    );
    assert.equal(result.parcels[0]?.eventId, result.parcels[1]?.eventId);
  });

  it("tells loud records that a processor dropped, for a client report", () => {
    const result = lane({}, [{ process: () => "sampled" }]).run(
      batch([
        { short_message: "x", level: 6 },
        { short_message: "boom", level: 3 },
      ]),
      1,
    );

    assert.deepEqual(settled(result), { sampled: 2 });
    assert.deepEqual(result.dropped, [{ upstream: "default", outcome: "sampled", quantity: 1 }]);
  });

  it("counts a frame that is no record, and says which one and why, a few times a batch", () => {
    const frames = packFrames(Array.from({ length: 50 }, () => Buffer.from("nonsense")));

    const result = lane().run(batch([], { frames }), 1);

    assert.deepEqual([result.records, result.malformed, settled(result)["malformed"]], [50, 50, 50]);
    assert.match(result.remarks[0]?.message ?? "", /frame 1 of 50, 8 bytes: nonsense/);
    assert.ok(result.remarks.length <= 8);
  });

  it("costs one record, and nothing else, when a processor has a bug", () => {
    const odd: Processor = {
      process(record) {
        if (record.message === "odd") throw new Error("oops");
        return "keep";
      },
    };

    const result = lane({}, [odd]).run(
      batch([
        { short_message: "odd", level: 3 },
        { short_message: "boom", level: 3 },
      ]),
      1,
    );

    assert.deepEqual(settled(result), { malformed: 1 });
    assert.equal(result.parcels.length, 1);
    assert.match(result.remarks[0]?.message ?? "", /please report this: oops/);
  });

  it("derives event ids from the sender's position", () => {
    const one = lane().run(batch([{ short_message: "boom", level: 3 }], { position: "app\0c1" }), 1);
    const again = lane().run(batch([{ short_message: "boom", level: 3 }], { position: "app\0c1" }), 1);
    const other = lane().run(batch([{ short_message: "boom", level: 3 }], { position: "app\0c2" }), 1);

    assert.equal(one.parcels[0]?.eventId, again.parcels[0]?.eventId);
    assert.notEqual(one.parcels[0]?.eventId, other.parcels[0]?.eventId);
  });
});
