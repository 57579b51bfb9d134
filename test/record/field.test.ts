import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fieldOf, fieldText } from "../../src/record/field.ts";
import { newRecord, type LogRecord } from "../../src/record/record.ts";

function record(): LogRecord {
  const from = {
    input: "edge",
    peer: "10.0.0.1",
    receivedMs: 0,
    tag: "app.web",
    labels: new Map([["team", "shop"]]),
    metadata: undefined,
  };
  const made = newRecord(from, "boom");
  made.severity = 17;
  made.service = "cart";
  made.user = { id: "7" };
  made.fields.set("kubernetes", { labels: { app: "cart" }, list: [1] });
  made.fields.set("a.b", "dotted");
  made.fields.set("count", 3);
  return made;
}

describe("fieldOf", () => {
  it("finds the record's own properties by their usual names", () => {
    const names = ["message", "severity", "service", "user_id", "input", "peer", "tag", "logger"];

    assert.deepEqual(
      names.map((name) => fieldOf(record(), name)),
      ["boom", "error", "cart", "7", "edge", "10.0.0.1", "app.web", undefined],
    );
  });

  it("finds fields, labels, and what lies inside objects", () => {
    assert.equal(fieldOf(record(), "a.b"), "dotted");
    assert.equal(fieldOf(record(), "team"), "shop");
    assert.equal(fieldOf(record(), "kubernetes.labels.app"), "cart");
    assert.equal(fieldOf(record(), "kubernetes.labels.constructor"), undefined);
    assert.equal(fieldOf(record(), "kubernetes.list.0"), undefined);
  });

  it("gives scalars as text and containers not at all", () => {
    assert.equal(fieldText(record(), "count"), "3");
    assert.equal(fieldText(record(), "kubernetes"), undefined);
  });
});
