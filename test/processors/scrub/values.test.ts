import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FieldNames } from "../../../src/processors/scrub/field-names.ts";
import { marker } from "../../../src/processors/scrub/mark.ts";
import { SecretNames } from "../../../src/processors/scrub/names.ts";
import { OwnPatterns } from "../../../src/processors/scrub/own-patterns.ts";
import { Tally } from "../../../src/processors/scrub/tally.ts";
import { TextScrubber } from "../../../src/processors/scrub/text.ts";
import { ValueScrubber } from "../../../src/processors/scrub/values.ts";
import type { FieldValue } from "../../../src/record/record.ts";

function scrubber(allow: readonly string[] = []): ValueScrubber {
  const names = new SecretNames([], allow);
  const mark = marker(false, "");
  const text = new TextScrubber({ names, own: new OwnPatterns([]), mark, count: () => undefined });
  return new ValueScrubber({ names: new FieldNames(names, (name) => text.scrub(name)), text, mark, tally: new Tally([]) });
}

const MARK = "[Filtered]";

describe("ValueScrubber", () => {
  const cases: [string, FieldValue, FieldValue][] = [
    ["password", "hunter2", MARK],
    ["password", 12345, MARK],
    ["cvv", 123, MARK],
    ["note", "token=abcd1234 sent", `token=${MARK} sent`],
    ["card", 4_111_111_111_111_111, MARK],
    ["a", { b: { password: "x", c: 1 } }, { b: { password: MARK, c: 1 } }],
    ["list", [{ token: "abcd" }, "password=x", 5], [{ token: MARK }, `password=${MARK}`, 5]],
    [
      "credentials",
      { user: "bob", port: 5432, pin: 1234, tls: true, none: null },
      { user: MARK, port: 5432, pin: MARK, tls: true, none: null },
    ],
    ["cookies", ["a=b", "c=d"], [MARK, MARK]],
    [
      "headers",
      [
        { name: "Authorization", value: "Bearer x" },
        { name: "Host", value: "h" },
      ],
      [
        { name: "Authorization", value: MARK },
        { name: "Host", value: "h" },
      ],
    ],
    ["env", [{ key: "DB_PASSWORD", value: "x" }], [{ key: "DB_PASSWORD", value: MARK }]],
    ["env", [{ Key: "Password", Value: "x" }], [{ Key: "Password", Value: MARK }]],
    ["params", [{ name: "Authorization", values: ["x", "y"] }], [{ name: "Authorization", values: [MARK, MARK] }]],
    ["rawHeaders", ["Host", "h", "X-Api-Key", "x", "Accept", "*/*"], ["Host", "h", "X-Api-Key", MARK, "Accept", "*/*"]],
    [
      "headers",
      [
        ["X-Api-Key", "x"],
        ["Host", "h"],
      ],
      [
        ["X-Api-Key", MARK],
        ["Host", "h"],
      ],
    ],
    ["sessions", { "postgres://a:b@h/c": { a: 1 } }, { [`postgres://a:${MARK}@h/c`]: { a: 1 } }],
    [
      "argv",
      ["run", "--password", "hunter2", "--token", "-v", "--name", "x"],
      ["run", "--password", MARK, "--token", "-v", "--name", "x"],
    ],
    ["url", "https://bob:pw@h/?token=abc&x=1", `https://bob:${MARK}@h/?token=${MARK}&x=1`],
    ["token", { value: "abc", access: "def", jti: "0123456789abcdef" }, { value: MARK, access: MARK, jti: MARK }],
    ["auth", { user: "bob", password: "x", type: "basic" }, { user: "bob", password: MARK, type: "basic" }],
    ["cookies", { sid: "abc", lang: "en" }, { sid: MARK, lang: MARK }],
  ];
  for (const [name, value, expected] of cases) {
    it(`scrubs ${name}: ${JSON.stringify(value)}`, () => {
      const before = JSON.stringify(value);
      assert.deepEqual(scrubber().field(name, value), expected);
      assert.equal(JSON.stringify(value), before);
    });
  }

  const innocent: [string, FieldValue][] = [
    ["password", true],
    ["password", null],
    ["auth", "ldap"],
    ["credentials", "include"],
    ["auth", { policies: ["root"], display_name: "ldap-bob", user: "bob" }],
    ["token", { authenticated: true, roles: ["ROLE_USER"], user_identifier: "bob" }],
    ["pin", "on"],
    ["password", ""],
    ["password", MARK],
    ["password", {}],
    ["tokens", 512],
    ["usage", { prompt_tokens: 17, completion_tokens: 5, token_type: "x" }],
    ["pin", 17],
    ["pwd", "/home/app"],
    ["session", "short"],
    ["order", 4_111_111_111_111_112],
    ["time", 1_714_560_001_123],
    ["ratio", 4.111111111111111],
    ["fields", ["password", "email"]],
    ["deep", { a: [{ b: [1, "x", null, false] }] }],
  ];
  for (const [name, value] of innocent) {
    it(`hands back ${name}: ${JSON.stringify(value)} itself`, () => {
      assert.equal(scrubber().field(name, value), value);
    });
  }

  it("never touches what is allowed, at any depth", () => {
    const lenient = scrubber(["session_id", "raw"]);
    const value: FieldValue = { sessionId: "abcd", raw: { password: "x" } };
    assert.equal(lenient.field("a", value), value);
    assert.deepEqual(lenient.field("a", { ...value, token: "abcd" }), { ...value, token: MARK });
  });

  it("keeps keys of the prototype ordinary keys", () => {
    const value = JSON.parse('{"__proto__":{"password":"x"},"constructor":{"token":"abcd"},"a":1}') as FieldValue;
    const scrubbed = scrubber().field("a", value);
    assert.equal(JSON.stringify(scrubbed), `{"__proto__":{"password":"${MARK}"},"constructor":{"token":"${MARK}"},"a":1}`);
    assert.equal(Object.hasOwn(Object.prototype, "password"), false);
  });

  it("cuts off what is nested deeper than any codec allows", () => {
    let value: FieldValue = "password=x";
    for (let depth = 0; depth < 5_000; depth++) value = depth % 2 === 0 ? [value] : { a: value };
    for (const name of ["a", "password"]) {
      const scrubbed = JSON.stringify(scrubber().field(name, value));
      assert.ok(!scrubbed.includes("password=x") && scrubbed.includes(MARK));
    }
  });
});
