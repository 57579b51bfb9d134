import * as fc from "fast-check";
import { pino } from "pino";
import type { ProcessorHost } from "../../src/component/host.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { newRecord, type FieldValue, type LogRecord } from "../../src/record/record.ts";

/** A host whose chance is whatever the test says. */
export function processorHost(random: () => number = () => 0.5): ProcessorHost {
  return {
    name: "test",
    clock: { nowMs: () => 0, tickMs: () => 0 },
    log: pino({ level: "silent" }),
    complain: () => undefined,
    random,
  };
}

export const NOWHERE: Provenance = {
  input: "edge",
  peer: "10.0.0.7",
  receivedMs: 0,
  tag: "",
  labels: undefined,
  metadata: undefined,
};

/** A record with some of its properties and fields set. */
export function recordOf(parts: Partial<LogRecord> = {}, fields: Readonly<Record<string, FieldValue>> = {}): LogRecord {
  return { ...newRecord(NOWHERE, "hello"), ...parts, fields: new Map(Object.entries(fields)) };
}

/** Values of any shape, with the keys that break careless code. */
export const anyValue: fc.Arbitrary<FieldValue> = fc.letrec<{ value: FieldValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(anyName(), tie("value"), { maxKeys: 4, noNullPrototype: false }),
  ),
})).value;

function anyName(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom("__proto__", "constructor", "toString", "password", "token", "value", "name", "cookie", "message", "user"),
  );
}

/** Records with anything in every place that text can be in. */
export const anyRecord: fc.Arbitrary<LogRecord> = fc
  .record({
    message: fc.string({ unit: "binary", minLength: 1 }),
    template: fc.option(fc.string(), { nil: undefined }),
    stackText: fc.option(fc.string({ unit: "binary" }), { nil: undefined }),
    errorMessage: fc.option(fc.string(), { nil: undefined }),
    transaction: fc.option(fc.string(), { nil: undefined }),
    fingerprint: fc.option(fc.array(fc.string()), { nil: undefined }),
    user: fc.option(fc.record({ id: fc.string(), email: fc.string() }), { nil: undefined }),
    request: fc.option(
      fc.record({
        url: fc.string(),
        query_string: fc.string(),
        headers: fc.dictionary(anyName(), fc.string(), { noNullPrototype: false }),
      }),
      { nil: undefined },
    ),
    fields: fc.array(fc.tuple(anyName(), anyValue), { maxLength: 8 }).map((entries) => new Map(entries)),
  })
  .map((parts) => ({ ...newRecord(NOWHERE, parts.message), ...parts }));
