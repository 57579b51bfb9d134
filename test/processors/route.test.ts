import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { route } from "../../src/processors/route.ts";
import { processorHost, recordOf } from "../support/processing.ts";

function upstreams(rules: unknown, parts: Parameters<typeof recordOf>[0] = {}): readonly string[] | undefined {
  const record = recordOf(parts);
  assert.equal(route.create(route.config.parse({ rules }), processorHost()).process(record), "keep");
  return record.upstreams;
}

describe("route", () => {
  it("takes the first rule that matches", () => {
    const rules = [
      { match: { service: "pay-*" }, upstream: "payments" },
      { match: { service: "*" }, upstream: "rest" },
    ];
    assert.deepEqual(upstreams(rules, { service: "pay-eu" }), ["payments"]);
    assert.deepEqual(upstreams(rules, { service: "web" }), ["rest"]);
  });

  it("leaves to the default upstream what no rule claims", () => {
    assert.equal(upstreams([{ match: { service: "pay-*" }, upstream: "payments" }], { service: "web" }), undefined);
  });

  it("sends to several upstreams, each once", () => {
    assert.deepEqual(upstreams([{ match: { service: "web" }, upstream: ["a", "b", "a"] }], { service: "web" }), ["a", "b"]);
  });

  it("goes on behind a rule that does not stop", () => {
    const rules = [
      { match: { severity: "fatal" }, upstream: "oncall", stop: false },
      { match: { service: "pay" }, upstream: ["payments", "oncall"] },
      { match: { service: "*" }, upstream: "never" },
    ];
    assert.deepEqual(upstreams(rules, { service: "pay", severity: 21 }), ["oncall", "payments"]);
    assert.deepEqual(upstreams(rules, { severity: 21 }), ["oncall"]);
  });

  it("overrules an earlier route only where it claims the record", () => {
    const earlier = { upstreams: ["earlier"], service: "web" };
    assert.deepEqual(upstreams([{ match: { service: "pay" }, upstream: "payments" }], earlier), ["earlier"]);
    assert.deepEqual(upstreams([{ match: { service: "web" }, upstream: "site" }], earlier), ["site"]);
  });

  it("refuses rules that lead nowhere", () => {
    for (const rules of [
      [],
      [{ match: { service: "x" } }],
      [{ match: { service: "x" }, upstream: [] }],
      [{ match: {}, upstream: "a" }],
    ]) {
      assert.equal(route.config.safeParse({ rules }).success, false, JSON.stringify(rules));
    }
  });
});
