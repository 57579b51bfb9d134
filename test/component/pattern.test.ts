import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  compileGlob,
  compileRe2,
  compileSearch,
  isBadPattern,
  type BadPattern,
  type TextTest,
} from "../../src/component/pattern.ts";

const HOSTILE = [
  "a".repeat(1 << 20),
  "a ".repeat(1 << 19),
  "\\".repeat(1 << 20),
  "ab".repeat(1 << 19) + "c",
  "\u{1f600}".repeat(1 << 18),
];

function usable(compiled: TextTest | BadPattern): TextTest {
  assert.ok(!isBadPattern(compiled), `not usable: ${JSON.stringify(compiled)}`);
  return compiled;
}

describe("compileSearch", () => {
  const cases: [string, string, string, boolean][] = [
    ["health ?check", "", "GET /healthcheck 200", true],
    ["health ?check", "", "a health check", true],
    ["health ?check", "", "a health  check", false],
    ["timeout|refused", "", "connection refused", true],
    ["timeout|refused", "", "connection reset", false],
    ["(?i)timeout|refused", "", "Connection REFUSED", true],
    ["timeout", "i", "TimeOut", true],
    ["timeout", "", "TimeOut", false],
    ["a\\.b", "", "a.b", true],
    ["a\\.b", "", "axb", false],
    ["a\\|b|c", "", "a|b", true],
    ["^GET .* 5\\d\\d$", "", "GET /x 503", true],
    ["^GET .* 5\\d\\d$", "", "GET /x 203", false],
    ["^b", "m", "a\nb", true],
    ["^b", "", "a\nb", false],
    ["a.b", "s", "a\nb", true],
    ["a.b", "", "a\nb", false],
    ["\\p{Greek}+", "", "λόγος", true],
    ["100%", "", "at 100% now", true],
    ["ß", "i", "ẞ", true],
  ];
  for (const [source, flags, text, expected] of cases) {
    it(`${expected ? "finds" : "does not find"} /${source}/${flags} in ${JSON.stringify(text)}`, () => {
      assert.equal(usable(compileSearch(source, flags))(text), expected);
    });
  }

  it("agrees with the general engine on patterns that need none", () => {
    const word = fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom("a", "b", " ", "-", "é", "K") });
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.string({ unit: fc.constantFrom("a", "b", "B", " ", "-", "é", "k") }),
        (words, ignoreCase, text) => {
          const source = (ignoreCase ? "(?i)" : "") + words.join("|");
          const general = compileRe2(source);
          assert.ok(!isBadPattern(general));
          assert.equal(usable(compileSearch(source))(text), general.test(text));
        },
      ),
    );
  });

  const mistakes: [string, string, RegExp][] = [
    ["(", "", /missing closing \)/],
    ["*a", "", /missing argument to repetition/],
    ["(?=a)", "", /RE2: no look-around/],
    ["(a)\\1", "", /RE2: no look-around, no back-references/],
    ["[z-a]", "", /invalid character class range/],
    ["(a{1000}){1000}", "", /repeat/],
    ["", "", /it is empty/],
    ["a", "q", /unknown flag "q"/],
    ["x".repeat(2_001), "", /longer than 2000/],
  ];
  for (const [source, flags, expected] of mistakes) {
    it(`says what is wrong with /${source.slice(0, 20)}/${flags}`, () => {
      const compiled = compileSearch(source, flags);
      assert.ok(isBadPattern(compiled));
      assert.match(compiled.mistake, expected);
    });
  }

  it("gets through a hostile line of 1 MiB with patterns that ruin a backtracking engine", () => {
    for (const source of ["(a+)+b", "(a|a)*b", "(.*)*x", "a.*b.*c.*d", "(?i)(a|b|ab)*c$"]) {
      const search = usable(compileSearch(source));
      for (const line of HOSTILE) assert.equal(typeof search(line), "boolean");
    }
  });
});

describe("compileGlob", () => {
  const cases: [string, string, boolean][] = [
    ["payments-*", "payments-eu", true],
    ["payments-*", "payments-", true],
    ["payments-*", "my-payments-eu", false],
    ["*-eu", "payments-eu", true],
    ["*-eu", "payments-eu-1", false],
    ["*pay*eu*", "xpayyeuz", true],
    ["*pay*eu*", "xeuypay", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["web-?", "web-1", true],
    ["web-?", "web-12", false],
    ["*-?-*", "a-b-c", true],
    ["?", "", false],
    ["*", "", true],
    ["**", "anything", true],
    ["exact", "exact", true],
    ["exact", "Exact", false],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["C:\\dir\\*", "C:\\dir*", true],
    ["C:\\dir", "C:\\dir", true],
    ["a.c", "abc", false],
    ["line*end", "line\nend", true],
  ];
  for (const [glob, text, expected] of cases) {
    it(`${expected ? "matches" : "does not match"} ${glob} against ${JSON.stringify(text)}`, () => {
      assert.equal(usable(compileGlob(glob))(text), expected);
    });
  }

  it("agrees with the same glob written as a regular expression", () => {
    const glob = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom("a", "b", "*", "?") });
    const text = fc.string({ maxLength: 10, unit: fc.constantFrom("a", "b") });
    fc.assert(
      fc.property(glob, text, (glob, text) => {
        const expected = new RegExp(`^${glob.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(text);
        assert.equal(usable(compileGlob(glob))(text), expected);
      }),
      { numRuns: 600 },
    );
  });

  it("gets through a hostile line of 1 MiB", () => {
    for (const glob of ["*a*a*a*a*b", "*a?a*b*", "?*?*?*?*c?", "*ab*ab*ab*abd"]) {
      const test = usable(compileGlob(glob));
      for (const line of HOSTILE) assert.equal(typeof test(line), "boolean");
    }
  });

  it("refuses an empty glob", () => {
    assert.ok(isBadPattern(compileGlob("")));
  });
});
