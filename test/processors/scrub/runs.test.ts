import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Findings } from "../../../src/processors/scrub/findings.ts";
import { findInRuns } from "../../../src/processors/scrub/runs.ts";

const A20 = "aB3dE6gH9jK2mN5pQ8sT";
const A40 = A20 + A20;
const HEX64 = "0123456789abcdef".repeat(4);

/** In parts, so that no tool that looks for keys in source code takes these for real ones. */
const TOKENS: [string, readonly string[]][] = [
  ["jwt", ["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0", ".c2lnbmF0dXJl"]],
  ["jwt", ["eyJhbGciOiJub25lIn0x", ".eyJzdWIiOiIxMjM0In0", "."]],
  ["aws_key", ["AKIA", "IOSFODNN7EXAMPLE"]],
  ["aws_key", ["ASIA", "IOSFODNN7EXAMPLE"]],
  ["google_key", ["AIza", "SyD-", A20, "aB3dE6gH9jK"]],
  ["google_key", ["GOCSPX", "-", A20]],
  ["google_key", ["ya29", ".", A40]],
  ["github_token", ["ghp", "_", A40.slice(0, 36)]],
  ["github_token", ["gho", "_", A40.slice(0, 36)]],
  ["github_token", ["github", "_pat_", A40]],
  ["gitlab_token", ["glpat", "-", A20]],
  ["gitlab_token", ["glpat", "-", A40, ".01.120abcdef"]],
  ["slack_token", ["xoxb", "-123456789012-1234567890123-", A20]],
  ["slack_token", ["xapp", "-1-A0123456789-1234567890123-", HEX64]],
  ["slack_token", ["https://hooks.slack.com/services/T00000000/B00000000/", A20, "aB3d"]],
  ["stripe_key", ["sk", "_live_", A20]],
  ["stripe_key", ["rk", "_test_", A20]],
  ["stripe_key", ["whsec", "_", A40]],
  ["api_token", ["sk", "-proj-", A40]],
  ["api_token", ["npm", "_", A40.slice(0, 36)]],
  ["api_token", ["pypi", "-AgEIcHlwaS5vcmc", A40]],
  ["api_token", ["dop", "_v1_", HEX64]],
  ["api_token", ["hf", "_", A40]],
  ["api_token", ["SG", ".", A20, "aB.", A40]],
  ["api_token", ["hvs", ".", A40]],
  ["api_token", ["123456789", ":AA", A40.slice(0, 33)]],
  ["api_token", ["https://discord.com/api/webhooks/123456789012345678/", A40]],
  ["api_token", ["shpat", "_", "0123456789abcdef0123456789abcdef"]],
];

const INNOCENT = [
  "8f14e45f-ceea-467f-a0e6-2b1d9f8b3c6a",
  "e10adc3949ba59abbe56e057f20f883e0123456789",
  "http-nio-8080-exec-3-and-a-long-thread-name",
  "global-thread-pool-worker-number-17",
  "sk-learn-is-a-long-kebab-name-for-a-library",
  "github_pattern_matching_service_v2",
  "AKIAIOSFODNN7EXAMPLE1",
  "eyJhbGciOiJIUzI1NiJ9",
  "ghp_short",
  "com.example.SomeVeryLongClassName.someVeryLongMethodName",
  "a1b2c3d4e5f6:AAAnotABotKeyJustAnOrdinaryWord",
  "____________________________________",
  "AIzaTooShortToBeAKeyOfGoogle",
];

function rulesIn(text: string): { rules: string[]; rest: string } {
  const findings = new Findings();
  findInRuns(text, findings);
  const rules: string[] = [];
  const rest = findings.applyTo(text, (finding) => {
    rules.push(finding.rule);
    return "#";
  });
  return { rules, rest };
}

describe("findInRuns", () => {
  for (const [rule, parts] of TOKENS) {
    const token = parts.join("");
    it(`finds ${parts[0]}... as ${rule}`, () => {
      for (const [before, after] of [
        ["", ""],
        ["x ", " y"],
        ["=", "&a=b"],
        ['"', '"'],
        ["(", ")."],
      ] as const) {
        const { rules, rest } = rulesIn(before + token + after);
        assert.deepEqual(rules, [rule], before);
        assert.ok(!rest.includes(token.slice(-16)), rest);
        assert.ok(rest.startsWith(before) && rest.endsWith(after), rest);
      }
    });
  }

  for (const text of INNOCENT) {
    it(`leaves ${text}`, () => assert.deepEqual(rulesIn(`x ${text} y`), { rules: [], rest: `x ${text} y` }));
  }

  const glue = fc.constantFrom(
    " ",
    "=",
    ":",
    ",",
    '"',
    "/x/",
    "\n",
    "[",
    " id=8f14e45f-ceea-467f-a0e6-2b1d9f8b3c6a ",
    "2024-05-01 12:00:01 ",
  );
  const word = fc.string({ maxLength: 9, unit: fc.constantFrom("a", "Z", "0", "-", "_", " ", ".", "é") });
  const secret = fc.constantFrom(
    TOKENS[2]?.[1].join("") ?? "",
    TOKENS[7]?.[1].join("") ?? "",
    "4111111111111111",
    "378282246310005",
    "5555 5555 5555 4444",
    "DE89370400440532013000",
    "NO93 8601 1117 947",
  );

  it("finds a secret wherever it stands", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, glue), { maxLength: 8 }), secret, (words, secret) => {
        const before = words.flat().join("");
        assert.ok(!rulesIn(`${before}<${secret}> and more`).rest.includes(secret), before);
        assert.ok(!rulesIn(`${before}|${secret}`).rest.includes(secret), before);
      }),
      { numRuns: 400 },
    );
  });

  it("finds two tokens that nearly touch", () => {
    const token = TOKENS[7]?.[1].join("") ?? "";
    for (let offset = 0; offset < 8; offset++) {
      assert.equal(rulesIn(`${".".repeat(offset)}${token}=${token},${token}`).rules.length, 3);
      assert.equal(rulesIn(`${"a".repeat(offset + 20)}=${token}`).rules.length, 1);
    }
  });

  it("gets through 1 MiB of anything that a token is made of", () => {
    const leads = ["eyJ", "ghp_", "sk-", "pypi-"];
    const pieces = ["a", "A", "0", "-", "_", " ", "a ", "ghp_", "eyJ", "eyJ.", "eyJa.a", "AKIA", "xox", "sk-a", "sk_live_", "AIza", "A1", "4 ", "-- ", "pypi-", "SG.", "a.a"]; // prettier-ignore
    for (const [i, piece] of pieces.entries()) {
      const long = piece.repeat((1 << 20) / piece.length);
      for (const lead of ["", leads[i % leads.length] ?? ""]) assert.equal(typeof rulesIn(lead + long).rest, "string");
    }
  });
});
