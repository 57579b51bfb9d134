import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ForwardGlance } from "../../src/codec/forward-glance.ts";
import { forward } from "../../src/codec/forward.ts";
import { NOTHING, isMalformed } from "../../src/component/codec.ts";
import { fieldOf } from "../../src/record/field.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { Severity } from "../../src/record/severity.ts";
import { CAPTURES, array, capture, entry, eventTime, hex, msgpack } from "../support/forward-bytes.ts";

const WANTED = ["host", "container_id", "container_name", "pod", "service", "trace_id", "request_id"] as const;
const FROM: Provenance = {
  input: "fluent",
  peer: "10.0.0.7",
  receivedMs: 1_787_408_200_000,
  tag: "app",
  labels: undefined,
  metadata: undefined,
};
const TRACE = "5b8efff798038103d269b633813fc60c";

const glance = new ForwardGlance(WANTED);

function look(frame: Buffer): boolean {
  return glance.look(frame, 0, frame.length);
}

/** What a glance that was sure says about wanted names; undefined for what was not there. */
function seen(frame: Buffer): Record<string, string | undefined> {
  return Object.fromEntries(
    WANTED.map((name, i) => {
      const start = glance.seen.starts[i] ?? -1;
      return [name, start < 0 ? undefined : frame.toString("utf8", start, glance.seen.ends[i])];
    }),
  );
}

/** Fails unless the decoded record is what a sure glance said. */
function assertTrue(frame: Buffer): void {
  const decoded = forward.decode(frame, 0, frame.length, FROM);
  assert.ok(decoded !== NOTHING && !isMalformed(decoded), "a sure glance means a record");
  assert.deepEqual([decoded.severityStated, decoded.severity], [true, glance.seen.severity]);
  for (const [name, value] of Object.entries(seen(frame))) {
    assert.equal(fieldOf(decoded, name), value ?? (name === "host" ? FROM.peer : undefined), name);
  }
}

describe("ForwardGlance", () => {
  it("tells severity, keys and where the message lies, in every form an entry has", () => {
    const record = { message: "all is well", level: "info", container_name: "web", trace_id: TRACE, n: 1, more: { a: [1] } };
    const forms = [
      entry(record),
      array(1_700_000_000, record),
      array(array(eventTime(1_700_000_000), {}), record),
      msgpack(1_700_000_000, record),
      msgpack(1_700_000_000, record, { chunk: "c", size: 1 }),
    ];

    for (const frame of forms) {
      assert.equal(look(frame), true, frame.toString("hex"));
      assert.equal(glance.seen.severity, Severity.info);
      assert.equal(seen(frame)["trace_id"], TRACE);
      assert.equal(glance.seen.messages, 1);
      assert.equal(frame.toString("utf8", glance.seen.messageStarts[0], glance.seen.messageEnds[0]), "all is well");
      assertTrue(frame);
    }
  });

  it("is unsure where only a decoder can tell", () => {
    const level = { level: "info" };
    const unsure = [
      entry({ message: "no level" }),
      entry({ ...level, severity: "error" }),
      entry({ level: "quite bad" }),
      entry({ ...level, message: '{"level":"error"}' }),
      entry({ ...level, container_name: "caf\u00e9" }),
      entry({ ...level, container_name: "/web" }),
      entry({ ...level, host: "-" }),
      entry({ ...level, kubernetes: { pod: { name: "web-1" } } }),
      entry(hex("82 a5 6c6576656c a4 696e666f 07 01")),
      entry(null),
      array(1, 2),
      array(1),
      array(array(eventTime(0xffff_ffff), {}), level),
      array(array(eventTime(5), { otlp: { severity_number: 17 } }), level),
      msgpack(5, level, { metadata: { otlp: { severity_number: 17 } } }),
      entry(level).subarray(0, -1),
      Buffer.from('[5,{"level":"info"}]'),
      Buffer.alloc(0),
    ];

    for (const frame of unsure) assert.equal(look(frame), false, frame.toString("latin1"));
  });

  it("never says what the decoder does not, whatever the record", () => {
    const names = fc.constantFrom(
      "level",
      "severity",
      "message",
      "log",
      "msg",
      "host",
      "hostname",
      "container_id",
      "container_name",
      "service",
      "trace_id",
      "request_id",
      "pod",
      "kubernetes",
      "docker",
      "time",
      "status",
      "a",
      "b",
    );
    const values = fc.oneof(
      fc.constantFrom(
        "info",
        "debug",
        "ERROR",
        "warn",
        " ",
        "",
        "web-1",
        "/web",
        TRACE,
        "\u00e9",
        '{"level":"error"}',
        "3",
        "true",
      ),
      fc.constantFrom(6, 30, 200, -1, 1.5, true, null, 2 ** 60),
      fc.constantFrom({}, [], { name: "web" }, { pod_name: "p" }, ["info"]),
      fc.string({ maxLength: 12 }),
      fc.uint8Array({ maxLength: 8 }),
    );
    const times = fc.constantFrom(
      1_700_000_000,
      null,
      eventTime(1),
      eventTime(0xffff_ffff),
      array(eventTime(1), {}),
      array(eventTime(1), { a: 1 }),
      array(1),
    );
    let sure = 0;
    fc.assert(
      fc.property(fc.dictionary(names, values, { maxKeys: 5 }), times, fc.boolean(), (members, time, single) => {
        const record = single ? { level: "info", ...members } : members;
        const frame = single ? msgpack(time, record) : array(time, record);
        if (!look(frame)) return;
        sure += 1;
        assertTrue(frame);
      }),
      { numRuns: 1_500 },
    );
    assert.ok(sure > 30, `${sure} were sure`);
  });

  it("never throws, whatever the bytes, and is right where it is sure", () => {
    const good = entry({ message: "m", level: "info", container_id: "c0ffee", n: [1, { a: "b" }] });
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), fc.nat(), fc.nat(255), (at, byte, at2, byte2) => {
        const frame = Buffer.from(good);
        frame[at % frame.length] = byte;
        frame[at2 % frame.length] = byte2;
        if (look(frame)) assertTrue(frame);
      }),
      { numRuns: 1_500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void look(Buffer.from(bytes))));
    for (const name of CAPTURES)
      for (let start = 0; start < capture(name).length; start += 1) glance.look(capture(name), start, capture(name).length);
  });
});
