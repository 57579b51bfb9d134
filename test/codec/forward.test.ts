import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { forward } from "../../src/codec/forward.ts";
import { NOTHING, isMalformed } from "../../src/component/codec.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { Severity } from "../../src/record/severity.ts";
import { CarryBudget } from "../../src/wire/carry.ts";
import { ForwardEntries } from "../../src/wire/forward-entries.ts";
import { ForwardFramer } from "../../src/wire/forward-framer.ts";
import { gunzipBounded } from "../../src/wire/gunzip.ts";
import { CAPTURES, array, capture, entry, eventTime, hex, msgpack } from "../support/forward-bytes.ts";

/** When the captures were made: 2026-08-22. */
const RECEIVED_MS = 1_787_408_200_000;

function provenance(tag = "app", metadata?: ReadonlyMap<string, string>): Provenance {
  return { input: "fluent", peer: "10.0.0.7", receivedMs: RECEIVED_MS, tag, labels: undefined, metadata };
}

function decode(frame: Buffer, from = provenance()): ReturnType<typeof forward.decode> {
  return forward.decode(frame, 0, frame.length, from);
}

/** The record of a frame that is one. */
function recordOf(frame: Buffer, from = provenance()): LogRecord {
  const decoded = decode(frame, from);
  assert.ok(decoded !== NOTHING && !isMalformed(decoded), decoded === NOTHING ? "nothing" : JSON.stringify(decoded));
  return decoded;
}

function reasonOf(frame: Buffer): string {
  const decoded = decode(frame);
  assert.ok(decoded !== NOTHING && isMalformed(decoded));
  return decoded.malformed;
}

/** The records of a connection, cut and unpacked as the input does it. */
async function recordsOf(name: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (const { body, tag } of new ForwardFramer(1 << 20, new CarryBudget(1 << 20)).push(capture(name))) {
    if (body.kind === "malformed") throw new Error(body.reason);
    if (body.kind === "frames") {
      for (let i = 0; i < body.bounds.length; i += 2)
        records.push(recordOf(body.bytes.subarray(body.bounds[i], body.bounds[i + 1]), provenance(tag)));
      continue;
    }
    const unpacked = body.kind === "gzip" ? await gunzipBounded(body.bytes, 1 << 20) : undefined;
    const bytes = unpacked?.kind === "bytes" ? unpacked.bytes : body.bytes;
    const entries = new ForwardEntries(
      bytes,
      body.kind === "gzip" ? 0 : body.start,
      body.kind === "gzip" ? bytes.length : body.end,
    );
    while (!entries.done) {
      const { bounds, metadata } = entries.next();
      for (let i = 0; i < bounds.length; i += 2)
        records.push(recordOf(bytes.subarray(bounds[i], bounds[i + 1]), provenance(tag, metadata)));
    }
  }
  return records;
}

describe("forward codec", () => {
  it("decodes what Fluent Bit sends, in every mode it has", async () => {
    for (const kind of [
      "default-conn2",
      "send-options-conn1",
      "ack-conn1",
      "add-option-conn1",
      "gzip-conn1",
      "no-metadata-conn1",
      "int-time-conn1",
    ]) {
      const [first, second, third, otlp] = await recordsOf(`${kind}.rx`);

      const fraction = kind === "int-time-conn1" ? 0 : 250;
      assert.equal(first?.timeMs, 1_787_408_116_000 + fraction, kind);
      assert.equal(first.from.tag, "shop.app.login");
      assert.deepEqual(
        [...first.fields].filter(([name]) => name !== "user"),
        [
          ["ok", true],
          ["n", -5],
          ["f", 1.5],
        ],
        kind,
      );
      assert.equal(first.user?.username, "ang\u00e9");
      assert.deepEqual(second?.fields.get("nest"), { a: [1, { b: "c" }] });
      assert.equal(second.fields.get("bin"), "ff00");
      assert.equal(second.fields.get("big"), "9223372036854775808");
      assert.equal(third?.message, "M".repeat(300));
      assert.equal(otlp?.message, "otlp body");
      assert.equal(otlp.from.tag, "shop.otlp");
    }
  });

  it("reads severity, trace and resource of an OpenTelemetry log that Fluent Bit passes on", async () => {
    for (const kind of ["default-conn2.rx", "ack-conn1.rx", "gzip-conn1.rx"]) {
      const otlp = (await recordsOf(kind)).at(-1);

      assert.equal(otlp?.severity, Severity.error);
      assert.equal(otlp.traceId, "5b8efff798038103d269b633813fc60c");
      assert.equal(otlp.spanId, "eee19b7ec3c1b174");
      assert.deepEqual([otlp.service, otlp.logger], ["shop", "lib"]);
    }
  });

  it("decodes every capture without a malformed entry", async () => {
    const counts = await Promise.all(CAPTURES.map(async (name) => (await recordsOf(name)).length));

    assert.deepEqual(new Set(counts), new Set([1, 4]));
  });

  it("decodes the vectors of the protocol", () => {
    const vectors = [
      "d70055ece6f8075bcd15 81 a16b a176",
      "92 d70055ece6f8075bcd15 81 a16b a176",
      "92 c7080055ece6f8075bcd15 81 a16b a176",
      "92 92 d70055ece6f8075bcd15 80 81 a16b a176",
      "dd00000002 91 d70055ece6f8075bcd15 81 a16b a176",
      "93 d70055ece6f8075bcd15 81 a16b a176 c0",
    ];
    for (const vector of vectors) {
      const record = recordOf(hex(vector));
      assert.equal(record.timeMs, 1_441_588_984_000 + 123_456_789 / 1e6, vector);
      assert.deepEqual([...record.fields], [["k", "v"]]);
    }
  });

  it("reads every kind of time", () => {
    const times: readonly (readonly [unknown, number])[] = [
      [1_441_588_984, 1_441_588_984_000],
      [1_441_588_984.5, 1_441_588_984_500],
      [1_441_588_984_123, 1_441_588_984_123],
      [hex("cf 00051f21a4f1e0c0"), 0x51f21a4f1e0c0 / 1_000],
      [hex("cf 14017c84d1c27d15"), Number(0x14017c84d1c27d15n) / 1e6],
      [hex("d6 ff 55ece6f8"), 1_441_588_984_000],
      // 500 000 000 ns in 30 bits, then the seconds in 34.
      [hex("d7 ff 77359400 55ece6f8"), 1_441_588_984_500],
      [hex("c7 0c ff 1dcd6500 0000000055ece6f8"), 1_441_588_984_500],
      // More nanoseconds than a second has.
      [eventTime(1_441_588_984, 4_000_000_000), 1_441_588_984_000 + 999_999_999 / 1e6],
      ["1441588984", 1_441_588_984_000],
    ];
    for (const [time, expected] of times) assert.equal(recordOf(array(time, { k: 1 })).timeMs, expected, JSON.stringify(time));
  });

  it("takes the arrival where the time is none, or one that nobody can have meant", () => {
    const ahead = RECEIVED_MS / 1_000 + 61;
    for (const time of [
      null,
      0,
      -5,
      eventTime(0),
      eventTime(ahead),
      ahead,
      "soon",
      true,
      { s: 1 },
      hex("d4 07 01"),
      hex("cb 7ff8000000000000"),
      array(),
    ]) {
      assert.equal(recordOf(array(time, { k: 1 })).timeMs, RECEIVED_MS, JSON.stringify(time));
    }
    assert.equal(recordOf(array(ahead - 2, { k: 1 })).timeMs, RECEIVED_MS + 59_000);
  });

  it("believes the entry's time before one in the record, and the record's where the entry has none", () => {
    const record = { message: "m", time: "2026-08-20T10:00:00Z" };

    assert.equal(recordOf(array(1_787_408_000, record)).timeMs, 1_787_408_000_000);
    assert.equal(recordOf(array(null, record)).timeMs, Date.UTC(2026, 7, 20, 10));
  });

  it("makes nothing of group markers and of records that are nil", () => {
    const metadata = msgpack({});
    for (const time of [eventTime(0xffff_ffff), eventTime(0xffff_fffe), hex("c7 08 00 ffffffff 00000000"), -1, -2]) {
      assert.equal(decode(array(array(time, metadata), { schema: "otlp" })), NOTHING);
    }
    assert.equal(decode(array(eventTime(5), null)), NOTHING);
    assert.equal(decode(Buffer.from("[5,null]")), NOTHING);
  });

  it("says why an entry is no record", () => {
    assert.match(reasonOf(Buffer.alloc(0)), /empty/);
    assert.match(reasonOf(array()), /without a time and a record/);
    assert.match(reasonOf(array(1)), /without a time and a record/);
    assert.match(reasonOf(msgpack(1)), /without a record/);
    assert.match(reasonOf(array(1, "text")), /a record that is a string, not a map/);
    assert.match(reasonOf(array(1, array({ k: 1 }))), /a record that is an array/);
    assert.match(reasonOf(array(1, hex("82 a161 01"))), /no msgpack from byte \d+ on/);
    assert.match(reasonOf(hex("92 c1")), /no msgpack from byte 1 on/);
    assert.match(reasonOf(Buffer.from("[1")), /not JSON/);
    assert.match(reasonOf(Buffer.from("[1,[]]")), /no JSON object/);
  });

  it("takes metadata of Message mode and of an entry, without touching what the record says itself", () => {
    const metadata = {
      otlp: { severity_number: 13, trace_id: Buffer.alloc(16, 0x61), attributes: { k: "theirs", more: 1 } },
      kept: true,
    };
    for (const frame of [
      array(array(1_700_000_000, metadata), { k: "own", message: "m" }),
      msgpack(1_700_000_000, { k: "own", message: "m" }, { size: 1, metadata }),
    ]) {
      const record = recordOf(frame);
      assert.equal(record.severity, Severity.warning);
      assert.equal(record.traceId, "61".repeat(16), "an id whose bytes happen to be text");
      assert.equal(record.fields.get("k"), "own");
      assert.equal(record.fields.get("more"), 1);
      assert.deepEqual(record.fields.get("metadata"), { kept: true });
    }
  });

  it("decodes entries of the JSON mode", () => {
    const record = recordOf(Buffer.from('[1441588984,{"k":"v","__proto__":{"x":1}}]'));

    assert.equal(record.timeMs, 1_441_588_984_000);
    assert.equal(record.fields.get("k"), "v");
    assert.equal(recordOf(Buffer.from('[[1441588984.5,{"m":1}],{"k":1}]')).timeMs, 1_441_588_984_500);
  });

  it("loses no record to an odd key, an invalid string or deep nesting", () => {
    const odd = recordOf(
      entry(
        hex("85 a7 6d657373616765 a4 636166e9 a9 5f5f70726f746f5f5f 81 a178 01 07 a161 c4 01 6b a162 a164 dd00000001 81 a165 c0"),
      ),
    );

    assert.equal(odd.message, "caf\ufffd");
    assert.deepEqual([odd.fields.get("7"), odd.fields.get("k")], ["a", "b"]);
    assert.equal(Object.hasOwn({}, "x"), false);
    const deep = recordOf(
      entry(Buffer.concat([hex("82 a161"), Buffer.alloc(100_000, 0x91), hex("c0 a7 6d657373616765 a26f6b")])),
    );
    assert.equal(deep.message, "ok");
  });

  it("never throws, whatever the bytes and wherever a capture is damaged", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom("", "92", "9292d700", "5b", "d70055ece6f8075bcd15"),
        (bytes, head) => {
          decode(Buffer.concat([hex(head), bytes]));
        },
      ),
      { numRuns: 600 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...CAPTURES), fc.nat(), fc.nat(255), fc.nat(), (name, at, byte, start) => {
        const bytes = Buffer.from(capture(name));
        bytes[at % bytes.length] = byte;
        forward.decode(bytes, start % bytes.length, bytes.length, provenance());
      }),
      { numRuns: 600 },
    );
  });

  it("comes through a message of 1 MiB that looks like anything", () => {
    for (const text of [
      "a".repeat(1 << 20),
      `${" ".repeat(1 << 19)}{${"(".repeat(1 << 19)}`,
      "\tat a.b(c.java:1)\n".repeat(58_000),
    ]) {
      assert.ok(recordOf(entry({ message: text })).message.length > 0);
    }
  });
});
