import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isAddress, userOf } from "../../src/sentry/user.ts";
import { record } from "../support/sentry-records.ts";

describe("user", () => {
  it("is what the record says", () => {
    const user = { id: "7", email: "a@b.example", username: "ann", name: "Ann", ip_address: "203.0.113.9" };
    assert.deepEqual(userOf(record({ user })), user);
  });

  it("is absent when nothing is known", () => {
    assert.equal(userOf(record()), undefined);
    assert.equal(userOf(record({ user: { id: "" } })), undefined);
  });

  it("has the address of the request's client where none is stated", () => {
    assert.deepEqual(userOf(record({ request: { remoteAddress: "2001:db8::7" } })), { ip_address: "2001:db8::7" });
    assert.deepEqual(userOf(record({ user: { ip_address: "203.0.113.9" }, request: { remoteAddress: "10.0.0.1" } })), {
      ip_address: "203.0.113.9",
    });
  });

  it("never has an address that is none, least of all a request to fill it in", () => {
    for (const ip_address of ["{{auto}}", "unix:", "localhost", "1.2.3.4:80", "999.1.1.1"]) {
      assert.equal(userOf(record({ user: { ip_address } })), undefined);
    }
  });

  it("has bounded members", () => {
    const user = userOf(
      record({ user: { id: "x".repeat(200), email: "x".repeat(200), username: "x".repeat(200), name: "x".repeat(200) } }),
    );
    assert.deepEqual([user?.id?.length, user?.email?.length, user?.username?.length, user?.name?.length], [128, 75, 128, 128]);
  });

  it("knows addresses as Node does", () => {
    const texts = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(":", ".", "1", "255", "256", "f", "g", "0"), maxLength: 12 }),
    );
    fc.assert(
      fc.property(texts, (text) => assert.equal(isAddress(text), isIP(text) !== 0, text)),
      { numRuns: 300 },
    );
    for (const text of ["::", "::1", "::ffff:10.0.0.1", "1::", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9", ":::", "1::2::3"]) {
      assert.equal(isAddress(text), isIP(text) !== 0, text);
    }
  });
});
