import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isExempt, proxyFor } from "../../src/wire/proxy-choice.ts";

const origin = "https://sentry.example";

function chosen(env: Readonly<Record<string, string>>, written?: string, to = origin): string | undefined {
  return proxyFor({ origin: to, written, env })?.origin;
}

describe("the proxy on the way to an upstream", () => {
  it("is that of the environment for its scheme, in lower case first", () => {
    const env = { HTTPS_PROXY: "http://upper:3128", HTTP_PROXY: "http://plain:3128" };
    assert.equal(chosen(env), "http://upper:3128");
    assert.equal(chosen({ ...env, https_proxy: "http://lower:3128" }), "http://lower:3128");
    assert.equal(chosen({ ...env, https_proxy: "" }), undefined);
    assert.equal(chosen(env, undefined, "http://sentry.example:9000"), "http://plain:3128");
    assert.equal(chosen({ HTTP_PROXY: "http://plain:3128" }), undefined);
    assert.equal(chosen({ HTTPS_PROXY: "proxy.example:3128" }), "http://proxy.example:3128");
    assert.equal(chosen({}), undefined);
  });

  it("is what the configuration says, whatever the environment does", () => {
    const env = { HTTPS_PROXY: "http://upper:3128", NO_PROXY: "*" };
    assert.equal(chosen(env, "https://own.example"), "https://own.example");
    assert.equal(chosen({ HTTPS_PROXY: "http://upper:3128" }, ""), undefined);
  });

  it("keeps user and password apart from what is shown", () => {
    const proxy = proxyFor({ origin, written: "http://us%40er:p%3Aw@proxy.example:3128", env: {} });
    assert.deepEqual(proxy, {
      origin: "http://proxy.example:3128",
      authorization: `Basic ${Buffer.from("us@er:p:w").toString("base64")}`,
    });
    assert.equal(proxyFor({ origin, written: "http://user@proxy.example", env: {} })?.authorization, "Basic dXNlcjo=");
  });

  it("is refused with the name of its variable, and without its password", () => {
    for (const value of ["socks5://user:hunter22@proxy", "http://", "http://user:hunter22%@proxy:1", "http://proxy/hunter22"]) {
      assert.throws(
        () => chosen({ HTTPS_PROXY: value }),
        (error: Error) => /HTTPS_PROXY names no HTTP proxy/.test(error.message) && !error.message.includes("hunter22"),
        value,
      );
    }
  });

  it("is left out for what NO_PROXY names", () => {
    const env = { HTTPS_PROXY: "http://upper:3128" };
    assert.equal(chosen({ ...env, NO_PROXY: "other.test,.example" }), undefined);
    assert.equal(chosen({ ...env, no_proxy: "other.test", NO_PROXY: ".example" }), "http://upper:3128");
    for (const own of ["https://localhost", "https://127.1.2.3:9000", "https://[::1]", "https://app.localhost"]) {
      assert.equal(chosen(env, undefined, own), undefined, own);
      assert.equal(chosen(env, "http://own:3128", own), "http://own:3128", own);
    }
    assert.equal(chosen({ ...env, NO_PROXY: "10.0.0.0/8" }, undefined, "https://10.1.2.3:9000"), undefined);
  });

  it("knows names, domains, ports, addresses and networks", () => {
    const cases: readonly (readonly [host: string, noProxy: string, exempt: boolean])[] = [
      ["sentry.example", "sentry.example", true],
      ["sentry.example", "SENTRY.example", true],
      ["sentry.example", "a, sentry.example", true],
      ["sentry.example", "a  example", true],
      ["sentry.example", ".example", true],
      ["sentry.example", "*.example", true],
      ["sentry.example", "*", true],
      ["sentry.example", "try.example", false],
      ["sentry.example", "sentry.example:443", true],
      ["sentry.example", "sentry.example:444", false],
      ["sentry.example.", "sentry.example", true],
      ["sentry.example", "", false],
      ["sentry.example", ",,", false],
      ["sentry.example", ".", false],
      ["10.1.2.3", "10.1.2.3", true],
      ["10.1.2.3", "10.0.0.0/8", true],
      ["11.1.2.3", "10.0.0.0/8", false],
      ["10.1.2.3", "10.0.0.0/33", false],
      ["10.1.2.3", "2.3", false],
      ["fd00::1", "fd00::/8", true],
      ["fd00::1", "fd00:0::1", true],
      ["fd00::1", "[fd00::1]:443", true],
      ["fd00::1", "[fd00::1]:80", false],
    ];
    for (const [host, noProxy, exempt] of cases)
      assert.equal(isExempt({ host, port: 443 }, noProxy), exempt, `${host} in ${noProxy}`);
  });

  it("survives any NO_PROXY", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("sentry.example", "10.0.0.1", "::1"), (noProxy, host) => {
        assert.equal(typeof isExempt({ host, port: 443 }, noProxy), "boolean");
      }),
    );
  });
});
