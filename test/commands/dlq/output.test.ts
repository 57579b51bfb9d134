import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { jsonLine, tabbedLine, tableHeading, tableLine } from "../../../src/commands/dlq/output.ts";
import type { FoundLetter } from "../../../src/commands/dlq/selection.ts";

const DIED = Date.UTC(2026, 10, 20, 13, 21, 42, 123);
/** What ends a line, moves a cursor or changes the order of text, but for the line end that closes the line. */
// eslint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]|\n(?!$)/;

const found = (texts: Partial<FoundLetter["note"]> = {}): FoundLetter => ({
  id: "20261120T132142123Z-1a2b3c4d",
  diedMs: DIED,
  note: {
    upstream: "default",
    reason: "rejected",
    cause: "HTTP 413",
    status: 413,
    category: "error",
    eventId: "1a2b3c4d".repeat(4),
    items: 1,
    records: 1,
    bornMs: DIED,
    title: "card declined",
    level: "error",
    attempts: 0,
    ...texts,
  },
});

describe("what dlq prints", () => {
  it("is a table on a terminal, cut at its width", () => {
    const wide = tableHeading(120) + tableLine(found(), DIED + 5_400_000, 120);
    assert.equal(
      wide,
      [
        "ID                            AGE     UPSTREAM      REASON              LEVEL    TITLE\n",
        "20261120T132142123Z-1a2b3c4d  1.5h    default       rejected 413        error    card declined\n",
      ].join(""),
    );
    assert.equal(tableLine(found({ title: "x".repeat(500) }), DIED, 100).length, 101);
  });

  it("has twelve columns whatever the texts, and nothing that a terminal obeys", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, text, text, (upstream, reason, title, cause) => {
        const letter = found({ upstream, reason, title, cause, level: title });
        const line = tabbedLine(letter);
        assert.equal(line.split("\t").length, 12);
        for (const printed of [line, tableLine(letter, DIED, 200), jsonLine({ title })]) assert.doesNotMatch(printed, OBEYED);
        assert.deepEqual(JSON.parse(jsonLine({ title })), { title });
      }),
    );
  });
});
