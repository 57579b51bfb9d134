import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseObject, trimmed } from "../../src/codec/json-object.ts";

function parsed(text: string | Buffer): unknown {
  const bytes = Buffer.from(text);
  const { start, end } = trimmed(bytes, 0, bytes.length);
  return parseObject(bytes, start, end);
}

describe("parseObject", () => {
  const LENIENT: [string, string | Buffer, unknown][] = [
    ["a byte order mark and blanks", '\ufeff \r\n\t{"a":1} \r\n', { a: 1 }],
    ["trailing NULs", '{"a":1}\0\0\n', { a: 1 }],
    ["trailing commas", '{"a":[1,2,],"b":{"c":3 , } ,\n}', { a: [1, 2], b: { c: 3 } }],
    ["raw control characters inside strings", '{"a":"x\n\ty\u0001","b":"\r"}', { a: "x\n\ty\u0001", b: "\r" }],
    ["commas and brackets inside strings as they are", '{"a":"x,}\n,]",}', { a: "x,}\n,]" }],
    [
      "escapes that JSON does not know",
      String.raw`{"a":"it\'s \x41 \u12 C:\dir","b":1,}`,
      { a: String.raw`it\'s \x41 \u12 C:\dir`, b: 1 },
    ],
    ["Python's numbers", '{"a":NaN,"b":-Infinity,"c":[Infinity]}', { a: "NaN", b: "-Infinity", c: ["Infinity"] }],
    [
      "invalid UTF-8",
      Buffer.concat([Buffer.from('{"a":"x'), Buffer.from([0xff, 0xc3]), Buffer.from('y"}')]),
      { a: "x\ufffd\ufffdy" },
    ],
    ["members twice, the last one counts", '{"a":1,"a":2}', { a: 2 }],
  ];
  for (const [what, text, expected] of LENIENT) {
    it(`takes ${what}`, () => {
      assert.deepEqual(parsed(text), expected);
    });
  }

  const FAULTS: [string, string][] = [
    ["hello world, this is no JSON at all", 'not JSON: unexpected "h" at byte 0 ("hello world, this is no ...")'],
    ['{"a":1', 'not JSON: unexpected end at byte 6 ("{"a":1")'],
    ['{"a":"x', 'not JSON: unexpected end at byte 7 ("{"a":"x")'],
    ['{"a":tru}', 'not JSON: unexpected "t" at byte 5 ("{"a":tru}")'],
    ['{"a" 1}', 'not JSON: unexpected "1" at byte 5 ("{"a" 1}")'],
    ['{"a":1 "b":2}', 'not JSON: unexpected "\\"" at byte 7 ("{"a":1 "b":2}")'],
    ["{'a':1}", `not JSON: unexpected "'" at byte 1 ("{'a':1}")`],
    ['{"a":01}', 'not JSON: unexpected "1" at byte 6 ("{"a":01}")'],
    ['{"a":1]', 'not JSON: unexpected "]" at byte 6 ("{"a":1]")'],
    ['{"a":1}}', 'not JSON: unexpected "}" at byte 7 ("{"a":1}}")'],
    ['{"a":1}{"a":2}', 'not JSON: a second object begins at byte 7 ("{"a":1}{"a":2}")'],
    ['{"a":[1,2', 'not JSON: unexpected end at byte 9 ("{"a":[1,2")'],
    ['{,"a":1}', 'not JSON: unexpected "," at byte 1 ("{,"a":1}")'],
    ["\u0001\u0002", 'not JSON: unexpected byte 1 at byte 0 ("\\x01\\x02")'],
    ["[1,2]", 'not a JSON object ("[1,2]")'],
    ['"text"', 'not a JSON object (""text"")'],
    ["42", 'not a JSON object ("42")'],
    ["null", 'not a JSON object ("null")'],
  ];
  for (const [text, expected] of FAULTS) {
    it(`says what is wrong with ${JSON.stringify(text)}`, () => {
      assert.equal(parsed(text), expected);
    });
  }

  it("shows the bytes around a late fault", () => {
    assert.equal(
      parsed(`{"message":"${"x".repeat(100)}", oops: 1}`),
      'not JSON: unexpected "o" at byte 115 ("xxxxxxxxx", oops: 1}")',
    );
  });

  it("names the compression of a compressed frame", () => {
    for (const [magic, name] of [
      [[0x1f, 0x8b, 8], "gzip"],
      [[0x78, 0x9c, 1], "zlib"],
      [[0x28, 0xb5, 0x2f, 0xfd], "zstd"],
    ] as const) {
      assert.match(String(parsed(Buffer.from(magic))), new RegExp(`^compressed frame \\(${name}\\) over TCP; `));
    }
    assert.match(String(parsed("xyz")), /^not JSON/);
  });

  it("refuses what is nested deeper than 1000 levels, before it costs memory", () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const deep = `{"a":${open.repeat(100_000)}1${close.repeat(100_000)}}`;
      assert.match(String(parsed(deep)), /^nested deeper than 1000 levels at byte \d+$/);
    }
    const brackets = JSON.stringify({ a: "[".repeat(100_000), b: '\\"[[[' });
    assert.deepEqual(parsed(brackets), JSON.parse(brackets));
    assert.equal(typeof parsed(`{"a":${"[".repeat(8_000)}${"]".repeat(8_000)}}`), "object");
  });

  it("answers on hostile megabytes", () => {
    for (const part of ['"', "\\", ",", "{", '{"', "[,", '{"a":', "1", "\n", '"\\', "NaN", "-", " "]) {
      const answer = parsed(`{"a":"${part.repeat((1 << 20) / part.length)}`);
      assert.ok(typeof answer === "string" || typeof answer === "object");
    }
  });

  it("reads every object that JSON.stringify prints", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object);
        assert.deepEqual(parsed(text), JSON.parse(text));
      }),
    );
  });

  it("answers with an object or a reason whatever the bytes, and whatever is done to good ones", () => {
    const good = Buffer.from(
      '{"version":"1.1","host":"h","short_message":"a\\u00e9\\"b","level":3,"_a":[1,{"b":null}],"_c":1e3}',
    );
    const edit = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255), cut: fc.nat(good.length) });
    const mutated = fc.array(edit, { maxLength: 4 }).map((edits) => {
      let bytes = Buffer.from(good);
      for (const { at, byte, cut } of edits) {
        bytes[Math.min(at, bytes.length - 1)] = byte;
        if (cut % 5 === 0) bytes = bytes.subarray(0, Math.max(1, cut));
      }
      return bytes;
    });
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(any, mutated), (bytes) => {
        const answer = parsed(bytes);
        assert.ok(typeof answer === "string" ? answer !== "" : typeof answer === "object");
      }),
      { numRuns: 600 },
    );
  });
});
