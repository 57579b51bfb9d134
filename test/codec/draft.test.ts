import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recordFromObject } from "../../src/codec/normalise.ts";
import { provenance } from "../support/provenance.ts";

function read(members: Record<string, unknown>, peer = "") {
  const record = recordFromObject(members, provenance({ peer }), "json");
  return { ...record, fields: Object.fromEntries(record.fields) };
}

describe("a record's containers", () => {
  it("hold what the record does not say itself, and keep the rest in its shape", () => {
    const record = read({
      msg: "x",
      level: "error",
      user_id: "own",
      payload: { user_id: "other", method: "GET", path: "/a", status: 500, sku: "a-1", error: "EOF", host: "db1", name: "Bob" },
      metadata: { request_id: "r-1" },
    });
    assert.deepEqual([record.user, record.requestId, record.host], [{ id: "own" }, "r-1", undefined]);
    assert.deepEqual(record.request, { method: "GET", url: "/a", status: 500 });
    assert.equal(record.errorMessage, "EOF");
    assert.deepEqual(record.fields, { payload: { user_id: "other", sku: "a-1", host: "db1", name: "Bob", error: "EOF" } });
  });

  it("may be lists, whose first object that says something counts", () => {
    const record = read({ msg: "x", Scopes: [{ Message: "a" }, { TraceId: "4bf92f3577b34da6a3ce929d0e0e4736" }, "text", 5] });
    assert.equal(record.traceId, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.deepEqual(record.fields["Scopes"], [{ Message: "a" }, "text", 5]);
  });

  it("may be the message itself where that is an error, and else is shown as it is", () => {
    const record = read({
      level: "error",
      message: { errorType: "E", errorMessage: "boom", stackTrace: ["E: boom", "    at f (a.js:1:2)"] },
    });
    assert.deepEqual([record.message, record.errorType, record.stackText], ["E: boom", "E", "E: boom\n    at f (a.js:1:2)"]);
    assert.deepEqual(record.fields, {});
    assert.equal(read({ message: { user_id: 7, a: 1 } }).message, '{"user_id":7,"a":1}');
  });

  it("name a controller and its action as the transaction, unless there is another", () => {
    assert.equal(read({ controller: "CartsController", action: "show" }).transaction, "CartsController#show");
    assert.equal(read({ payload: { controller: "carts", action: "show" } }).transaction, "carts#show");
    assert.equal(read({ controller: "carts", action: "show", route: "/carts/:id" }).transaction, "/carts/:id");
    assert.equal(read({ controller: "carts" }).transaction, undefined);
  });
});

describe("a line inside a record", () => {
  it("does not say where it comes from: its carrier does", () => {
    const log = JSON.stringify({ level: "error", msg: "x", "k8s.namespace.name": "other", kubernetes: { pod_name: "p9" } });
    const record = read({ log, kubernetes: { namespace_name: "shop", pod_name: "p1" } });
    assert.deepEqual([record.fields["namespace"], record.fields["pod"]], ["shop", "p1"]);
    assert.equal(read({ log: '{"k8s.namespace.name":"own"}' }).fields["namespace"], "own");
  });
});
