import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import {
  NEEDS_MORE,
  NEVER_VALID,
  advance,
  countAt,
  headSize,
  kindOf,
  Kind,
  lengthAt,
  skipValue,
} from "../../src/scan/msgpack.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const skip = (text: string): number => skipValue(hex(text), 0, hex(text).length);

/** Any value, as msgpack bytes of every width. */
const values = fc
  .anything({
    withNullPrototype: false,
    maxDepth: 4,
    values: [fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.uint8Array()],
  })
  .map((value) => Buffer.from(encode(value, { maxDepth: 1_000 })));

describe("skipValue", () => {
  it("finds the end of a value of every head", () => {
    const ends: readonly (readonly [string, number])[] = [
      ["00", 1],
      ["7f", 1],
      ["e0", 1],
      ["c0", 1],
      ["c2", 1],
      ["a3 616263", 4],
      ["cc 01", 2],
      ["cd 0001", 3],
      ["ce 00000001", 5],
      ["cf 0000000000000001", 9],
      ["d0 01", 2],
      ["d3 0000000000000001", 9],
      ["ca 00000000", 5],
      ["cb 0000000000000000", 9],
      ["c4 02 ffff", 4],
      ["c5 0002 ffff", 5],
      ["c6 00000002 ffff", 7],
      ["d9 01 61", 3],
      ["da 0001 61", 4],
      ["db 00000001 61", 6],
      ["d4 00 01", 3],
      ["d7 00 55ece6f8 075bcd15", 10],
      ["d8 00 00112233445566778899aabbccddeeff", 18],
      ["c7 08 00 55ece6f8 075bcd15", 11],
      ["c8 0001 00 ff", 5],
      ["c9 00000001 00 ff", 7],
      ["90", 1],
      ["92 01 92 02 03", 5],
      ["dc 0002 01 02", 5],
      ["dd 00000002 01 02", 7],
      ["81 a161 01", 4],
      ["de 0001 a161 01", 6],
      ["df 00000001 a161 01", 8],
    ];

    for (const [bytes, end] of ends) assert.equal(skip(bytes), end, bytes);
  });

  it("asks for more while any byte is missing", () => {
    fc.assert(
      fc.property(values, fc.nat(), (bytes, cut) => {
        assert.equal(skipValue(bytes, 0, bytes.length), bytes.length);
        if (bytes.length > 0) assert.equal(skipValue(bytes, 0, cut % bytes.length), NEEDS_MORE);
      }),
    );
  });

  it("knows the head that means nothing, however deep it lies", () => {
    assert.equal(skip("c1"), NEVER_VALID);
    assert.equal(skip("92 01 81 a161 c1"), NEVER_VALID);
  });

  it("believes no declared length beyond the bytes that are there", () => {
    for (const bytes of ["db ffffffff", "c6 ffffffff 00", "dd ffffffff", "df ffffffff 00", "c9 ffffffff 00"]) {
      assert.equal(skip(bytes), NEEDS_MORE, bytes);
    }
  });

  it("passes a hundred thousand containers inside each other", () => {
    const deep = Buffer.concat([Buffer.alloc(100_000, 0x91), hex("c0")]);

    assert.equal(skipValue(deep, 0, deep.length), deep.length);
    assert.equal(skipValue(deep, 0, deep.length - 1), NEEDS_MORE);
  });

  it("never reads beyond its end nor throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, cut) => {
        const end = Math.min(cut, bytes.length);
        const next = skipValue(bytes, 0, end);
        assert.ok(next === NEEDS_MORE || next === NEVER_VALID || (next > 0 && next <= end));
      }),
    );
  });
});

describe("advance", () => {
  it("walks a value once, however its bytes are cut", () => {
    fc.assert(
      fc.property(values, fc.array(fc.nat()), (bytes, cuts) => {
        const walk = { at: 0, pending: 1 };
        const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        for (const end of ends) {
          const state = advance(walk, bytes, end);
          assert.equal(state, end < bytes.length ? NEEDS_MORE : 0);
          assert.ok(walk.at + walk.pending <= bytes.length, "it never says that a value is longer than it is");
        }
        assert.deepEqual(walk, { at: bytes.length, pending: 0 });
      }),
    );
  });

  it("knows from the head how long a value is at least", () => {
    const walk = { at: 0, pending: 1 };

    assert.equal(advance(walk, hex("93 a161 db 00100000"), 8), NEEDS_MORE);
    assert.equal(walk.at + walk.pending, 8 + 0x10_0000 + 1);
  });
});

describe("heads", () => {
  it("say how many elements or bytes follow", () => {
    assert.equal(countAt(hex("df 00000003"), 0, 5), 3);
    assert.equal(countAt(hex("9a"), 0, 1), 10);
    assert.equal(countAt(hex("dc 00"), 0, 2), NEEDS_MORE);
    assert.equal(countAt(hex("a0"), 0, 1), NEVER_VALID);
    assert.equal(lengthAt(hex("da ff"), 0, 2), NEEDS_MORE);
    assert.equal(lengthAt(hex("da 0102 00"), 0, 4), 258);
    assert.equal(lengthAt(hex("d7 00"), 0, 2), 8);
    assert.equal(lengthAt(hex("90"), 0, 1), NEVER_VALID);
  });

  it("end where the content begins", () => {
    for (const [head, size] of [
      [0x81, 1],
      [0xa5, 1],
      [0xd9, 2],
      [0xc6, 5],
      [0xdd, 5],
      [0xd7, 2],
      [0xc7, 3],
      [0xcb, 1],
    ] as const) {
      assert.equal(headSize(head), size, head.toString(16));
    }
  });

  it("tell kinds apart", () => {
    assert.equal(kindOf(0x05), Kind.int);
    assert.equal(kindOf(0x85), Kind.map);
    assert.equal(kindOf(0xdb), Kind.str);
    assert.equal(kindOf(0xc7), Kind.ext);
    assert.equal(kindOf(0xc1), Kind.never);
  });
});
