import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MAX_NOTE_BYTES, noteJson, parseNote, type Note } from "../../../src/pipeline/dead-letters/note.ts";

const NOTE: Note = {
  upstream: "default",
  reason: "rejected",
  cause: "HTTP 413: too large",
  status: 413,
  category: "error",
  eventId: "0123456789abcdef0123456789abcdef",
  items: 1,
  records: 3,
  bornMs: Date.UTC(2026, 0, 1),
  title: "card declined",
  level: "error",
  attempts: 2,
};

describe("the note beside a dead letter", () => {
  it("is read back as it was written", () => {
    for (const note of [NOTE, { ...NOTE, status: undefined, bornMs: undefined, category: "log_item", eventId: "" } as const]) {
      assert.deepEqual(parseNote(Buffer.from(noteJson(note, Date.UTC(2026, 0, 2)))), note);
    }
  });

  it("says the times as people write them", () => {
    const written = JSON.parse(noteJson(NOTE, Date.UTC(2026, 0, 2))) as Record<string, unknown>;

    assert.deepEqual([written["born"], written["died"]], ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"]);
  });

  it("never takes more bytes than are read, whatever the texts", () => {
    const long = fc.constantFrom("\u0000", "\ud800", "\u{1f4a3}", '"', "x").map((character) => character.repeat(20_000));
    fc.assert(
      fc.property(long, long, long, (upstream, cause, title) => {
        const bytes = Buffer.from(noteJson({ ...NOTE, upstream, cause, title, level: title }, 0));
        assert.ok(bytes.length <= MAX_NOTE_BYTES);
        assert.notEqual(parseNote(bytes), undefined);
      }),
    );
  });

  it("is nothing when a file says something else, and never an exception", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => Buffer.from(json)),
        ),
        (bytes) => {
          assert.equal(parseNote(Buffer.from(bytes)), undefined);
        },
      ),
    );
    assert.equal(parseNote(Buffer.from(`{"upstream":${"[".repeat(9_000)}${"]".repeat(9_000)}}`)), undefined);
  });

  it("takes fields of the wrong type as missing, and shortens what is too long", () => {
    const odd = {
      ...JSON.parse(noteJson(NOTE, 0)),
      status: "413",
      items: -1,
      records: 1e300,
      born: [],
      event_id: "../../x",
      title: "y".repeat(900),
    };

    const note = parseNote(Buffer.from(JSON.stringify(odd)));

    assert.deepEqual(
      [note?.status, note?.items, note?.records, note?.bornMs, note?.eventId, note?.title.length],
      [undefined, 1, 0, undefined, "", 200],
    );
  });
});
