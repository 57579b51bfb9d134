import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { jsonNotation, msgpackNotation, type Notation, type ValueKind } from "../../src/scan/notation.ts";

/** What a notation makes of a value between other bytes; undefined when it leaves it to a full decode. */
function read(notation: Notation, bytes: Uint8Array, kind: ValueKind): unknown {
  const all = Buffer.concat([Buffer.from("??"), bytes, Buffer.from(',"')]);
  const view = new DataView(all.buffer, all.byteOffset, all.length);
  const behind = notation.over(view, 2, all.length, kind);
  if (behind < 0) return undefined;
  const { start, end } = notation;
  if (kind !== "text") return behind === 2 + bytes.length ? notation.word(view, start, end) : undefined;
  return all.toString("latin1", start, end);
}

const plain = /^[ !#-[\]-~]*$/;

describe("jsonNotation", () => {
  it("reads words as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean()), (value) => {
        const text = JSON.stringify(value);

        assert.equal(read(jsonNotation, Buffer.from(text), "word"), JSON.parse(text));
      }),
    );
  });

  it("leaves what is no such value to a full decode", () => {
    for (const text of ["null", "01", "1.", "-", "truE", "NaN", '"a"', "[1]", "1".repeat(60), ""]) {
      assert.equal(read(jsonNotation, Buffer.from(text), "word"), undefined, text);
    }
    assert.equal(read(jsonNotation, Buffer.from("17"), "stamp"), undefined);
  });

  it("passes texts that need no escapes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        const written = JSON.stringify(text).slice(1);
        const found = read(jsonNotation, Buffer.from(written), "text");

        assert.equal(found, plain.test(text) ? text : undefined);
      }),
    );
  });
});

describe("msgpackNotation", () => {
  it("reads words as they were written, or leaves them to a full decode", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger(), fc.boolean()), (value) => {
        const found = read(msgpackNotation, encode(value), "word");
        const isOdd = typeof value === "number" && (!Number.isFinite(value) || Math.abs(value) > 0x7fff_ffff);

        if (!isOdd || found !== undefined) assert.equal(found, value);
      }),
    );
  });

  it("passes short texts that need no escapes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const isShort = Buffer.byteLength(text) < 256;

        assert.equal(read(msgpackNotation, encode(text), "text"), isShort && plain.test(text) ? text : undefined);
      }),
    );
  });

  it("reads the time that stands before a record, and as nothing else", () => {
    const stamp = Buffer.from("d7006774f2c50bebc200", "hex");

    assert.equal(read(msgpackNotation, stamp, "stamp"), 0x6774_f2c5 * 1_000 + 200);
    assert.equal(read(msgpackNotation, stamp, "word"), undefined);
    assert.equal(read(msgpackNotation, Buffer.from("d7ff6774f2c50bebc200", "hex"), "stamp"), undefined);
    assert.equal(read(msgpackNotation, encode(17), "stamp"), undefined);
  });

  it("reads nothing beyond the end", () => {
    for (const bytes of [
      encode("abcdef"),
      encode(1.5),
      encode("x".repeat(40)),
      encode(70_000),
      Buffer.from("d7006774f2c50bebc200", "hex"),
    ]) {
      for (let length = 0; length < bytes.length; length += 1) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (const kind of ["text", "word", "stamp"] as const) assert.equal(msgpackNotation.over(view, 0, length, kind), -1);
      }
    }
  });
});
