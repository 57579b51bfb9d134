import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { beginsRecord, beginsWithLevel } from "../../src/text/fresh-line.ts";
import { PLAIN, STAMPED } from "./ordinary-lines.ts";

describe("beginsRecord", () => {
  it("knows the lines of loggers and servers by what they write first", () => {
    for (const line of STAMPED) assert.equal(beginsRecord(line), true, line);
  });

  it("does not take the rest of a message for one", () => {
    const rest = [
      "second line",
      "order 4711 is on hold (Shop::OutOfStock)",
      "Hint: ask",
      "items[0]: must be positive",
      "2026 was a good year",
      "12:30 is too late",
      "Informational only",
      "Warnings are no errors",
      "errors were seen",
      "time is up",
      "{",
      "[",
      "",
      "I/flutter ( 1493): RangeError (index): Invalid value",
      "[object Object]",
    ];
    for (const line of rest) assert.equal(beginsRecord(line), false, line);
    assert.ok(PLAIN.filter((line) => beginsRecord(line)).length < 5);
  });

  it("looks at the beginning of a line only, however long it is", () => {
    for (const seed of ["[", "a", "1", "a.", "[a] ", "1:", "<", "- ", "a[1", "::", " ", "2026-"]) {
      const line = seed.repeat((1 << 20) / seed.length);
      assert.equal(beginsRecord(line), beginsRecord(line.slice(0, 1_000)), seed);
    }
  });
});

describe("beginsWithLevel", () => {
  it("knows a level in capitals, bare or in a bracket", () => {
    for (const text of ["INFO  shop > started", "[ERROR] no", "WARN"]) assert.equal(beginsWithLevel(text), true, text);
    for (const text of ["Info: no", "INFORMED", "error", "2026-01-02 INFO x"]) assert.equal(beginsWithLevel(text), false, text);
  });
});
