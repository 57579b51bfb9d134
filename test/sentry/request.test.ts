import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpRequest } from "../../src/record/record.ts";
import { requestOf } from "../../src/sentry/request.ts";
import { record } from "../support/sentry-records.ts";

function request(made: HttpRequest) {
  return requestOf(record({ request: made }));
}

describe("request", () => {
  it("says what was asked, with which headers, by whom", () => {
    const headers = { Host: "shop.example", Referer: "https://x.example/" };
    assert.deepEqual(request({ method: "GET", url: "http://shop.example/a?b=1", headers, remoteAddress: "10.0.0.9" }), {
      method: "GET",
      url: "http://shop.example/a?b=1",
      headers,
      env: { REMOTE_ADDR: "10.0.0.9" },
    });
  });

  it("is absent when nothing is known", () => {
    assert.equal(requestOf(record()), undefined);
    assert.equal(request({ status: 200 }), undefined);
    assert.equal(request({ url: "", method: "" }), undefined);
  });

  it("moves the query of a long address to where there is room", () => {
    const query = `q=${"x".repeat(500)}`;
    assert.deepEqual(request({ url: `/search?${query}` }), { url: "/search", query_string: query });
    assert.deepEqual(request({ url: "/search", query_string: "q=1" }), { url: "/search", query_string: "q=1" });
  });

  it("is bounded", () => {
    const headers = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`X-${index}`, "v".repeat(2_000)]));
    const made = request({
      method: "M".repeat(99),
      url: "u".repeat(1_000),
      query_string: "q".repeat(9_000),
      headers,
      remoteAddress: "r".repeat(99),
    });
    assert.ok(Buffer.byteLength(JSON.stringify(made)) < 25_000);
    assert.equal(made?.["url"], `${"u".repeat(253)}...`);
    assert.match(JSON.stringify(made), /"query_string":"q+\.\.\. \[\d+ more characters\]"/);
  });
});
