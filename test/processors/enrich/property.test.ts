import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { propertyOf } from "../../../src/processors/enrich/property.ts";
import type { FieldValue, LogRecord } from "../../../src/record/record.ts";
import { recordOf } from "../../support/processing.ts";

const HEX = "0123456789abcdef0123456789ABCDEF";

describe("propertyOf", () => {
  const written: [string, FieldValue, (record: LogRecord) => unknown, unknown][] = [
    ["service", "shop", (record) => record.service, "shop"],
    ["release", 12, (record) => record.release, "12"],
    ["dist", "7", (record) => record.dist, "7"],
    ["template", "user %s", (record) => record.template, "user %s"],
    ["error_type", "IOError", (record) => record.errorType, "IOError"],
    ["error_message", "disk", (record) => record.errorMessage, "disk"],
    ["request_id", "r-1", (record) => record.requestId, "r-1"],
    ["trace_id", HEX, (record) => record.traceId, HEX.toLowerCase()],
    ["span_id", "0123456789abcdef", (record) => record.spanId, "0123456789abcdef"],
    ["user_id", 42, (record) => record.user?.id, "42"],
    ["user_email", "a@b.c", (record) => record.user?.email, "a@b.c"],
    ["user_name", "bob", (record) => record.user?.username, "bob"],
    ["client_ip", "10.0.0.1", (record) => record.user?.ip_address, "10.0.0.1"],
    ["method", "GET", (record) => record.request?.method, "GET"],
    ["url", "/x", (record) => record.request?.url, "/x"],
    ["query_string", "a=b", (record) => record.request?.query_string, "a=b"],
    ["status", "503", (record) => record.request?.status, 503],
    ["severity", "ERROR", (record) => [record.severity, record.severityStated], [17, true]],
    ["level", "debug", (record) => record.severity, 5],
    ["message", "new", (record) => record.message, "new"],
    ["fingerprint", "one", (record) => record.fingerprint, ["one"]],
    ["fingerprint", ["a", 1], (record) => record.fingerprint, ["a", "1"]],
    ["team", ["a"], (record) => record.fields.get("team"), ["a"]],
    ["__proto__", "x", (record) => record.fields.get("__proto__"), "x"],
  ];
  for (const [name, value, read, expected] of written) {
    it(`writes and reads back ${name} = ${JSON.stringify(value)}`, () => {
      const record = recordOf();
      assert.equal(propertyOf(name).write(record, value), true);
      assert.deepEqual(read(record), expected);
      assert.notEqual(propertyOf(name).read(record), undefined);
    });
  }

  const unfit: [string, FieldValue][] = [
    ["trace_id", "0".repeat(32)],
    ["trace_id", "abc"],
    ["span_id", 5],
    ["status", "teapot"],
    ["status", 99],
    ["severity", "banana"],
    ["message", ""],
    ["message", { a: 1 }],
    ["service", ["a"]],
    ["user_id", null],
    ["url", ""],
    ["fingerprint", []],
    ["fingerprint", null],
  ];
  for (const [name, value] of unfit) {
    it(`leaves the record alone when ${JSON.stringify(value)} is to be its ${name}`, () => {
      const record = recordOf({ service: "shop" });
      const before = JSON.stringify(record);
      assert.equal(propertyOf(name).write(record, value), false);
      assert.equal(JSON.stringify(record), before);
    });
  }

  it("takes values away", () => {
    const record = recordOf(
      { service: "shop", traceId: HEX, user: { id: "1", email: "e" }, request: { url: "/x", status: 200 }, fingerprint: ["a"] },
      { team: "a" },
    );
    for (const name of ["service", "trace_id", "user_id", "url", "status", "fingerprint", "team", "not_there"]) {
      assert.equal(propertyOf(name).write(record, undefined), true);
    }
    assert.equal(record.service, undefined);
    assert.equal(record.traceId, undefined);
    assert.deepEqual(record.user, { email: "e" });
    assert.deepEqual(record.request, {});
    assert.equal(record.fingerprint, undefined);
    assert.equal(record.fields.size, 0);
  });

  it("takes a value out of an object without changing the object itself", () => {
    const shared: FieldValue = JSON.parse('{"a":{"b":1,"c":2},"__proto__":{"x":1}}') as FieldValue;
    const record = recordOf({}, { k8s: shared });
    propertyOf("k8s.a.b").write(record, undefined);
    assert.equal(JSON.stringify(record.fields.get("k8s")), '{"a":{"c":2},"__proto__":{"x":1}}');
    assert.equal(JSON.stringify(shared), '{"a":{"b":1,"c":2},"__proto__":{"x":1}}');
  });

  it("does not take out of an object what only its prototype has", () => {
    const record = recordOf({}, { k8s: { a: 1 } });
    propertyOf("k8s.toString.call").write(record, undefined);
    assert.deepEqual(record.fields.get("k8s"), { a: 1 });
  });
});
