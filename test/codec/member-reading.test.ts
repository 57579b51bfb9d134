import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OTHERWISE, readingOf, reread } from "../../src/codec/member-reading.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe("readingOf", () => {
  it("names the property that a value fills, and the field that it stays", () => {
    assert.deepEqual(pick(readingOf("gelf", "_service", "shop", NOW)), ["service", undefined]);
    assert.deepEqual(pick(readingOf("gelf", "_team", "till", NOW)), [undefined, "team"]);
    assert.deepEqual(pick(readingOf("json", "app", "shop", NOW)), ["service", "app"]);
    assert.deepEqual(pick(readingOf("json", "time", "yesterday", NOW)), [undefined, "time"]);
    assert.equal(readingOf("json", "service", " ", NOW), undefined);
  });

  it("takes the first meaning that fits", () => {
    assert.deepEqual(pick(readingOf("json", "status", 502, NOW)), ["status", undefined]);
    assert.deepEqual(pick(readingOf("json", "status", "error", NOW)), ["level", "status"]);
    assert.deepEqual(pick(readingOf("json", "status", "shipped", NOW)), [undefined, "status"]);
  });
});

describe("reread", () => {
  it("is what another value of the member is read as", () => {
    const reading = readingOf("json", "status", 502, NOW);
    assert.ok(reading !== undefined);

    assert.equal(reread(reading, 404, "json", NOW), 404);
    assert.equal(reread(reading, "error", "json", NOW), OTHERWISE);
    assert.equal(reread(reading, 7, "json", NOW), OTHERWISE);
  });

  it("tells a time that may not be believed yet", () => {
    const reading = readingOf("gelf", "timestamp", NOW / 1_000, NOW);
    assert.ok(reading !== undefined);

    assert.equal(reread(reading, NOW / 1_000 + 3, "gelf", NOW), NOW + 3_000);
    assert.equal(reread(reading, NOW / 1_000 + 90, "gelf", NOW), OTHERWISE);
    assert.equal(reread(reading, NOW / 1_000 + 90, "gelf", NOW + 60_000), NOW + 90_000);
  });

  it("leaves a plain field's value as it is", () => {
    const reading = readingOf("gelf", "_team", "till", NOW);
    assert.ok(reading !== undefined);

    assert.equal(reread(reading, "", "gelf", NOW), "");
  });
});

function pick(reading: ReturnType<typeof readingOf>): unknown {
  return [reading?.role, reading?.field];
}
