import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Sighting } from "../../src/component/codec.ts";
import { JsonGlance } from "../../src/codec/json-glance.ts";
import { sightOf } from "../../src/codec/glance-names.ts";
import { Shapes, type Noted } from "../../src/codec/shapes.ts";

const TEXT: Noted = { kind: 1, sight: sightOf("skip"), barred: -1 };
const NUMBER: Noted = { kind: 2, sight: sightOf("skip"), barred: 0x22 };
const WANTED = ["host", "service", "request_id"];

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Learns one value that stands behind a literal. */
function learn(shapes: Shapes, literal: string, value: Noted): void {
  shapes.begin();
  shapes.note(literal.length, literal.length + 1, value);
  shapes.learn(Buffer.from(`${literal}v`), 0);
}

/** The kind of the value that a text's shape has first; undefined for no known shape. */
function kindIn(shapes: Shapes, text: string): number | undefined {
  const bytes = Buffer.from(text);
  return shapes.next(shapes.root, viewOf(bytes), 0, bytes.length)?.kind;
}

/** What counts of a sighting: the rest is left over from earlier ones. */
function said({ severity, starts, ends, messages, messageStarts, messageEnds }: Sighting): unknown {
  const values = [...starts].map((start, slot) => (start < 0 ? "absent" : [start, ends[slot]]));
  return [severity, values, [...messageStarts.subarray(0, messages)], [...messageEnds.subarray(0, messages)]];
}

describe("Shapes", () => {
  it("knows what it learnt, and nothing that differs in one byte", () => {
    for (const literal of ["}", '"}', '{"a":', '{"level":', '{"a_long_name_of_a_member":"']) {
      const shapes = new Shapes();
      learn(shapes, literal, TEXT);

      assert.equal(kindIn(shapes, `${literal}x`), 1, literal);
      assert.equal(kindIn(shapes, literal.slice(0, -1)), undefined, literal);
      for (let place = 0; place < literal.length; place += 1) {
        const changed = `${literal.slice(0, place)}#${literal.slice(place + 1)}x`;
        assert.equal(kindIn(shapes, changed), undefined, changed);
      }
    }
  });

  it("tells a string from another value of the same name", () => {
    const shapes = new Shapes();
    learn(shapes, '{"user":', NUMBER);
    learn(shapes, '{"user":"', TEXT);

    assert.equal(kindIn(shapes, '{"user":null'), 2);
    assert.equal(kindIn(shapes, '{"user":"x'), 1);
    assert.equal(kindIn(shapes, '{"user":7'), 2);
  });

  it("stays small when every record has names of its own", () => {
    const shapes = new Shapes();
    for (let i = 0; i < 20_000; i += 1) {
      for (let j = 0; j < 3; j += 1) learn(shapes, `{"n${i}_${j}":`, NUMBER);
      assert.ok(shapes.root.ways.length <= 16);
    }
  });

  it("learns what comes after names that nobody uses any more", () => {
    const glance = new JsonGlance("json", WANTED);
    const look = (text: string): boolean => {
      const bytes = Buffer.from(text);
      return glance.look(bytes, 0, bytes.length);
    };
    for (let i = 0; i < 30_000; i += 1) assert.ok(look(`{"level":"info","n${i % 50}":{"x":1},"m${i}":"x","message":"hello"}`));
    assert.ok(look('{"level":"info","host":"web-1","message":"hello"}'));
  });

  it("makes a glance say what it says of a record whose shape it never saw", () => {
    const value = fc.oneof(
      fc.constantFrom('"web-1"', '"a b"', '""', '"é"', '"x\\ny"', '"-"', '"\\u0041"', "7", "-1", "0", "1.5", "1e3", "01", "null"),
      fc.constantFrom("true", "{}", "[1]", '{"name":"x"}', '"', "", '"a\u0001b"', '"unfinished', "3"),
    );
    const name = fc.constantFrom("host", "_host", "service", "level", "message", "x", "request_id", "kubernetes", "time");
    const space = fc.constantFrom("", "", "", " ");
    const members = fc.array(fc.tuple(name, space, fc.array(value, { minLength: 2, maxLength: 4 })), {
      minLength: 1,
      maxLength: 6,
    });
    let known = 0;
    fc.assert(
      fc.property(fc.constantFrom("gelf" as const, "json" as const), members, (dialect, list) => {
        const trained = new JsonGlance(dialect, WANTED);
        // The same names and blanks with one set of values after another.
        for (let round = 0; round < 4; round += 1) {
          const body = list.map(([key, blank, values]) => `"${key}":${blank}${values[round % values.length]}`).join(",");
          const bytes = Buffer.from(`junk{"level":6,${body}}junk`);
          const fresh = new JsonGlance(dialect, WANTED);
          const expected = fresh.look(bytes, 4, bytes.length - 4);
          const actual = trained.look(bytes, 4, bytes.length - 4);
          if (actual) {
            known += 1;
            assert.ok(expected);
            assert.deepEqual(said(trained.seen), said(fresh.seen));
          }
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(known > 30, `only ${known}`);
  });
});
