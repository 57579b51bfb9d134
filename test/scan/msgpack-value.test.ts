import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { MsgpackReader, type MsgpackValue } from "../../src/scan/msgpack-value.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** What bytes become; undefined when they are no msgpack. */
function read(bytes: Uint8Array): MsgpackValue | undefined {
  const reader = new MsgpackReader();
  reader.over(Buffer.from(bytes), 0, bytes.length);
  const value = reader.read();
  return reader.broken ? undefined : value;
}

/** What JSON can hold and msgpack can carry, so that both decoders should agree. */
const json = fc.jsonValue({ maxDepth: 6 }).filter((value) => !JSON.stringify(value).includes("__proto__"));

describe("MsgpackReader", () => {
  it("agrees with another decoder on everything that JSON can hold", () => {
    fc.assert(
      fc.property(json, (value) => {
        const bytes = encode(value, { maxDepth: 100 });
        assert.deepEqual(read(bytes), decode(bytes));
      }),
    );
  });

  it("reads numbers of every width", () => {
    assert.equal(read(hex("ff")), -1);
    assert.equal(read(hex("cc ff")), 255);
    assert.equal(read(hex("cd ffff")), 65_535);
    assert.equal(read(hex("ce ffffffff")), 4_294_967_295);
    assert.equal(read(hex("cf 001fffffffffffff")), Number.MAX_SAFE_INTEGER);
    assert.equal(read(hex("d0 80")), -128);
    assert.equal(read(hex("d1 8000")), -32_768);
    assert.equal(read(hex("d2 80000000")), -2_147_483_648);
    assert.equal(read(hex("d3 ffffffffffffffff")), -1);
    assert.equal(read(hex("ca 3fc00000")), 1.5);
    assert.equal(read(hex("cb 3ff8000000000000")), 1.5);
  });

  it("keeps integers beyond 2^53 exact, as text", () => {
    assert.equal(read(hex("cf ffffffffffffffff")), "18446744073709551615");
    assert.equal(read(hex("d3 8000000000000000")), "-9223372036854775808");
  });

  it("says NaN and infinity in words, because JSON has none", () => {
    assert.deepEqual(read(hex("92 cb 7ff8000000000000 cb fff0000000000000")), ["NaN", "-Infinity"]);
  });

  it("puts U+FFFD for what is no UTF-8 and takes nothing from the neighbour", () => {
    // "caf" and a Latin-1 e with acute, then a member that begins right behind.
    assert.deepEqual(read(hex("82 a161 a4 636166e9 a162 a178")), { a: "caf\ufffd", b: "x" });
    // An encoded lone surrogate.
    assert.equal(read(hex("a3 eda080")), "\ufffd\ufffd\ufffd");
  });

  it("shows binary as text where it is text, else as hex", () => {
    assert.equal(read(hex("c4 04 c3a9 6162")), "\u00e9ab");
    assert.equal(read(hex("c4 02 ff00")), "ff00");
    assert.equal(read(Buffer.concat([hex("c5 0200"), Buffer.alloc(512, 0xff)])), `${"ff".repeat(256)}... (512 bytes)`);
  });

  it("shows an EventTime as a date and other extensions as hex", () => {
    assert.equal(read(hex("d7 00 55ece6f8 075bcd15")), "2015-09-07T01:23:04.000Z");
    assert.equal(read(hex("d4 05 ff")), "ext(5) ff");
  });

  it("makes text of keys that are none, and the last of two equal keys wins", () => {
    assert.deepEqual(read(hex("85 01 a161 c4 01 6b a162 c0 a163 90 a164 a131 a165")), {
      1: "e",
      k: "b",
      null: "c",
      "(container)": "d",
    });
  });

  it("takes __proto__ as a key like any other", () => {
    const value = read(hex("82 a9 5f5f70726f746f5f5f 81 a7 6973 41646d69 6e c3 a161 01"));

    assert.equal(JSON.stringify(value), '{"__proto__":{"isAdmin":true},"a":1}');
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  it("builds 32 containers inside each other and passes over what lies deeper", () => {
    const deep = read(Buffer.concat([hex("82 a161"), Buffer.alloc(100_000, 0x91), hex("c0 a162 01")]));

    assert.equal(JSON.stringify(deep), `{"a":${"[".repeat(31)}"(nested too deep)"${"]".repeat(31)},"b":1}`);
  });

  it("builds 20 000 values and passes over the rest", () => {
    const many = read(Buffer.concat([hex("82 a161 dd 000186a0"), Buffer.alloc(100_000, 0x01), hex("a162 01")]));

    assert.ok(typeof many === "object" && many !== null && !Array.isArray(many));
    const { a } = many;
    assert.ok(Array.isArray(a));
    assert.equal(a.length, 20_000);
    assert.equal(a.at(-1), "(80001 more)");
    assert.deepEqual(Object.keys(many), ["a", "(cut)"]);
  });

  it("is broken where bytes are missing or mean nothing, and allocates nothing for a length that lies", () => {
    for (const bytes of [
      "",
      "c1",
      "a5 61",
      "db ffffffff 61",
      "dd ffffffff 01",
      "df ffffffff a161",
      "c7 08 00",
      "cf 00",
      "92 01",
    ]) {
      assert.equal(read(hex(bytes)), undefined, bytes);
    }
  });

  it("keeps short texts apart that look alike", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 }), { maxLength: 50 }), (texts) => {
        assert.deepEqual(read(encode(texts)), texts);
      }),
    );
  });

  it("stays within its bytes and never throws, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), (bytes, cut) => {
        const reader = new MsgpackReader();
        const end = Math.min(cut, bytes.length);
        reader.over(Buffer.from(bytes), 0, end);
        const value = reader.read();
        assert.ok(reader.broken || reader.at <= end);
        assert.doesNotThrow(() => JSON.stringify(value));
      }),
    );
  });
});
