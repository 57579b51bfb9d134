import { strict as assert } from "node:assert";
import { before, describe, it } from "node:test";
import type { MessageTypeDefinition } from "@grpc/proto-loader";
import * as fc from "fast-check";
import { grpc } from "../../src/codec/grpc.ts";
import { isMalformed, NOTHING, type Decoded } from "../../src/component/codec.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import type { FieldValue, LogRecord } from "../../src/record/record.ts";
import { Severity } from "../../src/record/severity.ts";
import { loadLogRelay } from "../../src/wire/grpc-proto.ts";

const from: Provenance = {
  input: "rpc",
  peer: "10.0.0.7",
  receivedMs: 1_795_170_767_000,
  tag: "",
  labels: undefined,
  metadata: undefined,
};

/** protobufjs writes the records that we read. */
let encoder: MessageTypeDefinition<object, object>;

before(async () => {
  // The name is that of a message in our proto file.
  encoder = (await loadLogRelay()).all["crumbtrail.v1.Record"] as MessageTypeDefinition<object, object>;
});

function encode(record: object, fields?: Readonly<Record<string, FieldValue>>): Buffer {
  return encoder.serialize(fields === undefined ? record : { ...record, fields: structOf(fields) });
}

/** A google.protobuf.Struct as proto-loader wants it. */
function structOf(object: Readonly<Record<string, FieldValue>>): object {
  return { fields: Object.fromEntries(Object.entries(object).map(([key, value]) => [key, valueOf(value)])) };
}

function valueOf(value: FieldValue): object {
  if (value === null) return { nullValue: 0 };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map((item: FieldValue) => valueOf(item)) } };
  return { structValue: structOf(value as Readonly<Record<string, FieldValue>>) };
}

function decode(bytes: Buffer, provenance = from): Decoded {
  return grpc.decode(bytes, 0, bytes.length, provenance);
}

function recordOf(bytes: Buffer, provenance = from): LogRecord {
  const decoded = decode(bytes, provenance);
  assert.ok(decoded !== NOTHING && !isMalformed(decoded), "a record");
  return decoded;
}

/** A length-delimited field. */
function span(field: number, content: Buffer): Buffer {
  const head = [field * 8 + 2];
  let rest = content.length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) head.push((rest % 0x80) | 0x80);
  return Buffer.concat([Buffer.from([...head, rest]), content]);
}

function malformedOf(hex: string): string {
  const decoded = decode(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  assert.ok(isMalformed(decoded));
  return decoded.malformed;
}

describe("the gRPC codec", () => {
  it("reads every field of a record", () => {
    const record = recordOf(
      encode(
        {
          time: { seconds: 1_795_170_700, nanos: 123_456_000 },
          severity: "error",
          message: "payment failed: größer",
          logger: "com.example.Payments",
          host: "web-1",
          service: "shop",
          trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
          span_id: "00f067aa0ba902b7",
        },
        { amount: 12.5, retry: true, note: null, cart: { items: ["a", 1, { b: false }] } },
      ),
    );

    assert.equal(record.timeMs, 1_795_170_700_123.456);
    assert.equal(record.severity, Severity.error);
    assert.equal(record.severityStated, true);
    assert.equal(record.message, "payment failed: größer");
    assert.equal(record.logger, "com.example.Payments");
    assert.equal(record.host, "web-1");
    assert.equal(record.service, "shop");
    assert.equal(record.traceId, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.equal(record.spanId, "00f067aa0ba902b7");
    assert.equal(record.fields.get("amount"), 12.5);
    assert.equal(record.fields.get("retry"), true);
    assert.deepEqual(record.fields.get("cart"), { items: ["a", 1, { b: false }] });
    assert.equal(record.from, from);
  });

  it("makes a record of an empty message", () => {
    const record = recordOf(Buffer.alloc(0));

    assert.equal(record.message, "(no message)");
    assert.equal(record.timeMs, from.receivedMs);
    assert.equal(record.severity, Severity.info);
    assert.equal(record.severityStated, false);
    assert.equal(record.host, "10.0.0.7");
  });

  it("takes severities in the usual spellings, words and syslog numbers", () => {
    const cases = {
      error: "error",
      ERROR: "error",
      warn: "warning",
      Warning: "warning",
      crit: "fatal",
      notice: "notice",
      "3": "error",
      "7": "debug",
    } as const;
    for (const [severity, name] of Object.entries(cases)) {
      assert.equal(recordOf(encode({ severity })).severity, Severity[name], severity);
    }
    assert.equal(recordOf(encode({ severity: "purple" })).severity, Severity.info);
  });

  it("prefers the fields of the record to members of the same meaning, in whatever order they come, and keeps both", () => {
    const fields = encode(
      {},
      { level: "debug", severity: "info", message: "inner", msg: "short", timestamp: 5, "@timestamp": 6, logger: "inner" },
    );
    const own = encode({ severity: "error", message: "outer", logger: "outer", time: { seconds: 1_795_170_700 } });

    for (const bytes of [Buffer.concat([own, fields]), Buffer.concat([fields, own])]) {
      const record = recordOf(bytes);
      assert.equal(record.severity, Severity.error);
      assert.equal(record.message, "outer");
      assert.equal(record.logger, "outer");
      assert.equal(record.timeMs, 1_795_170_700_000);
      assert.equal(record.fields.get("msg"), "short");
      assert.equal(record.fields.get("fields.message"), "inner");
      assert.equal(record.fields.get("fields.logger"), "inner");
    }
  });

  it("lets members of `fields` speak where the record says nothing", () => {
    const record = recordOf(
      encode(
        { message: "m" },
        { level: "warn", logger_name: "a.B", environment: "prod", user_id: "42", stack_trace: "Error: x\n    at f (a.js:1:2)" },
      ),
    );

    assert.equal(record.severity, Severity.warning);
    assert.equal(record.logger, "a.B");
    assert.equal(record.environment, "prod");
    assert.equal(record.user?.id, "42");
    assert.match(record.stackText ?? "", /at f/);
  });

  it("fills what is missing from the metadata of the call", () => {
    const metadata = new Map([
      ["trace_id", "0af7651916cd43dd8448eb211c80319c"],
      ["user_id", "7"],
    ]);

    const record = recordOf(encode({ message: "m" }), { ...from, metadata });
    const own = recordOf(encode({ message: "m", trace_id: "4bf92f3577b34da6a3ce929d0e0e4736" }), { ...from, metadata });

    assert.equal(record.traceId, "0af7651916cd43dd8448eb211c80319c");
    assert.equal(record.user?.id, "7");
    assert.equal(own.traceId, "4bf92f3577b34da6a3ce929d0e0e4736");
  });

  it("takes the time of arrival for a time before 1970", () => {
    assert.equal(recordOf(encode({ time: { seconds: -62_135_596_800 } })).timeMs, from.receivedMs);
  });

  it("skips fields that it does not know, and known ones of another wire type", () => {
    const unknown = Buffer.from(
      ["f20100", "581f", "5d00000000", "6100000000000000f0", "7b0801 7c", "1007", "4801"].join("").replaceAll(" ", ""),
      "hex",
    );

    const record = recordOf(Buffer.concat([unknown, encode({ message: "still here" }), unknown]));

    assert.equal(record.message, "still here");
    assert.equal(record.severity, Severity.info);
  });

  it("replaces invalid UTF-8", () => {
    assert.equal(recordOf(Buffer.from("1a03 61ff62".replace(" ", ""), "hex")).message, "a�b");
  });

  it("says what is wrong with a frame that is no record", () => {
    assert.equal(malformedOf("1a05 6162"), "no crumbtrail.v1.Record: a field that runs past the end at byte 2");
    assert.equal(malformedOf("7b22 6d"), "no crumbtrail.v1.Record: a field that runs past the end at byte 3");
    assert.equal(malformedOf("4a04 0a02 0a05"), "no crumbtrail.v1.Record: a field that runs past the end at byte 6");
  });

  it("reads only the bytes of its frame", () => {
    const frame = encode({ message: "mine" });
    const bytes = Buffer.concat([Buffer.from([0xff]), frame, encode({ message: "other" })]);

    const decoded = grpc.decode(bytes, 1, 1 + frame.length, from);

    assert.ok(decoded !== NOTHING && !isMalformed(decoded));
    assert.equal(decoded.message, "mine");
  });

  it("leaves objects that are nested too deeply as a marker", () => {
    // Lists within lists, from the inside: Value { list = 6 }, ListValue { values = 1 }.
    let value: Buffer = Buffer.from("1a06626f74746f6d", "hex");
    for (let depth = 0; depth < 3_000; depth += 1) value = span(6, span(1, value));
    const entry = Buffer.concat([span(1, Buffer.from("value")), span(2, value)]);

    const record = recordOf(span(9, span(1, entry)));

    const text = JSON.stringify(record.fields.get("value"));
    assert.ok(text.length < 1_000 && !text.includes("bottom"), text);
  });

  it("survives a megabyte of lengths that lie, and takes a megabyte of text", () => {
    const lies = Buffer.concat([
      Buffer.from("4affff3f0affff3f12ffff3f", "hex"),
      Buffer.alloc(1 << 20, Buffer.from("32ffff3f0affff3f", "hex")),
    ]);
    const long = recordOf(encode({ message: "x".repeat(1 << 20), severity: "e".repeat(1 << 20) }, { long: "y".repeat(1 << 20) }));

    assert.ok(isMalformed(decode(lies)));
    assert.ok(long.message.startsWith("xxx"));
  });

  it("takes member names such as __proto__ for names", () => {
    const bytes = encode({ message: "m" }, { pr0t0: { pr0t0: 1 } });
    const renamed = Buffer.from(bytes.toString("latin1").replaceAll("\n\x05pr0t0", "\n\x05proto"), "latin1");
    const struct = (key: string, value: Buffer) => span(9, span(1, Buffer.concat([span(1, Buffer.from(key)), span(2, value)])));
    const polluted = span(5, struct("polluted", Buffer.from("2001", "hex")).subarray(2));

    const record = recordOf(
      Buffer.concat([renamed, struct("__proto__", polluted), struct("a", span(5, struct("__proto__", polluted).subarray(2)))]),
    );

    assert.equal(record.message, "m");
    assert.deepEqual(record.fields.get("proto"), { proto: 1 });
    assert.equal("polluted" in {}, false);
    assert.equal("polluted" in Object(record.fields.get("a")), false);
  });

  it("reads back what protobufjs wrote", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).map((value) => `a${value}z`);
    const scalar = fc.oneof(text, fc.integer(), fc.boolean());
    const value: fc.Arbitrary<FieldValue> = fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^k_[a-z]{1,8}$/), scalar, { maxKeys: 4, noNullPrototype: true }),
    );
    fc.assert(
      fc.property(
        fc.tuple(text, text, text),
        value,
        fc.integer({ min: 1_500_000_000_000, max: from.receivedMs }),
        ([message, logger, service], custom, timeMs) => {
          const seconds = Math.floor(timeMs / 1_000);
          const record = recordOf(
            encode({ message, logger, service, time: { seconds, nanos: (timeMs % 1_000) * 1e6 } }, { my_own: custom }),
          );

          assert.equal(record.logger, logger);
          assert.equal(record.service, service);
          assert.equal(record.timeMs, timeMs);
          assert.deepEqual(record.fields.get("my_own"), custom);
          assert.equal(record.message, message);
        },
      ),
    );
  });

  it("never throws, on any bytes", () => {
    const whole = () => encode({ severity: "error", message: "m", time: { seconds: 1 } }, { a: { b: [1, "x", null] }, c: 1.5 });
    const byte = fc.oneof(fc.constantFrom(0x0a, 0x12, 0x1a, 0x4a, 0x32, 0x2a, 0x08, 0x11, 0x0b, 1, 2, 3, 4, 0x80), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 120 }), (bytes) => {
        decode(Buffer.from(bytes));
      }),
      { numRuns: 600 },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), fc.nat(), (changes, cut) => {
        const bytes = whole();
        for (const [at, to] of changes) bytes[at % bytes.length] = to;
        decode(bytes.subarray(0, cut % (bytes.length + 1)));
      }),
      { numRuns: 600 },
    );
  });
});
