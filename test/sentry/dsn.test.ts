import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { authHeader, originOf, parseDsn, redactDsn, withoutKeys, type Dsn } from "../../src/sentry/dsn.ts";

function parsed(text: string): Dsn {
  const dsn = parseDsn(text);
  assert.ok(typeof dsn !== "string", JSON.stringify(dsn));
  return dsn;
}

describe("DSN", () => {
  it("is taken apart", () => {
    assert.deepEqual(parsed("http://abc:def@10.0.0.1:9000/sentry/7"), {
      scheme: "http",
      publicKey: "abc",
      secretKey: "def",
      host: "10.0.0.1",
      port: 9000,
      pathPrefix: "/sentry",
      projectId: "7",
      envelopeUrl: "http://10.0.0.1:9000/sentry/api/7/envelope/",
    });
  });

  it("leads to the envelope endpoint, with the prefix before /api and the slash at the end", () => {
    const urls = [
      ["https://abc@o1.ingest.us.sentry.io/42", "https://o1.ingest.us.sentry.io/api/42/envelope/"],
      ["https://abc@sentry.example:443/42", "https://sentry.example/api/42/envelope/"],
      ["http://abc@sentry.example:80/42/", "http://sentry.example/api/42/envelope/"],
      ["https://abc@Sentry.Example:8443/a/b/42", "https://sentry.example:8443/a/b/api/42/envelope/"],
      ["http://abc@[::1]:8000/1", "http://[::1]:8000/api/1/envelope/"],
      ["  HTTPS://abc@glitchtip.example/my-project\n", "https://glitchtip.example/api/my-project/envelope/"],
    ] as const;
    for (const [text, url] of urls) assert.equal(parsed(text).envelopeUrl, url);
  });

  it("treats keys and projects as opaque", () => {
    const { publicKey, projectId } = parsed("https://4f1a-22bc_DE.f~@tracker.example/shop.eu");
    assert.deepEqual([publicKey, projectId], ["4f1a-22bc_DE.f~", "shop.eu"]);
  });

  it("says in one sentence what is wrong, without the key", () => {
    const mistakes = [
      ["", /empty/],
      ["sentry.example/42", /must begin with https/],
      ["ftp://secretkey@sentry.example/42", /must begin with https/],
      ["https://sentry.example/42", /no public key/],
      ["https://@sentry.example/42", /no public key/],
      ["https://secretkey@sentry.example", /no project/],
      ["https://secretkey@sentry.example/", /no project/],
      ["https://secretkey@/42", /no valid host/],
      ["https://secretkey@sentry.example:99999/42", /no valid host, or its port/],
      ["https://secretkey@sentry.example:/42", /no valid host, or its port/],
      ["https://secretkey@sent\\ry.example/42", /no valid host/],
      ["https://secretkey@sentry.example/42?x=1", /nothing after its project/],
      ["https://secretkey@sentry.example/42#x", /nothing after its project/],
      ["https://secretkey@other@sentry.example/42", /more than one "@"/],
      ["https://secret key@sentry.example/42", /character that no key has/],
      ["https://secretkey,x@sentry.example/42", /character that no key has/],
      ["https://secretkey@sentry.example/a//42", /empty part/],
      ["https://secretkey@sentry.example/a b", /character that no URL has/],
      ['"https://secretkey@sentry.example/42"', /quotation marks/],
      [`https://secretkey@sentry.example/${"4".repeat(3_000)}`, /longer than/],
    ] as const;
    for (const [text, sentence] of mistakes) {
      const mistake = parseDsn(text);
      assert.ok(typeof mistake === "string", text);
      assert.match(mistake, sentence, text);
      assert.doesNotMatch(mistake, /secretkey/);
    }
  });

  it("never throws, and what it accepts is a URL", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.webUrl().map((url) => url.replace("://", "://key@")),
      fc.string().map((text) => `https://key@${text}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const dsn = parseDsn(text);
        if (typeof dsn !== "string") assert.match(new URL(dsn.envelopeUrl).pathname, /\/api\/[^/]+\/envelope\/$/);
      }),
    );
  });

  it("is shown without its keys", () => {
    assert.equal(redactDsn("https://abc:def@sentry.example/42"), "https://***@sentry.example/42");
    assert.equal(redactDsn("http://abc@10.0.0.1:9000/sentry/7"), "http://***@10.0.0.1:9000/sentry/7");
    assert.equal(redactDsn("https://abc sentry"), "***");
    assert.equal(redactDsn(""), "");
  });

  it("takes its keys out of what a tracker says, with dashes and in a DSN too", () => {
    const dsn = parsed("https://0123456789abcdef0123456789abcdef:5ecret@t.example/1");
    const said =
      "no key 01234567-89ab-cdef-0123-456789abcdef (0123456789abcdef0123456789abcdef) or 5ecret in http://k:x@t.example/1";
    assert.equal(withoutKeys(said, dsn), "no key *** (***) or *** in http://***@t.example/1");
  });

  it("authenticates in one header", () => {
    assert.equal(
      authHeader(parsed("https://abc@sentry.example/42"), "crumbtrail/0.1.0"),
      "Sentry sentry_version=7, sentry_client=crumbtrail/0.1.0, sentry_key=abc",
    );
    assert.match(
      authHeader(parsed("https://abc:def@sentry.example/42"), "crumbtrail/0.1.0"),
      /, sentry_key=abc, sentry_secret=def$/,
    );
  });

  it("names an origin without a default port", () => {
    assert.equal(originOf({ scheme: "https", host: "a", port: 443 }), "https://a");
    assert.equal(originOf({ scheme: "http", host: "a", port: 443 }), "http://a:443");
  });
});
