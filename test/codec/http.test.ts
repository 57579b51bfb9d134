import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressOf, headersOf, methodOf, requestLineOf, statusOf } from "../../src/codec/http-values.ts";
import { recordFromObject } from "../../src/codec/normalise.ts";
import { provenance } from "../support/provenance.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

function recordOf(members: Record<string, unknown>) {
  return recordFromObject({ message: "m", ...members }, provenance(), "json");
}

function read(members: Record<string, unknown>) {
  const { request, user, fields } = recordFromObject({ message: "m", ...members }, provenance(), "json");
  return { request, user, fields: Object.fromEntries(fields) };
}

describe("a record's request", () => {
  const SAME: [string, Record<string, unknown>][] = [
    ["flat members", { method: "get", url: "/a?b=1", status: 502, client_ip: "10.0.0.9" }],
    [
      "ECS, nested",
      {
        http: { request: { method: "GET" }, response: { status_code: 502 } },
        url: { original: "/a?b=1" },
        client: { ip: "10.0.0.9" },
      },
    ],
    [
      "ECS, dotted",
      { "http.request.method": "GET", "http.response.status_code": "502", "url.original": "/a?b=1", "client.ip": "10.0.0.9" },
    ],
    [
      "OpenTelemetry",
      {
        "http.method": "GET",
        "http.target": "/a",
        "url.query": "?b=1",
        "http.status_code": 502,
        "client.address": "10.0.0.9:4711",
      },
    ],
    ["pino and bunyan", { req: { method: "GET", url: "/a?b=1" }, res: { statusCode: 502 }, clientIp: "10.0.0.9" }],
    ["a request line", { request: "GET /a?b=1 HTTP/1.1", status: "502", x_forwarded_for: "10.0.0.9, 10.0.0.1" }],
  ];
  for (const [what, members] of SAME) {
    it(`is read from ${what}`, () => {
      const { request, user } = read(members);
      assert.deepEqual(request, { method: "GET", url: "/a", query_string: "b=1", status: 502 });
      assert.deepEqual(user, { ip_address: "10.0.0.9" });
    });
  }

  const SENT: [string, Record<string, unknown>][] = [
    ["Traefik", { RequestMethod: "GET", RequestPath: "/a", DownstreamStatus: 502, ClientHost: "10.0.0.9" }],
    ["Envoy", { method: "GET", path: "/a", response_code: 502, x_forwarded_for: "10.0.0.9" }],
    ["API Gateway", { httpMethod: "GET", path: "/a", resourcePath: "/{id}", status: "502", ip: "10.0.0.9" }],
    ["Go's httplog", { httpRequest: { method: "GET", url: "/a" }, httpResponse: { status: 502 }, sourceIp: "10.0.0.9" }],
    ["HAProxy", { http_method: "GET", http_uri: "/a", http_status: 502, client_ip: "10.0.0.9" }],
    ["uvicorn", { request_line: "GET /a HTTP/1.1", status_code: "502", "x-real-ip": "10.0.0.9" }],
    ["Kubernetes' audit log", { verb: "get", requestURI: "/a", responseStatus: { code: 502 }, "source.ip": "10.0.0.9" }],
  ];
  for (const [what, members] of SENT) {
    it(`is read from the words of ${what}`, () => {
      const { request, user } = read(members);
      assert.deepEqual(request, { method: "GET", url: "/a", status: 502 });
      assert.deepEqual(user, { ip_address: "10.0.0.9" });
    });
  }

  it("tells the client, the trace and its own id by headers where the record does not", () => {
    const headers = {
      "x-forwarded-for": "203.0.113.9, 10.0.0.1",
      traceparent: `00-${TRACE}-${SPAN}-01`,
      "x-request-id": "r-17",
    };
    const req = { method: "GET", url: "/", headers, remoteAddress: "10.0.0.1" };
    const { user, traceId, spanId, requestId } = recordOf({ req });
    assert.deepEqual([user, traceId, spanId, requestId], [{ ip_address: "203.0.113.9" }, TRACE, SPAN, "r-17"]);
    const own = recordOf({ req: { ...req, id: 5 }, trace_id: "b".repeat(32), user_id: 7, client_ip: "10.0.0.9" });
    assert.deepEqual(
      [own.user, own.traceId, own.spanId, own.requestId],
      [{ id: "7", ip_address: "10.0.0.9" }, "b".repeat(32), undefined, "5"],
    );
  });

  const TRACED: [string, Record<string, string>, string, string | undefined][] = [
    ["B3 in many headers", { "X-B3-TraceId": TRACE, "X-B3-SpanId": SPAN }, TRACE, SPAN],
    ["B3 in one", { b3: `${TRACE}-${SPAN}-1` }, TRACE, SPAN],
    ["Jaeger", { "uber-trace-id": `${TRACE}:${SPAN}:0:1` }, TRACE, SPAN],
    ["X-Ray", { "X-Amzn-Trace-Id": `Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=${SPAN}` }, TRACE, SPAN],
    ["Datadog", { "x-datadog-trace-id": "26", "x-datadog-parent-id": "27" }, `${"0".repeat(30)}1a`, `${"0".repeat(14)}1b`],
    ["nothing that is an id", { traceparent: "x", b3: "0", "x-datadog-trace-id": "-1" }, "", undefined],
  ];
  for (const [what, headers, traceId, spanId] of TRACED) {
    it(`finds the trace in headers of ${what}`, () => {
      const found = recordOf({ req: { method: "GET", url: "/", headers } });
      assert.deepEqual([found.traceId ?? "", found.spanId], [traceId, spanId]);
    });
  }

  it("keeps headers under their usual names", () => {
    const { request } = read({
      req: {
        method: "GET",
        url: "/",
        headers: { host: "shop", "user-agent": "curl", "x-request-ID": 3, accept: ["a", "b"], odd: {} },
      },
      referer: "https://x",
    });
    assert.deepEqual(request?.headers, {
      Host: "shop",
      "User-Agent": "curl",
      "X-Request-Id": "3",
      Accept: "a, b",
      Referer: "https://x",
    });
  });

  it("is none where only everyday words were used: they stay fields", () => {
    const members = { status: 200, path: "/var/log/x.log", method: "doIt", user_agent: "curl", query_string: "a=1" };
    const { request, user, fields } = read(members);
    assert.equal(request, undefined);
    assert.equal(user, undefined);
    assert.deepEqual(fields, members);
  });

  it("takes the place of a message that an access log does not have", () => {
    const messageOf = (members: Record<string, unknown>) => recordOf({ message: "", ...members }).message;
    assert.equal(messageOf({ method: "GET", path: "/cart?a=1", status: 502 }), "GET /cart 502");
    assert.equal(messageOf({ RequestPath: "/cart" }), "/cart");
    assert.equal(messageOf({ path: "/var/log/a.log" }), "(no message)");
    assert.equal(messageOf({ method: "GET", url: "/", message: "ok" }), "ok");
  });

  it("is read from a path without a method where the name says that it is one", () => {
    assert.deepEqual(recordOf({ "url.path": "/a" }).request, { url: "/a" });
    assert.deepEqual(recordOf({ Properties: { RequestPath: "/a" } }).request, { url: "/a" });
    assert.equal(recordOf({ path: "/a" }).request, undefined);
    assert.equal(recordOf({ data: { path: "/a" } }).request, undefined);
  });

  it("is read as Django and Flask print it", () => {
    assert.deepEqual(recordOf({ request: "<WSGIRequest: POST '/cart/?a=1'>" }).request, {
      method: "POST",
      url: "/cart/",
      query_string: "a=1",
    });
    assert.deepEqual(recordOf({ request: "<Request 'http://shop/a' [GET]>" }).request, { method: "GET", url: "http://shop/a" });
    assert.equal(recordOf({ request: "<Request>" }).request, undefined);
  });

  it("has a query only where a bare word is surely one", () => {
    assert.equal(recordOf({ method: "GET", path: "/a", query: "?a=1&b=2" }).request?.query_string, "a=1&b=2");
    assert.equal(recordOf({ method: "GET", path: "/a", query: "SELECT a = 1" }).request?.query_string, undefined);
    assert.equal(recordOf({ method: "GET", path: "/a", "url.query": "flag" }).request?.query_string, "flag");
  });

  it("leaves headers without a request among the fields, but reads what they carry", () => {
    const headers = { "x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-request-id": "r-1" };
    const record = recordOf({ headers });
    assert.deepEqual([record.traceId, record.spanId, record.requestId, record.request], [TRACE, SPAN, "r-1", undefined]);
    assert.deepEqual(record.fields.get("headers"), headers);
    assert.equal(recordOf({ headers, method: "GET", url: "/" }).request?.headers?.["X-Request-Id"], "r-1");
  });

  it("keeps a remote address alone", () => {
    assert.deepEqual(read({ remote_addr: "10.0.0.9" }).request, { remoteAddress: "10.0.0.9" });
  });

  it("keeps the path of a file beside a URL", () => {
    const { request, fields } = read({ url: "https://x/a", path: "/var/log/x.log" });
    assert.deepEqual(request, { url: "https://x/a" });
    assert.deepEqual(fields, { path: "/var/log/x.log" });
  });
});

describe("a record's user", () => {
  it("is read from the usual spellings", () => {
    assert.deepEqual(read({ user_id: 42, user_email: "a@b.c", username: "alice" }).user, {
      id: "42",
      email: "a@b.c",
      username: "alice",
    });
    assert.deepEqual(read({ user: { id: "42", email: "a@b.c", name: "alice", full_name: "Alice A" } }).user, {
      id: "42",
      email: "a@b.c",
      username: "alice",
      name: "Alice A",
    });
    assert.deepEqual(read({ usr: { id: "42", name: "Alice A" } }).user, { id: "42", name: "Alice A" });
    assert.deepEqual(read({ "enduser.id": "7" }).user, { id: "7" });
    assert.deepEqual(read({ user: "alice" }).user, { username: "alice" });
  });

  it("is none where a web server writes a dash", () => {
    assert.equal(read({ remote_user: "-" }).user, undefined);
  });
});

describe("HTTP values", () => {
  it("are addresses without ports", () => {
    const good: [string, string][] = [
      ["10.0.0.9", "10.0.0.9"],
      ["10.0.0.9:80", "10.0.0.9"],
      ["::1", "::1"],
      ["[::1]:80", "::1"],
      ["fe80::1%eth0", "fe80::1%eth0"],
      ["::ffff:10.0.0.9", "10.0.0.9"],
      [" 10.0.0.9 ,x", "10.0.0.9"],
    ];
    for (const [text, address] of good) assert.equal(addressOf(text), address);
    for (const text of ["", "-", "localhost", "10.0.0", "10.0.0.256", "10.0.0.9:", "unix:", "x".repeat(100), 3, null])
      assert.equal(addressOf(text), undefined, String(text));
  });

  it("are statuses from 100 to 599", () => {
    assert.equal(statusOf(200), 200);
    assert.equal(statusOf("404"), 404);
    for (const value of [99, 600, 200.5, "ok", "0404", true, null]) assert.equal(statusOf(value), undefined);
  });

  it("are methods in upper case", () => {
    assert.equal(methodOf("post", true), "POST");
    assert.equal(methodOf("mkcol", true), undefined);
    assert.equal(methodOf("mkcol", false), "MKCOL");
    assert.equal(methodOf("x".repeat(30), false), undefined);
  });

  it("are request lines, also of HTTP/0.9", () => {
    assert.deepEqual(requestLineOf("GET /a b HTTP/1.1"), { method: "GET", url: "/a b" });
    assert.deepEqual(requestLineOf("GET /"), { method: "GET", url: "/" });
    for (const text of ["", "GET", "GET ", "hello world", 3]) assert.equal(requestLineOf(text), undefined);
  });

  it("are headers, bounded", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`h${i}`, "x".repeat(5_000)]));
    const headers = headersOf(many) ?? {};
    assert.equal(Object.keys(headers).length, 50);
    assert.equal(headers["H0"]?.length, 1_000);
    const deep: unknown = JSON.parse(`${"[".repeat(16_000)}${"]".repeat(16_000)}`);
    assert.deepEqual(headersOf({ a: deep }), { A: "" });
    assert.equal(headersOf({}), undefined);
  });
});
