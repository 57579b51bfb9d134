import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { FieldValue } from "../../src/record/record.ts";
import { logJson, type LogParts } from "../../src/sentry/log-item.ts";
import { logProblems } from "../support/event-rules.ts";
import { DEFAULTS, record, type RecordOptions } from "../support/sentry-records.ts";

interface Log {
  readonly timestamp: number;
  readonly trace_id: string;
  readonly span_id?: string;
  readonly level: string;
  readonly severity_number: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, { readonly value: FieldValue; readonly type: string }>>;
}

const PARTS: LogParts = { template: "", params: [], traceId: "0123456789abcdef0123456789abcdef" };

function log(options: RecordOptions, parts = PARTS, defaults = DEFAULTS): Log {
  const made = JSON.parse(logJson(record(options), parts, defaults)) as Log;
  assert.deepEqual(logProblems(made), []);
  return made;
}

describe("log item", () => {
  it("has the level, time and attributes of a structured log", () => {
    const made = log({
      severity: 13,
      message: "low stock",
      logger: "shop",
      host: "web-1",
      fields: { left: 2, ratio: 0.5, ok: true },
    });
    assert.deepEqual(made, {
      timestamp: 1_795_168_800.123,
      trace_id: PARTS.traceId,
      level: "warn",
      severity_number: 13,
      body: "low stock",
      attributes: {
        "sentry.sdk.name": { value: "crumbtrail", type: "string" },
        "sentry.sdk.version": { value: "0.1.0", type: "string" },
        "sentry.origin": { value: "auto.log.crumbtrail", type: "string" },
        "server.address": { value: "web-1", type: "string" },
        "logger.name": { value: "shop", type: "string" },
        input: { value: "edge", type: "string" },
        left: { value: 2, type: "integer" },
        ratio: { value: 0.5, type: "double" },
        ok: { value: true, type: "boolean" },
      },
    });
  });

  it("belongs to the record's own trace where it names one", () => {
    const made = log({ traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174" });
    assert.deepEqual([made.trace_id, made.span_id], ["5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"]);
    assert.equal(log({ traceId: "0".repeat(32) }).trace_id, PARTS.traceId);
  });

  it("carries the template only with what varied", () => {
    const parts = { ...PARTS, template: "took <num> ms", params: ["7"] };
    const { attributes } = log({}, parts);
    assert.equal(attributes["sentry.message.template"]?.value, "took <num> ms");
    assert.equal(attributes["sentry.message.parameter.0"]?.value, "7");
    assert.equal(log({}, { ...parts, params: [] }).attributes["sentry.message.template"], undefined);
  });

  it("knows environment and release, its own before the policy's", () => {
    const defaults = { ...DEFAULTS, environment: "production", release: "2.0" };
    const { attributes } = log({ release: "shop/1" }, PARTS, defaults);
    assert.deepEqual([attributes["sentry.environment"]?.value, attributes["sentry.release"]?.value], ["production", "shop-1"]);
  });

  it("keeps fields out of the reserved names, and the first of two equal ones", () => {
    const { attributes } = log({ fields: { "sentry.origin": "mine", input: "theirs" } });
    assert.equal(attributes["sentry.origin"]?.value, "auto.log.crumbtrail");
    assert.equal(attributes["field.sentry.origin"]?.value, "mine");
    assert.equal(attributes["input"]?.value, "edge");
  });

  it("writes containers as text, leaves out nulls, and calls no inexact number an integer", () => {
    const { attributes } = log({ fields: { list: [1], none: null, huge: 1e300, big: 2 ** 60 } });
    assert.deepEqual(attributes["list"], { value: "[1]", type: "string" });
    assert.equal(attributes["none"], undefined);
    assert.deepEqual([attributes["huge"]?.type, attributes["big"]?.type], ["double", "double"]);
  });

  it("says what the request and the user were", () => {
    const { attributes } = log({
      user: { id: "7" },
      request: { method: "GET", url: "/a", status: 404, remoteAddress: "10.0.0.9" },
    });
    assert.deepEqual(
      ["user.id", "http.request.method", "url.full", "http.response.status_code", "client.address"].map(
        (name) => attributes[name]?.value,
      ),
      ["7", "GET", "/a", 404, "10.0.0.9"],
    );
  });

  it("stays below 64 KiB and valid, whatever the record says", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    const value = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 3 }));
    fc.assert(
      fc.property(
        text.filter((message) => message !== ""),
        fc.dictionary(text, value, { maxKeys: 200 }),
        fc.integer({ min: 1, max: 300 }),
        (message, fields, times) => {
          log({ message: message.repeat(times), stackText: message.repeat(times), fields: fields as Record<string, FieldValue> });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("cuts a megabyte of hostile text in every place", () => {
    for (const unit of ["\u0001", "é", '"', "\ud83d"]) {
      const long = unit.repeat(1 << 20);
      const { attributes } = log({
        message: long,
        logger: long,
        stackText: long,
        fields: { [long]: 1, b: long, c: [long], d: "last" },
      });
      assert.equal(attributes["crumbtrail.left_out"]?.value, "more fields");
    }
  });
});
