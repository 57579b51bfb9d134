import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { autoLine } from "../../src/codec/auto-line.ts";
import { jsonLine } from "../../src/codec/json-line.ts";
import { textLine } from "../../src/codec/text-line.ts";
import { isMalformed, NOTHING, type Codec } from "../../src/component/codec.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { provenance } from "../support/provenance.ts";

const from = provenance();

function decode(codec: Codec, line: string | Buffer) {
  const bytes = Buffer.from(line);
  return codec.decode(bytes, 0, bytes.length, from);
}

function record(codec: Codec, line: string | Buffer): LogRecord {
  const decoded = decode(codec, line);
  assert.ok(decoded !== NOTHING && !isMalformed(decoded));
  return decoded;
}

describe("text", () => {
  it("is the line without its end and its colours", () => {
    const { message, rawLine, severity, severityStated, host, fields, timeMs } = record(
      textLine,
      "  \u001b[31mERROR\u001b[0m boom \t\r\n",
    );
    assert.equal(message, "  ERROR boom \t");
    assert.equal(rawLine, true);
    assert.equal(severity, 9);
    assert.equal(severityStated, false);
    assert.equal(host, "10.0.0.7");
    assert.equal(fields.size, 0);
    assert.equal(timeMs, from.receivedMs);
  });

  it("is never an object", () => {
    assert.equal(record(textLine, '{"msg":"x"}').message, '{"msg":"x"}');
  });

  it("is nothing where it is blank", () => {
    for (const line of ["", "\n", "\r\n", "  \t ", "\u001b[0m"]) assert.equal(decode(textLine, line), NOTHING);
  });

  it("replaces what is no UTF-8", () => {
    assert.equal(record(textLine, Buffer.from([0x61, 0xff, 0x62])).message, "a\ufffdb");
  });
});

describe("json", () => {
  it("is an object, as any logger writes it", () => {
    const { message, severity, rawLine } = record(jsonLine, '\ufeff{"msg":"x","level":50}\r\n');
    assert.deepEqual([message, severity, rawLine], ["x", 17, false]);
  });

  it("is GELF where it is GELF", () => {
    const { message, fields } = record(jsonLine, '{"short_message":"x","_team":"y"}');
    assert.equal(message, "x");
    assert.deepEqual([...fields], [["team", "y"]]);
  });

  it("is malformed where it is no object, and nothing where it is blank", () => {
    assert.deepEqual(decode(jsonLine, "plain text"), { malformed: 'not JSON: unexpected "p" at byte 0 ("plain text")' });
    assert.deepEqual(decode(jsonLine, "[1]"), { malformed: 'not a JSON object ("[1]")' });
    for (const line of ["", " \r\n"]) assert.equal(decode(jsonLine, line), NOTHING);
  });
});

describe("auto", () => {
  it("is an object where it parses as one, else text", () => {
    assert.equal(record(autoLine, ' {"msg":"x"} \n').message, "x");
    assert.equal(record(autoLine, '{"short_message":"x","level":3}').severity, 17);
    assert.equal(record(autoLine, '{"msg":"x\ty",}').message, "x\ty");
    for (const line of ["{ a: 1 }", "{", '{"msg":"x"', '{"msg":"x"} trailing', "{}", "[1]", '"x"', "}", "plain"]) {
      const { message, rawLine } = record(autoLine, line);
      assert.deepEqual([message, rawLine], [line, true]);
    }
  });

  it("is nothing where it is blank", () => {
    for (const line of ["", " ", "\r\n", "\ufeff"]) assert.equal(decode(autoLine, line), NOTHING);
  });
});

describe("line codecs", () => {
  it("never throw, whatever the bytes", () => {
    const good = '{"level":50,"time":1787331643000,"msg":"x","err":{"stack":"E"},"req":{"url":"/"}}';
    const mutated = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 5 }).map((edits) => {
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
        fc.constantFrom(autoLine, jsonLine, textLine),
        (bytes, codec) => {
          const decoded = codec.decode(bytes, 0, bytes.length, from);
          assert.ok(decoded === NOTHING || (isMalformed(decoded) ? codec === jsonLine : decoded.message !== ""));
        },
      ),
      { numRuns: 600 },
    );
  });
});
