import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  cut,
  FieldBudget,
  hasMembers,
  jsonText,
  MAX_FIELDS,
  MAX_TEXT_CHARS,
  MAX_TOTAL_CHARS,
  memberOf,
  membersOf,
  plainValue,
} from "../../src/codec/field-values.ts";
import type { FieldValue } from "../../src/record/record.ts";

function fieldsOf(entries: Iterable<readonly [string, unknown]>): Map<string, FieldValue> {
  const fields = new Map<string, FieldValue>();
  const budget = new FieldBudget();
  for (const [name, value] of entries) budget.add(fields, name, value);
  budget.close(fields);
  return fields;
}

function nested(levels: number): unknown {
  let value: unknown = "leaf";
  for (let i = 0; i < levels; i += 1) value = { in: value };
  return value;
}

describe("FieldBudget", () => {
  it("keeps texts, numbers, booleans and small containers as they are", () => {
    const object = { a: [1, "x", true, null], b: { c: {} } };

    const fields = fieldsOf([
      ["t", "x"],
      ["n", 1.5],
      ["f", false],
      ["o", object],
    ]);

    assert.deepEqual(
      [...fields],
      [
        ["t", "x"],
        ["n", 1.5],
        ["f", false],
        ["o", object],
      ],
    );
  });

  it("drops null, writes out what JSON cannot hold", () => {
    const fields = fieldsOf([
      ["null", null],
      ["nan", Number.NaN],
      ["inf", Number.NEGATIVE_INFINITY],
      ["small", 42n],
      ["big", 18446744073709551615n],
      ["bytes", Uint8Array.from([0x63, 0x61, 0x66, 0xc3, 0xa9, 0xff])],
      ["date", new Date(0)],
      [
        "inside",
        { nan: Number.NaN, big: 1n << 60n, bytes: Buffer.from("x"), map: new Map<unknown, unknown>([[1, new Map([["k", 2n]])]]) },
      ],
    ]);

    assert.deepEqual(Object.fromEntries(fields), {
      nan: "NaN",
      inf: "-Infinity",
      small: 42,
      big: "18446744073709551615",
      bytes: "café\ufffd",
      date: "1970-01-01T00:00:00.000Z",
      inside: { nan: "NaN", big: "1152921504606846976", bytes: "x", map: { 1: { k: 2 } } },
    });
  });

  it("cuts long texts with a mark, never in the middle of a character", () => {
    const fields = fieldsOf([
      ["long", "x".repeat(MAX_TEXT_CHARS + 1)],
      ["inside", { long: "y".repeat(20_000) }],
      ["wide", `${"z".repeat(MAX_TEXT_CHARS - 4)}😀😀😀`],
    ]);

    assert.equal(fields.get("long"), `${"x".repeat(MAX_TEXT_CHARS - 3)}...`);
    assert.equal((fields.get("inside") as { long: string }).long, `${"y".repeat(MAX_TEXT_CHARS - 3)}...`);
    assert.ok(fields.get("wide") === `${"z".repeat(MAX_TEXT_CHARS - 4)}...`);
    assert.equal(fieldsOf([["fits", "x".repeat(MAX_TEXT_CHARS)]]).get("fits"), "x".repeat(MAX_TEXT_CHARS));
  });

  it("writes what lies deeper than seven levels as JSON text", () => {
    assert.deepEqual(fieldsOf([["v", nested(7)]]).get("v"), nested(7));
    const eight = JSON.stringify(fieldsOf([["v", nested(9)]]).get("v"));
    assert.equal(eight, '{"in":{"in":{"in":{"in":{"in":{"in":{"in":"{\\"in\\":{\\"in\\":\\"leaf\\"}}"}}}}}}}');
  });

  it("does not fail on a nesting that nobody can print", () => {
    const deep: unknown = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
    assert.match(JSON.stringify(fieldsOf([["v", deep]]).get("v")), /nested too deeply/);
  });

  it("counts what it leaves out", () => {
    const many = Array.from({ length: MAX_FIELDS + 10 }, (_, i) => [`f${i}`, i] as const);
    const fields = fieldsOf(many);
    assert.equal(fields.size, MAX_FIELDS + 1);
    assert.equal(fields.get("..."), "10 more fields left out");

    const list = fieldsOf([["list", Array.from({ length: 600 }, (_, i) => i)]]).get("list") as readonly FieldValue[];
    assert.equal(list.length, 513);
    assert.equal(list.at(-1), "... 88 more");
  });

  it("counts what it leaves out of an object", () => {
    const object = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`k${i}`, i]));
    const kept = fieldsOf([["object", object]]).get("object") as Readonly<Record<string, FieldValue>>;
    assert.equal(Object.keys(kept).length, 513);
    assert.equal(kept["..."], "88 more left out");
  });

  it("bounds all texts together", () => {
    const fields = fieldsOf(Array.from({ length: 100 }, (_, i) => [`f${i}`, "x".repeat(16_000)] as const));
    const chars = JSON.stringify([...fields.values()]).length;
    assert.ok(chars <= MAX_TOTAL_CHARS + 1_000, String(chars));
    assert.match(JSON.stringify(fields.get("...")), /^"\d+ more fields left out"$/);
  });

  it("treats a name like any other when it is __proto__", () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":true},"deep":{"__proto__":1,"big":"x"}}');
    const fields = fieldsOf([
      ["__proto__", 1],
      ["v", value],
      ["w", { ...(value as object), big: 1n }],
    ]);

    assert.equal(fields.get("__proto__"), 1);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.equal(Object.getPrototypeOf(fields.get("w")), Object.prototype);
  });

  it("makes of anything something that JSON can hold, within its bounds", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string(),
          fc.anything({ withBigInt: true, withMap: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
        ),
        (members) => {
          const fields = fieldsOf(Object.entries(members));
          const text = JSON.stringify(Object.fromEntries(fields));
          assert.deepEqual(JSON.stringify(JSON.parse(text)), text);
        },
      ),
    );
  });
});

describe("cut", () => {
  it("keeps what fits and marks what does not", () => {
    assert.equal(cut("abcdef", 6), "abcdef");
    assert.equal(cut("abcdefg", 6), "abc...");
    assert.equal(cut("ab😀cdef", 6), "ab...");
  });
});

describe("members", () => {
  it("are those of objects and maps, never inherited ones", () => {
    assert.equal(memberOf({ a: 1 }, "a"), 1);
    assert.equal(memberOf(new Map([["a", 1]]), "a"), 1);
    for (const value of [{}, [], "text", 3, null, undefined, new Date(0), Buffer.from("x")])
      assert.equal(memberOf(value, "toString"), undefined);
    assert.equal(hasMembers({}), true);
    assert.equal(hasMembers([]), false);
    const odd = new Map<unknown, unknown>([
      [[1], 2],
      [Object.create(null), 3],
    ]) as unknown as ReadonlyMap<string, unknown>;
    assert.deepEqual(membersOf(odd), [
      ["[1]", 2],
      ["{}", 3],
    ]);
  });
});

describe("jsonText", () => {
  it("prints anything", () => {
    assert.equal(jsonText({ a: 1n, b: new Map([["c", Buffer.from("d")]]) }), '{"a":1,"b":{"c":"d"}}');
    assert.equal(jsonText(undefined), "undefined");
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    assert.equal(jsonText(loop), "[nested too deeply to show]");
    assert.equal(plainValue(new Date(Number.NaN)), "Invalid Date");
  });
});
