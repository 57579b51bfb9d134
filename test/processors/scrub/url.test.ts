import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Findings } from "../../../src/processors/scrub/findings.ts";
import { findUrlCredentials } from "../../../src/processors/scrub/url.ts";

function without(text: string): string {
  const findings = new Findings();
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", at + 3)) findUrlCredentials(text, at + 3, findings);
  return findings.applyTo(text, () => "#");
}

describe("findUrlCredentials", () => {
  const cases: [string, string][] = [
    ["https://bob:pw@h/x", "https://bob:#@h/x"],
    ["https://bob:pw@h", "https://bob:#@h"],
    ["redis://:pw@h:6379/0", "redis://:#@h:6379/0"],
    ["amqps://bob:p:w@h", "amqps://bob:#@h"],
    ["mongodb+srv://bob:p@w@h/x", "mongodb+srv://bob:#@h/x"],
    ["https://bob:pa/ss@h/x", "https://bob:#@h/x"],
    ["https://bob:pa/s/s@h", "https://bob:#@h"],
    ['"postgres://bob:pw@h/x"', '"postgres://bob:#@h/x"'],
    ["<https://bob:pw@h>", "<https://bob:#@h>"],
    ["a://b:c@d e://f:g@h", "a://b:#@d e://f:#@h"],
    ["jdbc:mysql://bob:pw@tcp(h:3306)/x", "jdbc:mysql://bob:#@tcp(h:3306)/x"],
    ["https://0123456789abcdef0123456789abcdef@sentry.example/1", "https://#@sentry.example/1"],
    ["https://bob:[Filtered]x@h", "https://bob:#@h"],
  ];
  for (const [text, expected] of cases) it(`scrubs ${text}`, () => assert.equal(without(text), expected));

  const innocent = [
    "https://example.com/x",
    "https://example.com:8080/x@y",
    "https://[::1]:8080/x@y",
    "https://[::1]/x@y",
    "ssh://git@github.com/a/b",
    "https://bob@h",
    "https://bob:@h",
    "https://bob:[Filtered]@h",
    "https://bob:[Filtered:0123abcd]@h",
    "https://[Filtered:0123abcd]@h",
    "https://h?a:b@c",
    "https://h#a:b@c",
    "file:///C:/x@y",
    "https://a:b/c d@e",
    "://",
    "://@",
    "://:@",
    "see https://h, mail a:b@c",
  ];
  for (const text of innocent) it(`leaves ${text}`, () => assert.equal(without(text), text));

  it("gets through 1 MiB of hostile addresses", () => {
    for (const piece of ["://", "://a:", "://a:b@", "@", ":", "://a:b/", "[Filtered:0123abcd]", "a"]) {
      assert.equal(typeof without(`://${piece.repeat((1 << 20) / piece.length)}`), "string");
      assert.equal(typeof without(`://${piece.repeat((1 << 20) / piece.length)}@`), "string");
    }
  });
});
