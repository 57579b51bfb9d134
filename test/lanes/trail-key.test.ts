import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Trail } from "../../src/lanes/trail.ts";
import { TrailKey } from "../../src/lanes/trail-key.ts";

describe("TrailKey", () => {
  it("is the same key from bytes behind a prefix as from the whole text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100, unit: "grapheme" }), (value) => {
        const bytes = Buffer.from(`junk${value}junk`);
        const taken = new TrailKey("request_id ").take(bytes, 4, bytes.length - 4);
        const written = new TrailKey().write(`request_id ${value}`);
        const trail = new Trail(1);
        trail.reuse(taken);

        assert.equal(taken.hash, written.hash);
        assert.ok(trail.is(written));
      }),
    );
  });

  it("tells apart what differs in one byte, in length, or in its prefix", () => {
    const trail = new Trail(1);
    trail.reuse(new TrailKey().write("request_id abc"));

    for (const other of ["request_id abd", "request_id ab", "request_id abcd", "trace_id abc"]) {
      assert.ok(!trail.is(new TrailKey().write(other)), other);
    }
  });

  it("takes keys of any length", () => {
    const long = "ü".repeat(3_000);
    const trail = new Trail(1);
    trail.reuse(new TrailKey().write(long));

    assert.ok(trail.is(new TrailKey().write(long)));
    assert.ok(!trail.is(new TrailKey().write("ü")));
  });
});
