import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findAuthorization } from "../../../src/processors/scrub/authorization.ts";
import { Findings } from "../../../src/processors/scrub/findings.ts";

function without(text: string): string {
  const findings = new Findings();
  findAuthorization(text, findings);
  return findings.applyTo(text, (finding) => `#${finding.rule}`);
}

describe("findAuthorization", () => {
  const cases: [string, string][] = [
    ["Bearer abcdef123456", "Bearer #bearer"],
    ["sent bearer  a.b-c_d~e+f/g=1, then", "sent bearer  #bearer, then"],
    ["BEARER ABCDEFG1", "BEARER #bearer"],
    ["Bearer abcdefghijklmnopqrstuvwxyzabcdefgh", "Bearer #bearer"],
    ["Basic dXNlcjpwYXNz", "Basic #basic_auth"],
    ["basic dXNlcjpwYXNzdw== x", "basic #basic_auth x"],
    ["Bearer abcdef123456 Bearer abcdef123457", "Bearer #bearer Bearer #bearer"],
  ];
  for (const [text, expected] of cases) it(`scrubs ${text}`, () => assert.equal(without(text), expected));

  for (const text of [
    "bearer authentication failed",
    "Bearer token",
    "Bearer [Filtered]",
    "basic authentication",
    "Basic dXNlcg==",
    "Basic functionality",
    "forebearer abcdef123456",
    "bearer1 abcdef123456",
    "Basic 1234567890",
  ]) {
    it(`leaves ${text}`, () => assert.equal(without(text), text));
  }

  it("gets through 1 MiB of hostile text", () => {
    for (const piece of ["Bearer ", "Bearer a", "Basic ", "Basic dXNl", "a", " ", "="]) {
      assert.equal(typeof without(`Bearer Basic ${piece.repeat((1 << 20) / piece.length)}`), "string");
    }
  });
});
