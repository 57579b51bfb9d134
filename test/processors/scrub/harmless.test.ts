import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHarmless } from "../../../src/processors/scrub/harmless.ts";
import { marker } from "../../../src/processors/scrub/mark.ts";
import { SecretNames } from "../../../src/processors/scrub/names.ts";
import { OwnPatterns } from "../../../src/processors/scrub/own-patterns.ts";
import { TextScrubber } from "../../../src/processors/scrub/text.ts";

const scrubber = new TextScrubber({
  names: new SecretNames(),
  own: new OwnPatterns([]),
  mark: marker(false, ""),
  count: () => undefined,
});

function harmless(text: string, before = "", behind = ""): boolean {
  const bytes = Buffer.from(before + text + behind, "latin1");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return isHarmless(view, before.length, before.length + text.length);
}

// Put together here, so that no tool that looks for keys in source code takes these for real ones.
const PIECES = [
  "password",
  "passwd ",
  "PASSWORD ",
  "passphrase ",
  "Bearer ",
  "BASIC ",
  "dXNlcjpwYXNz",
  "AUTH PLAIN ",
  "AUTHENTICATE LOGIN ",
  "code is ",
  "otp pin is ",
  "verification code is 482913",
  "--token ",
  " -p",
  "hunter2",
  ["ghp", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"].join("_"),
  ["AKIA", "IOSFODNN7EXAMPLE"].join(""),
  ["sk", "live", "aB3aB3aB3aB3"].join("_"),
  "4111 1111 1111 1111",
  "4111111111111111",
  "4111-1111-1111-1111",
  "DE89 3704 0044 0532 0130 00",
  "DE89370400440532013000",
  "user:pw@tcp(",
  "mysql -phunter2 ",
  "curl -u bob:hunter2 ",
  "(name, password) VALUES ('bob', 'x1')",
  "<password>x1</password>",
  '"token"',
  "secret=",
  "api key: ",
  "a%3Db",
  "$2b$10$",
  " ",
  "-",
  "/",
  ".",
  "GET",
  "served 200 in 17 ms",
  "Order ",
];

describe("isHarmless", () => {
  it("is never said of a text in which a rule finds something", () => {
    const piece = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...PIECES) },
      fc.string({ maxLength: 8 }),
      fc.stringMatching(/^[\w-]{0,30}$/),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.constantFrom("", " "), (pieces, between) => {
        const text = pieces.join(between);

        if (harmless(text)) assert.equal(scrubber.scrub(text), text);
      }),
      { numRuns: 3_000 },
    );
  });

  for (const text of [
    "",
    "a",
    "GET /api/customers/search/291 answered 200 in 97 ms for customer 1067",
    "Retrying the connection to payments-7c9f in 250 ms, attempt 3 of 5",
    "Loaded 17 plugins [core, auth, mail]; ready",
    "order 8812 shipped to Berlin",
    "shop.http.access",
    "b7f1c2d3-a4e5",
  ]) {
    it(`is said of ${JSON.stringify(text)}`, () => assert.ok(harmless(text)));
  }

  it("depends on nothing beside the text", () => {
    assert.ok(harmless("1111 1111", "4111 1111 ", " password=a"));
    assert.ok(harmless(" for 5", "password"));
  });

  it("is not said of what is no printable ASCII", () => {
    for (const text of ["naïve", "a\tb", "\u007f"]) assert.ok(!harmless(text), text);
  });
});
