import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SecretNames } from "../../../src/processors/scrub/names.ts";
import { isProse, isSecret } from "../../../src/processors/scrub/secrecy.ts";

const names = new SecretNames();

describe("isSecret", () => {
  const cases: [string, string, boolean][] = [
    ["password", "hunter2", true],
    ["password", "1", true],
    ["password", "", false],
    ["password", "[Filtered]", false],
    ["password", "[Filtered:0123abcd]", false],
    ["password", "[Filtered]x", true],
    ["password", "null", false],
    ["password", "None", false],
    ["password", "****", false],
    ["password", "xxxxxx", false],
    ["password", "[REDACTED]", false],
    ["password", "<redacted>", false],
    ["password", "%s", false],
    ["password", "{}", false],
    ["password", "{0}", false],
    ["password", "${DB_PASSWORD}", false],
    ["password", "$1", false],
    ["password", "?", false],
    ["password", "/etc/x", true],
    ["pwd", "/etc/x", false],
    ["pwd", "C:\\x", false],
    ["pwd", "hunter2", true],
    ["token", "12", false],
    ["token", "1234", true],
    ["cvv", "123", true],
    ["tokens", "1234", false],
    ["pin", "on", false],
    ["otp", "482913", true],
    ["credit_card", "declined", false],
    ["auth", "LDAP", false],
    ["auth", "hunter", true],
    ["credentials", "same-origin", false],
    ["password", "ldap", true],
    ["sid", "12345", false],
    ["session", "abc", false],
    ["session", "0123456789abcdef", true],
    ["session", "not a made up value 1", false],
  ];
  for (const [name, value, expected] of cases) {
    it(`${expected ? "takes" : "does not take"} ${name}=${value} for a secret`, () => {
      assert.equal(isSecret(names.kindOf(name), value), expected);
    });
  }

  it("decides about endless values", () => {
    for (const char of ["*", "x", "1", " ", "a"]) assert.equal(isSecret(names.kindOf("password"), char.repeat(1 << 20)), true);
    assert.equal(isSecret(names.kindOf("session"), "a".repeat(1 << 20)), false);
  });
});

describe("isProse", () => {
  const cases: [string, string, boolean][] = [
    ["password", "must", true],
    ["password", "Must,", true],
    ["password", "can't", true],
    ["password", "invalid.", true],
    ["password", "swordfish", false],
    ["password", "must1", false],
    ["token", "swordfish", true],
    ["token", "Expired", true],
    ["token", "abCdef", false],
    ["token", "abc123", false],
    ["token", "averyveryverylongword", false],
  ];
  for (const [name, value, expected] of cases) {
    it(`${expected ? "reads on" : "does not read on"} at "${name}: ${value}"`, () => {
      assert.equal(isProse(names.kindOf(name), value), expected);
    });
  }
});
