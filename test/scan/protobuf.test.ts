import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { FIXED64, ProtobufReader, SPAN, VARINT } from "../../src/scan/protobuf.ts";

const GROUP = 3;
const FIXED32 = 5;

type Field = readonly [field: number, wire: number, content: string];

/** Every field of a message, its content in hex, and the fault. */
function walk(hex: string): { fields: Field[]; fault: string | undefined } {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const reader = new ProtobufReader();
  const fields: Field[] = [];
  reader.over(bytes, 0, bytes.length);
  while (reader.next()) fields.push([reader.field, reader.wire, bytes.toString("hex", reader.start, reader.stop)]);
  return { fields, fault: reader.fault };
}

function integerOf(hex: string): number {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const reader = new ProtobufReader();
  reader.over(bytes, 0, bytes.length);
  assert.equal(reader.next(), true);
  return reader.integer();
}

/** Bytes of an unsigned varint. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

describe("ProtobufReader", () => {
  it("finds every field of a message, whatever its wire type", () => {
    const { fields, fault } = walk("0896 01 11 0000000000000840 1a03 616263 25 01000000");

    assert.equal(fault, undefined);
    assert.deepEqual(fields, [
      [1, VARINT, "9601"],
      [2, FIXED64, "0000000000000840"],
      [3, SPAN, "616263"],
      [4, FIXED32, "01000000"],
    ]);
  });

  it("takes no bytes for a message without fields", () => {
    assert.deepEqual(walk(""), { fields: [], fault: undefined });
  });

  it("reads field numbers of several bytes", () => {
    const { fields } = walk("f8ffffff0f 07");

    assert.deepEqual(fields, [[2 ** 29 - 1, VARINT, "07"]]);
  });

  it("reads integers of 64 bits with their sign", () => {
    assert.equal(integerOf("08 00"), 0);
    assert.equal(integerOf("08 9601"), 150);
    assert.equal(integerOf("08 ffffffffffffffffff01"), -1);
    assert.equal(integerOf("08 808080808080808080 01"), -(2 ** 63));
    assert.equal(integerOf("08 ffffffffffffff0f"), 2 ** 53 - 1);
  });

  it("reads text, doubles and messages within messages", () => {
    const bytes = Buffer.from("0a07 0a05 68c3a46c6c 11 000000000000f03f 1a017a".replaceAll(" ", ""), "hex");
    const reader = new ProtobufReader();
    const seen: unknown[] = [];
    reader.over(bytes, 0, bytes.length);
    while (reader.next()) {
      if (reader.field === 1) {
        const outer = reader.enter();
        while (reader.next()) seen.push(reader.text());
        reader.leave(outer);
      } else {
        seen.push(reader.wire === FIXED64 ? reader.double() : reader.text());
      }
    }

    assert.equal(reader.fault, undefined);
    assert.deepEqual(seen, ["häll", 1, "z"]);
  });

  it("replaces invalid UTF-8", () => {
    const reader = new ProtobufReader();
    reader.over(Buffer.from("0a03 61ff62".replace(" ", ""), "hex"), 0, 5);

    assert.equal(reader.next(), true);
    assert.equal(reader.text(), "a�b");
  });

  it("passes over groups, also those within groups", () => {
    const { fields, fault } = walk("0b 1001 13 14 1801 0c 2801");

    assert.equal(fault, undefined);
    assert.deepEqual(fields, [
      [1, GROUP, "10011314 1801 0c".replaceAll(" ", "")],
      [5, VARINT, "01"],
    ]);
  });

  it("says what is broken and where", () => {
    assert.equal(walk("0a05 6162").fault, "a field that runs past the end at byte 2");
    assert.equal(walk("08").fault, "a number that is cut off at byte 1");
    assert.equal(walk("0880").fault, "a number that is cut off at byte 1");
    assert.equal(walk("08 ffffffffffffffffffff01").fault, "a number of more than ten bytes at byte 1");
    assert.equal(walk("0001").fault, "a field number out of range at byte 1");
    assert.equal(walk("0e").fault, "an unknown wire type at byte 1");
    assert.equal(walk("0c").fault, "the end of a group that never began at byte 1");
    assert.equal(walk("0b 1001").fault, "a group without an end at byte 3");
    assert.equal(walk("0b 14").fault, "groups that overlap at byte 2");
    assert.equal(walk("0b".repeat(33)).fault, "groups nested too deeply at byte 33");
    assert.equal(walk("0a ffffffff7f").fault, "a field that runs past the end at byte 6");
  });

  it("stops for good in whatever depth it finds a fault", () => {
    const bytes = Buffer.from("0a040a0561 62 1001 1002".replaceAll(" ", ""), "hex");
    const reader = new ProtobufReader();
    let after = 0;
    reader.over(bytes, 0, bytes.length);
    while (reader.next()) {
      const outer = reader.enter();
      while (reader.next()) after += 1;
      reader.leave(outer);
      if (reader.next()) after += 1;
    }

    assert.equal(after, 0);
    assert.equal(reader.fault, "a field that runs past the end at byte 4");
  });

  it("reads as many numbers back as were written", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = Buffer.concat([Buffer.from([8]), varint(BigInt.asUintN(64, value))]);

        assert.equal(integerOf(bytes.toString("hex")), Number(value));
      }),
    );
  });

  it("reads words as it reads text, however often and whatever came before", () => {
    const reader = new ProtobufReader();
    const content = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom("level", "lemel", "ab", "ba", "", "é", "\ufffd").map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(content, { maxLength: 30 }), (contents) => {
        for (const bytes of [...contents, ...contents]) {
          const message = Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]);
          reader.over(message, 0, message.length);
          assert.equal(reader.next(), true);
          assert.equal(reader.word(), reader.text());
        }
      }),
    );
  });

  it("never throws and never leaves the span it was given, on any bytes", () => {
    const inside = (reader: ProtobufReader, start: number, end: number, depth: number): void => {
      while (reader.next()) {
        assert.ok(reader.start >= start && reader.stop <= end && reader.start <= reader.stop);
        if (reader.wire === VARINT) reader.integer();
        if (reader.wire === FIXED64) reader.double();
        if (reader.wire !== SPAN || depth > 6) continue;
        reader.text();
        const outer = reader.enter();
        inside(reader, reader.start, reader.stop, depth + 1);
        reader.leave(outer);
      }
    };
    // Bytes that look like tags and small lengths reach deeper than evenly spread ones.
    const byte = fc.oneof(fc.constantFrom(0x0a, 0x12, 0x08, 0x09, 0x0b, 0x0c, 0x0d, 1, 2, 3, 4, 0x80), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 80 }), fc.nat(8), fc.nat(8), (content, before, behind) => {
        const bytes = Buffer.from([
          ...Array.from({ length: before }, () => 1),
          ...content,
          ...Array.from({ length: behind }, () => 1),
        ]);
        const reader = new ProtobufReader();
        reader.over(bytes, before, before + content.length);
        inside(reader, before, before + content.length, 0);
      }),
      { numRuns: 600 },
    );
  });
});
