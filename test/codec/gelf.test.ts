import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { gelf } from "../../src/codec/gelf.ts";
import { isMalformed, NOTHING } from "../../src/component/codec.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { severityName } from "../../src/record/severity.ts";
import { datagramsOf } from "../support/gelf-captures.ts";
import { provenance } from "../support/provenance.ts";

const RECEIVED = Date.UTC(2026, 10, 20, 12);
const from = provenance({ receivedMs: RECEIVED });

function decode(frame: string | Buffer) {
  // In the middle of other bytes, as frames are.
  const bytes = Buffer.concat([Buffer.from("{{"), Buffer.from(frame), Buffer.from("}}")]);
  return gelf.decode(bytes, 2, bytes.length - 2, from);
}

function record(frame: string | Buffer): LogRecord {
  const decoded = decode(frame);
  assert.ok(decoded !== NOTHING && !isMalformed(decoded), JSON.stringify(decoded));
  return decoded;
}

/** The frames of a recorded TCP connection. */
function framesOf(capture: string): Buffer[] {
  const path = fileURLToPath(new URL(`../../../test/fixtures/gelf/${capture}`, import.meta.url));
  return readFileSync(path, "latin1")
    .split("\0")
    .filter((frame) => frame !== "")
    .map((frame) => Buffer.from(frame, "latin1"));
}

function summary(frame: Buffer): string {
  const { severity, severityStated, logger, message } = record(frame);
  const level = severityStated ? severityName(severity) : `(${severityName(severity)})`;
  return `${level} ${logger ?? "-"}: ${message.length > 40 ? `${message.slice(0, 20)}...${message.length}` : message}`;
}

describe("gelf", () => {
  it("reads a full message by the letter of GELF 1.1", () => {
    const frame =
      '{"version":"1.1","host":"web-1","short_message":"boom","full_message":"boom\\nat a","timestamp":1795170816.3677,"level":3,"facility":"shop","line":7,"file":"a.c","_user_id":9,"_some_info":"x","_n":1.5}';
    const { fields, from: _from, ...rest } = record(frame);

    assert.deepEqual(Object.fromEntries(fields), { line: 7, file: "a.c", some_info: "x", n: 1.5, full_message: "boom\nat a" });
    assert.equal(rest.timeMs, 1795170816367.7);
    assert.equal(rest.message, "boom");
    assert.equal(rest.severity, 17);
    assert.equal(rest.severityStated, true);
    assert.equal(rest.host, "web-1");
    assert.equal(rest.logger, "shop");
    assert.equal(rest.stackText, "boom\nat a");
    assert.deepEqual(rest.user, { id: "9" });
  });

  const LENIENT: [string, string, Partial<LogRecord>][] = [
    ["no version", '{"host":"h","short_message":"m"}', { message: "m", host: "h" }],
    [
      "version 1.0, texts for time and level",
      '{"version":"1.0","short_message":"m","timestamp":"1795170816.367","level":"4"}',
      { timeMs: 1795170816367, severity: 13 },
    ],
    ["no host", '{"short_message":"m"}', { host: "10.0.0.7" }],
    ["a blank host", '{"short_message":"m","host":""}', { host: "10.0.0.7" }],
    ["a host that is no text", '{"short_message":"m","host":3}', { host: "10.0.0.7" }],
    ["message for short_message", '{"message":"m"}', { message: "m" }],
    ["a blank short_message beside message", '{"short_message":" ","message":"m"}', { message: "m" }],
    ["a short_message that is a number", '{"short_message":12345}', { message: "12345" }],
    ["a short_message that is null", '{"short_message":null,"_a":1}', { message: "(no message)" }],
    ["no message at all", '{"_a":1}', { message: "(no message)" }],
    ["a time in milliseconds", '{"short_message":"m","timestamp":1795170816367}', { timeMs: 1795170816367 }],
    ["a time that is zero", '{"short_message":"m","timestamp":0}', { timeMs: RECEIVED }],
    ["a time in the far future", '{"short_message":"m","timestamp":99999999999}', { timeMs: RECEIVED }],
    ["a time that is none", '{"short_message":"m","timestamp":"soon"}', { timeMs: RECEIVED }],
    ["a time in scientific notation", '{"short_message":"m","timestamp":1.795170816e9}', { timeMs: 1795170816000 }],
    ["a time as RFC 3339", '{"short_message":"m","timestamp":"2026-11-20T10:33:36Z"}', { timeMs: 1795170816000 }],
    ["no level", '{"short_message":"m"}', { severity: 9, severityStated: false }],
    ["a level beyond syslog", '{"short_message":"m","level":25}', { severity: 9, severityStated: false }],
    ["a level word", '{"short_message":"m","level":"err"}', { severity: 17 }],
    ["blanks, a byte order mark and trailing NULs", '\ufeff \n{"short_message":"m"}\r\n\0\0', { message: "m" }],
    ["what follows a whole object", '{"short_message":"m"} trailing', { message: "m" }],
    ["a second object behind the first", '{"short_message":"m"}{"short_message":"n"}', { message: "m" }],
    ["trailing commas and raw control characters", '{"short_message":"a\n\tb","_x":[1,],}', { message: "a\n\tb" }],
    ["pretty printing", JSON.stringify({ short_message: "m" }, undefined, 2), { message: "m" }],
    ["members twice", '{"short_message":"a","short_message":"m"}', { message: "m" }],
  ];
  for (const [what, frame, expected] of LENIENT) {
    it(`takes ${what}`, () => {
      const decoded = record(frame);
      assert.deepEqual({ ...decoded, ...expected }, decoded);
    });
  }

  it("keeps values as they are where Graylog would drop them", () => {
    const { fields } = record(
      '{"short_message":"m","_bool":true,"_null":null,"_map":{"a":[1]},"_":5,"__pre":1,"_id":"i","_version":"9","loose":1,"_sp ace":2,"__proto__":{"x":1},"___proto__":{"x":1}}',
    );
    assert.deepEqual(
      [...fields.keys()],
      ["bool", "map", "_", "_pre", "gelf_id", "version", "loose", "sp ace", "_proto__", "__proto__"],
    );
    assert.deepEqual(fields.get("map"), { a: [1] });
    assert.equal(({} as { x?: number }).x, undefined);
  });

  it("takes an object with any field but version for a record", () => {
    for (const frame of ["{}", '{"version":"1.1"}', "{,}", " {} "])
      assert.deepEqual(decode(frame), { malformed: "an object without any field but version" });
    assert.equal(record('{"version":"1.1","x":null}').message, "(no message)");
  });

  it("takes an empty frame for nothing", () => {
    for (const frame of ["", " ", "\n\0", "\ufeff"]) assert.equal(decode(frame), NOTHING);
  });

  it("says what is wrong with a frame that is no record", () => {
    assert.deepEqual(decode("hello world"), { malformed: 'not JSON: unexpected "h" at byte 0 ("hello world")' });
    assert.deepEqual(decode('[{"short_message":"m"}]'), { malformed: 'not a JSON object ("[{"short_message":"m"}]")' });
    assert.match(JSON.stringify(decode(gzipSync('{"short_message":"m"}'))), /compressed frame \(gzip\) over TCP/);
  });

  it("replaces what is no UTF-8", () => {
    const frame = Buffer.concat([Buffer.from('{"short_message":"caf'), Buffer.from([0xe9]), Buffer.from('"}')]);
    assert.equal(record(frame).message, "caf\ufffd");
  });

  it("reads a message of 1 MiB and a hundred thousand levels of nothing", () => {
    assert.equal(record(JSON.stringify({ short_message: "x".repeat(1 << 20) })).message.length, 1 << 20);
    assert.match(JSON.stringify(decode(`{"short_message":"m","_a":${"[".repeat(100_000)}`)), /nested deeper than 1000 levels/);
    assert.equal(record(`{"short_message":"m","_a":${"[".repeat(999)}${"]".repeat(999)}}`).message, "m");
  });

  it("never throws, whatever the bytes", () => {
    const good =
      '{"version":"1.1","host":"h","short_message":"m","timestamp":1795170816,"level":3,"_trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","_err":{"stack":["a","b"]},"_kubernetes":{"labels":{}}}';
    const mutated = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }).map((edits) => {
      const bytes = Buffer.from(good);
      for (const [at, byte] of edits) bytes[at] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
          mutated,
        ),
        fc.nat(20),
        fc.nat(20),
        (bytes, front, back) => {
          const start = Math.min(front, bytes.length);
          const decoded = gelf.decode(bytes, start, Math.max(start, bytes.length - back), from);
          assert.ok(decoded === NOTHING || (isMalformed(decoded) ? decoded.malformed !== "" : decoded.message !== ""));
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe("captured GELF", () => {
  it("of graypy", () => {
    assert.deepEqual(datagramsOf("graypy-udp-plain").map(summary), [
      "debug shop.plain: debug line",
      "info shop.plain: info: Überweisung 42 € 😀",
      "warning shop.plain: warn",
      "error shop.plain: error with extras",
      "fatal shop.plain: critical\nsecond line\n\ttabbed",
      "error shop.plain: caught",
      "(info) shop.plain: custom level 25",
      "info shop.plain: (no message)",
    ]);
    const caught = datagramsOf("graypy-udp-plain").map(record)[5];
    assert.match(caught?.stackText ?? "", /^Traceback/);
  });

  it("of syslog-ng", () => {
    assert.deepEqual(framesOf("syslog-ng-gelf-tcp-conn1.bin").map(summary), [
      "notice shopd: Überweisung gescheitert: 42 €",
      "error shopd: first line of an error",
      "info user: nil everything",
      "debug app: structured types",
      'notice app: quotes " backslash \\...47',
      "notice app: bad utf8 \\xff\\xfe \\xc3( end",
      "notice app: LLLLLLLLLLLLLLLLLLLL...3000",
      "notice app: MMMMMMMMMMMMMMMMMMMM...20000",
      "fatal su: 'su root' failed for...41",
      "notice no: header at all",
      "info prog: 12345",
    ]);
  });

  it("of Fluent Bit", () => {
    assert.deepEqual(framesOf("fluent-bit-gelf-tcp-conn1.bin").map(summary), [
      "error -: Überweisung 42 € 😀",
      "info -: types",
      "warning -: nested",
      "notice f: keys",
      '(info) -: ctrl \u0001 \u007f quote " back \\ slash / \u2028 end',
      "debug -: own timestamp",
      "(info) -: string timestamp",
      "(info) -: (no message)",
      "(info) -: 12345",
      "(info) -: compressible compres...3900",
      "(info) -: V*XV$.on$Y=;ncVCib'_...6000",
      "(info) -: last",
    ]);
  });
});
