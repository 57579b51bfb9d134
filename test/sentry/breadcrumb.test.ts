import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { FieldValue } from "../../src/record/record.ts";
import { breadcrumbJson } from "../../src/sentry/breadcrumb.ts";
import { record, type RecordOptions } from "../support/sentry-records.ts";

interface Crumb {
  readonly timestamp: number;
  readonly level: string;
  readonly category: string;
  readonly message: string;
  readonly data?: Readonly<Record<string, FieldValue>>;
}

function crumb(options: RecordOptions): Crumb {
  return JSON.parse(breadcrumbJson(record(options))) as Crumb;
}

describe("breadcrumb", () => {
  it("says when, how bad, who and what", () => {
    assert.deepEqual(
      crumb({ severity: 13, logger: "shop.cart", message: 'lost "item"', fields: { id: 7, ok: false, note: "é" } }),
      {
        timestamp: 1_795_168_800.123,
        level: "warning",
        category: "shop.cart",
        message: 'lost "item"',
        data: { id: 7, ok: false, note: "é" },
      },
    );
  });

  it("has no data when there is none", () => {
    assert.deepEqual(Object.keys(crumb({ logger: "a" })), ["timestamp", "level", "category", "message"]);
  });

  it("falls back to the service, then to the input, for who said it", () => {
    assert.equal(crumb({ service: "cart" }).category, "cart");
    assert.equal(crumb({}).category, "edge");
    assert.deepEqual(crumb({ service: "cart", logger: "sql" }).data, { service: "cart" });
  });

  it("tells of a request and of an error", () => {
    const options = { request: { method: "GET", url: "/a", status: 502 }, errorType: "E", errorMessage: "why" };
    assert.deepEqual(crumb(options).data, { method: "GET", url: "/a", status_code: 502, error_type: "E", error_message: "why" });
  });

  it("writes containers as text and leaves out nulls", () => {
    assert.deepEqual(crumb({ fields: { a: { b: [1] }, c: null, d: ["x"] } }).data, { a: '{"b":[1]}', d: '["x"]' });
  });

  it("marks what is too long", () => {
    const { message, category, data } = crumb({
      message: "m".repeat(3_000),
      logger: "l".repeat(300),
      fields: { f: "v".repeat(300) },
    });
    assert.match(message, /^m+\.\.\. \[\d+ more characters\]$/);
    assert.deepEqual([message.length, category.length, data?.["f"]], [1_024, 128, `${"v".repeat(253)}...`]);
  });

  it("keeps data below two kilobytes and says so", () => {
    const fields = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, "é\n".repeat(100)]));
    const { data } = crumb({ fields });
    assert.ok(Buffer.byteLength(JSON.stringify(data)) <= 2_048);
    assert.equal(data?.["..."], "more fields");
  });

  it("is JSON within its limits, whatever the record says", () => {
    const text = fc.string({ unit: "binary", maxLength: 400 });
    const value = fc.oneof(text, fc.double(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 5 }));
    fc.assert(
      fc.property(text, text, fc.dictionary(text, value, { maxKeys: 30 }), (message, logger, fields) => {
        const made = crumb({ message, logger, fields: fields as Record<string, FieldValue> });
        assert.ok(made.category.length <= 128 && made.message.length <= 1_024);
        assert.ok(Buffer.byteLength(JSON.stringify(made.data ?? {})) <= 2_048);
      }),
    );
  });

  it("takes a megabyte of hostile text in every place", () => {
    const long = '"\\\n'.repeat(350_000);
    const made = breadcrumbJson(
      record({ message: long, logger: long, service: "s", errorType: long, fields: { [long]: long, b: [long] } }),
    );
    assert.ok(made.length < 20_000);
  });
});
