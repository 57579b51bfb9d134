import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TrailKey } from "../../src/lanes/trail-key.ts";
import { NONE, TrailTable } from "../../src/lanes/trail-table.ts";

describe("TrailKey", () => {
  it("is the same key from bytes behind a prefix as from the whole text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100, unit: "grapheme" }), (value) => {
        const bytes = Buffer.from(`junk${value}junk`);
        const taken = new TrailKey("request_id ").take(viewOf(bytes), 4, bytes.length - 4);
        const written = new TrailKey().write(`request_id ${value}`);
        const table = new TrailTable();
        const trail = table.add(taken);

        assert.equal(taken.hash, written.hash);
        assert.equal(table.get(written), trail);
        assert.equal(table.keyOf(trail), `request_id ${value}`);
      }),
    );
  });

  it("tells apart what differs in one byte, in length, or in its prefix", () => {
    const table = new TrailTable();
    table.add(new TrailKey().write("request_id abc"));

    for (const other of ["request_id abd", "request_id ab", "request_id abcd", "trace_id abc"]) {
      assert.equal(table.get(new TrailKey().write(other)), NONE, other);
    }
  });

  it("takes keys of any length", () => {
    const long = "ü".repeat(3_000);
    const table = new TrailTable();
    const trail = table.add(new TrailKey().write(long));

    assert.equal(table.get(new TrailKey().write(long)), trail);
    assert.equal(table.get(new TrailKey().write("ü")), NONE);
    assert.equal(table.keyOf(trail), long);
  });
});

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
