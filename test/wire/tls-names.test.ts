import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { alternativeNames, isAllowed, namesOf, spokenNames, type CertificateName } from "../../src/wire/tls-names.ts";
import { makeCertificates } from "../support/certificates.ts";

const certificates = makeCertificates();
after(() => certificates.remove());

let issued = 0;
function named(subject: string, names: string): CertificateName[] {
  issued += 1;
  return namesOf(new X509Certificate(readFileSync(certificates.issue(`named${issued}`, subject, names).cert)));
}

const dns = (name: string): CertificateName => ({ kind: "dns", name });

describe("the names in a certificate", () => {
  it("are DNS names, URIs and e-mail addresses; the common name does not count beside them", () => {
    assert.deepEqual(named("/CN=edge", "DNS:a.example,URI:spiffe://shop/ns/web,email:ops@shop.example,IP:10.0.0.1"), [
      dns("a.example"),
      { kind: "uri", name: "spiffe://shop/ns/web" },
      { kind: "email", name: "ops@shop.example" },
    ]);
  });

  it("are the common name where there is nothing else, and none where there are several", () => {
    assert.deepEqual(named("/CN=a sender", ""), [{ kind: "cn", name: "a sender" }]);
    assert.deepEqual(named("/CN=one/CN=two", ""), []);
    assert.deepEqual(named("/O=nobody", ""), []);
    assert.deepEqual(named("/CN=edge", "IP:10.0.0.1"), [{ kind: "cn", name: "edge" }]);
  });

  it("are not made up by a separator within a name", () => {
    const config = "URI:http://x/\\, DNS:evil.example";
    assert.deepEqual(alternativeNames(`DNS:"a.example, DNS:evil.example"`), [dns("a.example, DNS:evil.example")]);
    assert.deepEqual(alternativeNames(`DNS:"a\\", DNS:evil.example", DNS:b.example`), [
      dns('a", DNS:evil.example'),
      dns("b.example"),
    ]);
    assert.deepEqual(
      alternativeNames(config)
        .map(({ name }) => name)
        .includes("evil.example"),
      true,
    );
    assert.deepEqual(alternativeNames('DNS:a.example, DNS:"cut'), []);
    assert.deepEqual(alternativeNames("DNS:a.example nonsense\u0000, "), []);
    assert.deepEqual(alternativeNames(""), []);
  });

  it("survive any text, and come back from what Node writes", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.ok(Array.isArray(alternativeNames(text)));
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: "binary-ascii" }), { minLength: 1 }), (names) => {
        const text = names.map((name) => `DNS:${/[",\\]|[^\x20-\x7e]/.test(name) ? JSON.stringify(name) : name}`).join(", ");
        assert.deepEqual(alternativeNames(text), names.map(dns));
      }),
    );
  });

  it("are allowed exactly, whatever the case, and by one label in the place of *", () => {
    const cases: readonly (readonly [CertificateName, readonly string[], boolean])[] = [
      [dns("a.example"), ["a.example"], true],
      [dns("A.Example"), ["a.eXample"], true],
      [dns("a.example"), ["b.example"], false],
      [dns("edge.shop.example"), ["*.shop.example"], true],
      [dns("a.edge.shop.example"), ["*.shop.example"], false],
      [dns("shop.example"), ["*.shop.example"], false],
      [dns("*.shop.example"), ["*.shop.example"], true],
      [dns("*.shop.example"), ["edge.shop.example"], false],
      [dns(".shop.example"), ["*.shop.example"], false],
      [{ kind: "cn", name: "edge.shop.example" }, ["*.shop.example"], true],
      [{ kind: "email", name: "ops@edge.shop.example" }, ["*.shop.example"], false],
      [{ kind: "email", name: "Ops@shop.example" }, ["ops@shop.example"], true],
      [{ kind: "uri", name: "spiffe://shop/web" }, ["spiffe://shop/web"], true],
      [{ kind: "uri", name: "spiffe://shop/Web" }, ["spiffe://shop/web"], false],
      [{ kind: "uri", name: "edge.shop.example" }, ["*.shop.example"], false],
    ];
    for (const [name, allowed, expected] of cases) {
      assert.equal(isAllowed([dns("other.test"), name], allowed), expected, `${name.kind} ${name.name} in ${allowed.join()}`);
    }
    assert.equal(isAllowed([], ["a.example"]), false);
  });

  it("are told to a person in a bounded text", () => {
    assert.equal(spokenNames([]), "no name");
    assert.equal(spokenNames(["a", "b", "c", "d", "e", "f", "g"].map(dns)), "a, b, c, d, e and 2 more");
    assert.ok(spokenNames([dns("x".repeat(10_000))]).length <= 100);
  });
});
