import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isMalformed, NOTHING, type Glancer } from "../../src/component/codec.ts";
import { grpc } from "../../src/codec/grpc.ts";
import { fieldText } from "../../src/record/field.ts";
import type { Provenance } from "../../src/record/provenance.ts";

const WANTED = ["host", "container_id", "pod", "container_name", "service", "program", "tag", "trace_id", "request_id"];
const FROM: Provenance = { input: "rpc", peer: "", receivedMs: 1, tag: "", labels: undefined, metadata: undefined };

/** A number as a varint, with so many bytes more than it needs. */
function varint(value: number, more: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  for (let i = 0; i < more; i += 1) {
    bytes.push((bytes.pop() ?? 0) | 0x80);
    bytes.push(0);
  }
  return Buffer.from(bytes);
}

function span(field: number, content: Buffer | string, more = 0): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(field * 8 + 2, 0), varint(bytes.length, more), bytes]);
}

function string(text: string, more = 0): Buffer {
  return span(2, span(3, text, more), more);
}

function member(name: string, value: Buffer, more = 0): Buffer {
  return span(1, Buffer.concat([span(1, name), value]), more);
}

/** The same bytes, of which fewer belong to the field. */
function shortened(field: Buffer, by: number): Buffer {
  const bytes = Buffer.from(field);
  const length = bytes[1] ?? 0;
  if (length < 0x80) bytes[1] = Math.max(0, length - by);
  return bytes;
}

function glancer(): Glancer {
  const made = grpc.glancer?.(WANTED);
  assert.ok(made !== undefined);
  return made;
}

/** What a sure glance says must be what the record says; returns whether it was sure. */
function holds(of: Glancer, frame: Buffer): boolean {
  // Neighbours that would be read if a walk went too far.
  const bytes = Buffer.concat([Buffer.from("1200", "hex"), frame, Buffer.from("0a000a00120012001a00", "hex")]);
  if (!of.look(bytes, 2, 2 + frame.length)) return false;
  const decoded = grpc.decode(bytes, 2, 2 + frame.length, FROM);
  assert.ok(decoded !== NOTHING && !isMalformed(decoded));
  const { seen } = of;
  assert.deepEqual([decoded.severityStated, decoded.severity], [true, seen.severity]);
  for (const [slot, name] of WANTED.entries()) {
    const start = seen.starts[slot] ?? -1;
    assert.equal(start < 0 ? undefined : bytes.toString("utf8", start, seen.ends[slot]), fieldText(decoded, name), name);
  }
  return true;
}

const more = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(3));
const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("web-1", "info", "a", "a".repeat(32), "4", "x y", "", "é") },
  fc.constantFrom(120, 126, 127, 128, 129, 200, 16_383, 16_384).map((length) => "m".repeat(length)),
);
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("request_id", "pod", "tag", "method", "n", "user", "kubernetes", "labels", "host") },
  fc.constantFrom("level", "", "k".repeat(130), "message", "trace_id"),
);
const number = fc.constant(Buffer.concat([Buffer.of(0x11), Buffer.from(new Float64Array([502]).buffer)]));
/** What should not be there: a broken field, one too many, nothing. */
const rest = fc
  .oneof({ weight: 3, arbitrary: fc.constant("") }, fc.constantFrom("15", "0801", "1a0178", "12"))
  .map((hex) => Buffer.from(hex, "hex"));
const value = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(text, more).map(([content, extra]) => string(content, extra)) },
  { weight: 2, arbitrary: fc.tuple(text, rest).map(([content, bytes]) => span(2, Buffer.concat([span(3, content), bytes]))) },
  { weight: 2, arbitrary: fc.tuple(number, rest).map((parts) => span(2, Buffer.concat(parts))) },
  { weight: 2, arbitrary: rest.map((bytes) => span(2, Buffer.concat([Buffer.of(0x20, 1), bytes]))) },
  fc
    .constantFrom(
      "2001",
      "0800",
      "2080",
      "20808000",
      "",
      "2001 2001",
      "0801 1a0161",
      "2a00",
      "3200",
      "2a0a0a080a0161120320",
      "15",
    )
    .map((hex) => span(2, Buffer.from(hex.replaceAll(" ", ""), "hex"))),
);
const entry = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(name, value, more).map(([key, content, extra]) => member(key, content, extra)) },
  fc.tuple(name, value).map(([key, content]) => span(1, Buffer.concat([content, span(1, key)]))),
  fc.tuple(name, value).map(([key, content]) => span(1, Buffer.concat([span(1, key), content, content]))),
  {
    weight: 4,
    arbitrary: fc.tuple(name, value, rest).map(([key, ...parts]) => span(1, Buffer.concat([span(1, key), ...parts]))),
  },
  fc.constantFrom("0a00", "0801", "1200").map((hex) => Buffer.from(hex, "hex")),
);
const struct = fc
  .tuple(fc.array(entry, { maxLength: 5 }), more)
  .map(([entries, extra]) => span(9, Buffer.concat(entries), extra));
const time = fc.constantFrom(
  "08808094c50610c0843d",
  "08808094c506",
  "",
  "108080808080808080808001",
  "0880",
  "1801",
  "08ffffffffffffffffff01",
  "0b0c",
);
const field = fc.oneof(
  { weight: 8, arbitrary: struct },
  { weight: 1, arbitrary: fc.tuple(struct, fc.nat(4)).map(([bytes, by]) => shortened(bytes, by)) },
  { weight: 4, arbitrary: fc.tuple(fc.integer({ min: 2, max: 8 }), text, more).map((parts) => span(...parts)) },
  { weight: 3, arbitrary: time.map((hex) => span(1, Buffer.from(hex, "hex"))) },
  fc
    .constantFrom("7a0161", "820101 61", "4d01020304", "0801", "1b1c", "0200")
    .map((hex) => Buffer.from(hex.replaceAll(" ", ""), "hex")),
);
const record = fc
  .tuple(fc.constantFrom("info", "error", "debug"), fc.array(field, { maxLength: 6 }), fc.boolean())
  .map(([level, fields, last]) => Buffer.concat(last ? [...fields, span(2, level)] : [span(2, level), ...fields]));

describe("the glance at gRPC records", () => {
  it("says what the full decode says, in whatever way a record is written", () => {
    const of = glancer();
    let sure = 0;
    fc.assert(
      fc.property(record, (frame) => {
        if (holds(of, frame)) sure += 1;
      }),
      { numRuns: 1_500 },
    );
    assert.ok(sure > 150, `only ${sure} of 1500 were sure`);
  });

  it("is not misled by what is cut off or changed in one byte", () => {
    const of = glancer();
    fc.assert(
      fc.property(record, fc.nat(), fc.nat(255), (frame, place, byte) => {
        holds(of, frame.subarray(0, place % frame.length));
        frame[place % frame.length] = byte;
        holds(of, frame);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is as sure of long values and longer numbers as of short ones", () => {
    const of = glancer();
    for (const length of [1, 127, 128, 16_383, 16_384, 40_000]) {
      for (const extra of [0, 1, 2, 3]) {
        const long = "m".repeat(length);
        const members = [member("note", string(long, extra), extra), member("request_id", string("r-1", extra), extra)];
        const frame = Buffer.concat([
          span(1, Buffer.from("08808094c506", "hex"), extra),
          span(2, "info", extra),
          span(3, long, extra),
          span(5, "web-1", extra),
          span(9, Buffer.concat(members), extra),
        ]);

        assert.ok(holds(of, frame), `${length} bytes, numbers of ${extra} bytes more`);
        assert.equal(frame.toString("latin1", (of.seen.starts[8] ?? 0) - 2, (of.seen.ends[8] ?? 0) - 2), "r-1");
      }
    }
  });
});
