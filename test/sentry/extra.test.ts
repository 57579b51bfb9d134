import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FieldValue } from "../../src/record/record.ts";
import { Extra, leftOutJson } from "../../src/sentry/extra.ts";

function extra(fields: readonly (readonly [string, FieldValue])[]): Record<string, unknown> {
  const collected = new Extra();
  for (const [key, value] of fields) collected.add(key, value);
  const json = `{${collected.json}}`;
  assert.ok(Buffer.byteLength(json) <= 262_144);
  return JSON.parse(json) as Record<string, unknown>;
}

describe("extra", () => {
  it("keeps values and their order as they are", () => {
    const fields = [
      ["b", "x"],
      ["a", 1.5],
      ["c", true],
      ["d", null],
      ["e", [1, { f: "g" }]],
      ["10", 1],
      ["é", "ü"],
    ] as const;
    assert.deepEqual(extra(fields), Object.fromEntries(fields));
    assert.equal(
      Object.keys(
        extra([
          ["b", 1],
          ["a", 2],
        ]),
      ).join(),
      "b,a",
    );
  });

  it("keeps a field called __proto__ without changing anything else", () => {
    assert.ok(Object.hasOwn(extra([["__proto__", { polluted: true }]]), "__proto__"));
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });

  it("is empty when there is nothing", () => {
    assert.deepEqual(extra([]), {});
  });

  it("marks a text that is too long", () => {
    const { text } = extra([["text", "é".repeat(20_000)]]);
    assert.ok(Buffer.byteLength(String(text)) <= 16_384);
    assert.match(String(text), /\[\d+ more characters\]$/);
  });

  it("keeps the shape of an object that is too big, and marks what is cut", () => {
    const order = { id: 7, note: "x".repeat(20_000), items: [{ sku: "a" }, { sku: "b" }] };
    const { big } = extra([["big", order]]);
    const { note, ...rest } = big as typeof order;
    assert.deepEqual(rest, { id: 7, items: [{ sku: "a" }, { sku: "b" }] });
    assert.match(note, /^x{1,2048}\.\.\. \[\d+ more characters\]$/);
  });

  it("cuts lists and objects of many members to their first ones", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`member${index}`, "x".repeat(50)]));
    const { list, object } = extra([
      ["list", Array.from({ length: 10_000 }, (_, index) => index)],
      ["object", many],
    ]);
    assert.deepEqual(list, [...Array.from({ length: 100 }, (_, index) => index), "... 9900 more"]);
    assert.deepEqual(Object.entries(object as object).slice(99), [
      ["member99", "x".repeat(50)],
      ["...", "400 more"],
    ]);
  });

  it("shows the beginning of what is big all over, as text", () => {
    const wide = (depth: number): FieldValue =>
      depth === 0 ? "x".repeat(200) : Array.from({ length: 12 }, () => wide(depth - 1));
    const { big } = extra([["big", wide(3)]]);
    assert.match(String(big), /^\[\[\["xxx.* more characters\]$/);
  });

  it("writes what is nested too deeply as text", () => {
    const { deep } = extra([["deep", { a: { b: { c: { d: { e: { f: 1 } } } } } }]]);
    assert.deepEqual(deep, { a: { b: { c: { d: { e: '{"f":1}' } } } } });
  });

  it("bounds the length of a name", () => {
    assert.deepEqual(
      Object.keys(extra([["k".repeat(500), 1]])).map((key) => key.length),
      [200],
    );
  });

  it("says how many fields there was no room for", () => {
    const fields = Array.from({ length: 50 }, (_, index) => [`f${index}`, "x".repeat(16_000)] as const);
    const found = extra(fields);
    assert.equal(found["crumbtrail.left_out"], `${50 - (Object.keys(found).length - 1)} more fields (extra is full)`);
    assert.ok(Object.keys(found).length > 10);
  });

  it("writes a mark as a member", () => {
    assert.deepEqual(JSON.parse(`{${leftOutJson('3 "oldest"')}}`), { "crumbtrail.left_out": '3 "oldest"' });
  });
});
