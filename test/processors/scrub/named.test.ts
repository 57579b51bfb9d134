import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Findings } from "../../../src/processors/scrub/findings.ts";
import { findNamed } from "../../../src/processors/scrub/named.ts";
import { SecretNames } from "../../../src/processors/scrub/names.ts";

const names = new SecretNames();

function without(text: string): string {
  const findings = new Findings();
  findNamed(text, names, findings);
  return findings.applyTo(text, () => "#");
}

describe("findNamed", () => {
  const cases: [string, string][] = [
    ["run --password hunter2 -v", "run --password # -v"],
    ["--api-key abc --name x", "--api-key # --name x"],
    ['--client-secret "a b" x', '--client-secret "#" x'],
    ["<password>a b</password>", "<password>#</password>"],
    ["<ns:apiKey id='1'>abc</ns:apiKey>", "<ns:apiKey id='1'>#</ns:apiKey>"],
    ["<a><secret>x</secret><b>y</b></a>", "<a><secret>#</secret><b>y</b></a>"],
    ["SET PASSWORD 'a b'", "SET PASSWORD '#'"],
    ['identified by "x"', 'identified by "#"'],
  ];
  for (const [text, expected] of cases) it(`scrubs ${text}`, () => assert.equal(without(text), expected));

  const innocent = [
    "--password",
    "--password --user x",
    "--password-file /etc/x",
    "--name password",
    "a--password x",
    "<password></password>",
    "<password><b>x</b></password>",
    "<user>password</user>",
    "<password>***</password>",
    "password '' and identified by \"\"",
    "the \"password\" 'field'",
    "unknown token '<'",
  ];
  for (const text of innocent) it(`leaves ${text}`, () => assert.equal(without(text), text));

  it("gets through 1 MiB of hostile text", () => {
    for (const piece of [
      "--",
      "--a",
      "--a ",
      "--password ",
      "<",
      "<a",
      "<a ",
      "<a>",
      "<a>b",
      "<a b>",
      "</",
      "<password>",
      "password '",
      "by '",
    ]) {
      assert.equal(typeof without(`--a <b> password ' ${piece.repeat((1 << 20) / piece.length)}`), "string");
    }
  });
});
