import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { derivedEventId, randomEventId } from "../../src/lanes/event-id.ts";

const frame = Buffer.from("frame");

describe("event ids", () => {
  it("are 32 hex digits, and random ones never repeat", () => {
    const ids = new Set(Array.from({ length: 1_000 }, () => randomEventId()));

    assert.equal(ids.size, 1_000);
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  });

  it("are the same for the same place and bytes, and differ with any of them", () => {
    const id = derivedEventId({ position: "tag\0chunk\u00000", place: 3, frame });

    assert.match(id, /^[0-9a-f]{12}4[0-9a-f]{3}8[0-9a-f]{15}$/);
    assert.equal(derivedEventId({ position: "tag\0chunk\u00000", place: 3, frame: Buffer.from("frame") }), id);
    assert.notEqual(derivedEventId({ position: "tag\0chunk\u00001", place: 3, frame }), id);
    assert.notEqual(derivedEventId({ position: "tag\0chunk\u00000", place: 4, frame }), id);
    assert.notEqual(derivedEventId({ position: "tag\0chunk\u00000", place: 3, frame: Buffer.from("other") }), id);
  });
});
