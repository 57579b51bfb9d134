import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { flatMembers } from "../../src/codec/flat-members.ts";

describe("flatMembers", () => {
  it("tells where the members of an object lie", () => {
    const text = '{ "a":"x y" , "b" : -1.5e3,"c":true,"d":null,"e":{"f":"}"},"g":["]",{}]}\0\n';
    const members = flatMembers(text, 64) ?? [];

    assert.deepEqual(
      members.map(({ name, kind, start, end }) => [name, kind, text.slice(start, end)]),
      [
        ["a", "text", "x y"],
        ["b", "word", "-1.5e3"],
        ["c", "word", "true"],
        ["d", "other", "null"],
        ["e", "other", '{"f":"}"}'],
        ["g", "other", '["]",{}]'],
      ],
    );
  });

  it("cuts any object into the texts of its values", () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string());
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z_ ]{1,6}$/), value, { maxKeys: 6, minKeys: 1 }),
        fc.constantFrom(0, 1),
        (object, space) => {
          const text = JSON.stringify(object, undefined, space);
          const members = flatMembers(text, 64) ?? [];
          const read = members.map(({ name, kind, start, end }) => [
            name,
            JSON.parse(kind === "text" ? text.slice(start - 1, end + 1) : text.slice(start, end)),
          ]);

          assert.deepEqual(read, Object.entries(JSON.parse(text) as object));
        },
      ),
    );
  });

  for (const text of [
    "",
    "[]",
    "{}",
    '{"a":1',
    '{"a":1}x',
    '{"a":1,"a":2}',
    '{"7":1}',
    '{"__proto__":1}',
    '{"\\u0061":1}',
    '{"":1}',
    '{"a"1}',
    '{"a":}',
    '{"a":{}',
  ]) {
    it(`does not read ${text === "" ? "nothing" : text}`, () => assert.equal(flatMembers(text, 64), undefined));
  }

  it("reads no object of more members than asked for, and none of a mebibyte of brackets", () => {
    assert.equal(flatMembers('{"a":1,"b":2}', 1), undefined);
    assert.equal(flatMembers(`{"a":${"[".repeat(1 << 20)}`, 64), undefined);
  });
});
