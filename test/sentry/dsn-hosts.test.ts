import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hostMistake, isHostAmong } from "../../src/sentry/dsn-hosts.ts";
import { parseDsn } from "../../src/sentry/dsn.ts";

function allows(entry: string, origin: string): boolean {
  const dsn = parseDsn(origin.replace("://", "://key@").concat("/1"));
  assert.ok(typeof dsn !== "string", origin);
  assert.equal(hostMistake(entry), undefined);
  return isHostAmong(dsn, ["other.example", entry]);
}

describe("hosts that a DSN may name", () => {
  it("are meant exactly, whatever their spelling", () => {
    assert.ok(allows("sentry.example", "https://sentry.example"));
    assert.ok(allows(" Sentry.Example ", "https://SENTRY.example"));
    assert.ok(allows("127.0.0.1", "http://0x7f.1"));
    assert.ok(allows("bücher.example", "https://xn--bcher-kva.example"));
    for (const origin of [
      "https://sentry.example.evil.example",
      "https://evil-sentry.example",
      "https://a.sentry.example",
      "https://sentry.example.",
    ]) {
      assert.equal(allows("sentry.example", origin), false, origin);
    }
  });

  it("are meant with the scheme's own port, unless they have one", () => {
    assert.ok(allows("sentry.example", "http://sentry.example"));
    assert.equal(allows("sentry.example", "https://sentry.example:9000"), false);
    assert.ok(allows("sentry.example:9000", "http://sentry.example:9000"));
    assert.ok(allows("sentry.example:443", "https://sentry.example"));
    assert.equal(allows("sentry.example:9000", "https://sentry.example"), false);
    assert.ok(allows("[::1]:9000", "http://[0:0::1]:9000"));
  });

  it("may be all below a domain, at any depth, but not the domain itself or an address", () => {
    assert.ok(allows("*.example.com", "https://sentry.example.com"));
    assert.ok(allows("*.example.com", "https://o1.ingest.example.com"));
    assert.ok(allows("*.example.com:9000", "https://o1.example.com:9000"));
    for (const origin of [
      "https://example.com",
      "https://notexample.com",
      "https://example.com.evil.example",
      "http://10.0.0.1",
    ]) {
      assert.equal(allows("*.example.com", origin), false, origin);
    }
  });

  it("are told to be mistaken where they could mean anything, or nothing", () => {
    for (const entry of [
      "",
      "*",
      "*.",
      "*.com",
      "*.0.0.1",
      "a.*.com",
      "https://sentry.example",
      "key@host",
      "host/path",
      "host:0",
      "host:70000",
      "host:x",
      "a b",
    ]) {
      assert.match(hostMistake(entry) ?? "", /^expected /, entry);
    }
  });
});
