import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LastOutput } from "../../../src/wire/process/last-output.ts";

function lastOf(chunks: readonly string[]): readonly string[] {
  const last = new LastOutput();
  for (const chunk of chunks) last.add(Buffer.from(chunk));
  return last.lines();
}

describe("LastOutput", () => {
  it("keeps whole lines, without blank ones and line ends", () => {
    assert.deepEqual(lastOf(["one\r\nt", "wo\n\nthree"]), ["one", "two", "three"]);
    assert.deepEqual(lastOf([]), []);
  });

  it("keeps the newest of much, and no half line", () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i}`);
    const kept = lastOf([lines.join("\n")]);
    assert.equal(kept.at(-1), "line 999");
    assert.deepEqual(kept, lines.slice(-kept.length));
    assert.ok(kept.join("\n").length <= 4_096 && kept.join("\n").length > 4_000);
  });

  it("keeps the same however the output is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3_000, unit: "grapheme-ascii" }), { maxLength: 12 }), (chunks) => {
        assert.deepEqual(lastOf(chunks), lastOf([chunks.join("")]));
      }),
      { numRuns: 200 },
    );
  });
});
