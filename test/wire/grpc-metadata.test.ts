import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { Metadata } from "@grpc/grpc-js";
import { metadataBytes, requestMetadata } from "../../src/wire/grpc-metadata.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

function taken(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(requestMetadata(Metadata.fromHttp2Headers(headers)) ?? []);
}

describe("request metadata", () => {
  it("says nothing where there is nothing", () => {
    assert.equal(requestMetadata(new Metadata()), undefined);
    assert.equal(requestMetadata(Metadata.fromHttp2Headers({ "user-agent": "grpc-go/1.60", "x-user-id": "  " })), undefined);
  });

  it("names the trace in any of the usual ways", () => {
    const both = { trace_id: TRACE, span_id: SPAN };

    assert.deepEqual(taken({ traceparent: `00-${TRACE}-${SPAN}-01` }), both);
    assert.deepEqual(taken({ traceparent: `00-${TRACE.toUpperCase()}-${SPAN}-01` }), both);
    assert.deepEqual(taken({ b3: `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90` }), both);
    assert.deepEqual(taken({ b3: `${TRACE}-${SPAN}` }), both);
    assert.deepEqual(taken({ "x-b3-traceid": TRACE, "x-b3-spanid": SPAN }), both);
    assert.deepEqual(taken({ "sentry-trace": `${TRACE}-${SPAN}-1` }), both);
  });

  it("pads the short trace ids of B3", () => {
    assert.deepEqual(taken({ "x-b3-traceid": "a3ce929d0e0e4736" }), { trace_id: "0000000000000000a3ce929d0e0e4736" });
  });

  it("prefers the W3C header, and never mixes the ids of two", () => {
    assert.deepEqual(
      taken({ traceparent: `00-${TRACE}-${"0".repeat(16)}-01`, "x-b3-traceid": "1".repeat(32), "x-b3-spanid": SPAN }),
      {
        trace_id: TRACE,
      },
    );
  });

  it("takes no ids that are none", () => {
    assert.deepEqual(taken({ traceparent: "00-xyz", b3: "0", "x-b3-traceid": "123", "x-b3-spanid": SPAN }), {});
    assert.deepEqual(taken({ traceparent: `00-${"0".repeat(32)}-${SPAN}-01` }), { span_id: SPAN });
  });

  it("knows the user and the request", () => {
    assert.deepEqual(
      taken({ "x-user-id": " 42 ", "x-user-email": "a@example.com", "x-username": "ann", "x-correlation-id": "c-1" }),
      {
        request_id: "c-1",
        user_id: "42",
        user_email: "a@example.com",
        username: "ann",
      },
    );
    assert.deepEqual(taken({ "x-request-id": "r-1", "x-correlation-id": "c-1", "x-user-id": "4".repeat(201) }), {
      request_id: "r-1",
    });
  });

  it("knows the caller's address from the proxy in front", () => {
    assert.deepEqual(taken({ "x-real-ip": "203.0.113.7", "x-forwarded-for": "10.0.0.1" }), { client_ip: "203.0.113.7" });
    assert.deepEqual(taken({ "x-forwarded-for": "2001:db8::1, 10.0.0.1" }), { client_ip: "2001:db8::1" });
    assert.deepEqual(taken({ "x-forwarded-for": "[2001:db8::1]:4711, 10.0.0.1" }), { client_ip: "2001:db8::1" });
    assert.deepEqual(taken({ "x-forwarded-for": "203.0.113.7:4711" }), { client_ip: "203.0.113.7" });
    assert.deepEqual(taken({ "x-forwarded-for": "unknown, 10.0.0.1" }), {});
  });

  it("copes with a value of a megabyte", () => {
    for (const value of ["0".repeat(1 << 20), "-".repeat(1 << 20), `${"1.".repeat(1 << 19)}:`, " ".repeat(1 << 20)]) {
      taken({
        traceparent: value,
        b3: value,
        "x-b3-traceid": value,
        "sentry-trace": value,
        "x-real-ip": value,
        "x-forwarded-for": value,
      });
    }
  });

  it("is measured as HTTP/2 measures it", () => {
    const metadata = Metadata.fromHttp2Headers({ a: "bc", "d-bin": Buffer.from("xyz").toString("base64") });

    assert.equal(metadataBytes(metadata), 1 + 2 + 32 + 5 + 3 + 32);
  });
});
