import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Credentials } from "../../../src/wire/access/credentials.ts";

const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

describe("Credentials", () => {
  const known = new Credentials({ tokens: ["first-token", "second token"], users: { ann: "her:password", bob: "päss-wörd" } });

  it("accept any of the tokens and users, and nobody else", () => {
    const right = ["Bearer first-token", "bearer  second token", basic("ann", "her:password"), basic("bob", "päss-wörd")];
    for (const authorization of right) assert.ok(known.accept(authorization), authorization);
    const wrong = [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "first-token",
      "Bearer first-toke",
      "Bearer first-token ",
      "Bearer ann:her:password",
      "Token first-token",
      "Basic",
      "Basic first-token",
      "Basic !!!",
      basic("ann", "päss-wörd"),
      basic("ann", ""),
      basic("", "her:password"),
      basic("first-token", ""),
    ];
    for (const authorization of wrong) assert.ok(!known.accept(authorization), authorization);
  });

  it("accept nobody when there are none", () => {
    const none = new Credentials({ tokens: [], users: {} });
    fc.assert(fc.property(fc.string(), (text) => !none.accept(text) && !none.accept(`Bearer ${text}`)));
  });

  it("say what they would accept", () => {
    assert.equal(new Credentials({ tokens: ["a"], users: {} }).challenge, 'Bearer realm="crumbtrail"');
    assert.match(known.challenge, /^Bearer .*, Basic realm="crumbtrail"/);
  });

  it("never accept what is not exactly one of them", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, password) => {
        const isKnown = (name === "ann" && password === "her:password") || (name === "bob" && password === "päss-wörd");
        assert.equal(known.accept(basic(name, password)), isKnown);
      }),
    );
  });
});
