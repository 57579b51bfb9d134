import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import * as z from "zod";
import { compileAny, compileMatch, match } from "../../src/component/match.ts";
import type { FieldValue, LogRecord } from "../../src/record/record.ts";
import { anyRecord, NOWHERE, recordOf } from "../support/processing.ts";

const RECORD = recordOf(
  {
    message: "GET /healthcheck 200",
    severity: 13,
    service: "shop",
    logger: "app.db.pool",
    request: { status: 503, url: "/api/users" },
    from: { ...NOWHERE, labels: new Map([["team", "checkout"]]) },
  },
  {
    namespace: "payments-eu",
    attempt: 3,
    retried: true,
    code: "42",
    flag: "true",
    tags: ["red", "blue"],
    k8s: { pod: { name: "web-1" } },
    empty: "",
    nothing: null,
    ratio: "1.5",
  },
);

function matches(written: unknown, record: LogRecord = RECORD): boolean {
  return compileMatch(match.parse(written))(record);
}

describe("compileMatch", () => {
  const cases: [unknown, boolean][] = [
    [{ message: "health ?check" }, true],
    [{ message: "/healthcheck" }, true],
    [{ message: "/HEALTHCHECK/i" }, true],
    [{ message: "/api/" }, false],
    [{ message: 200 }, true],
    [{ message: ["nope", "GET"] }, true],
    [{ message: "HEALTH" }, false],
    [{ severity: "warning" }, true],
    [{ severity: ">=warning" }, true],
    [{ severity: "> warning" }, false],
    [{ level: "<error" }, true],
    [{ level: "<=notice" }, false],
    [{ severity: ["debug", "warning"] }, true],
    [{ namespace: "payments-*" }, true],
    [{ namespace: "payments" }, false],
    [{ namespace: "/^PAYMENTS-(eu|us)$/i" }, true],
    [{ namespace: "/^eu/" }, false],
    [{ logger: "app.*" }, true],
    [{ service: ["web", "shop"] }, true],
    [{ service: "shop", namespace: "orders-*" }, false],
    [{ service: "shop", namespace: "payments-*" }, true],
    [{ service: "shop", namespace: "payments-*", attempt: 3 }, true],
    [{ service: "shop", namespace: "payments-*", attempt: 4 }, false],
    [{ status: 503 }, true],
    [{ status: ">=500" }, true],
    [{ status: "< 500" }, false],
    [{ status: "5*" }, true],
    [{ code: 42 }, true],
    [{ code: ">41.5" }, true],
    [{ code: "<=42" }, true],
    [{ namespace: ">=1" }, false],
    [{ ratio: 1.5 }, true],
    [{ attempt: "3" }, true],
    [{ retried: true }, true],
    [{ retried: "true" }, true],
    [{ flag: true }, true],
    [{ flag: false }, false],
    [{ tags: "blue" }, true],
    [{ tags: "green" }, false],
    [{ "k8s.pod.name": "web-?" }, true],
    [{ "k8s.pod": "*" }, false],
    [{ team: "checkout" }, true],
    [{ input: "edge" }, true],
    [{ url: "/api/*" }, true],
    [{ missing: "*" }, false],
    [{ nothing: "*" }, false],
    [{ empty: "*" }, true],
    [{ constructor: "*" }, false],
  ];
  for (const [written, expected] of cases) {
    it(`${JSON.stringify(written)} ${expected ? "matches" : "does not match"}`, () => {
      assert.equal(matches(written), expected);
    });
  }

  it("compares a number only with a text that is one", () => {
    const odd: FieldValue[] = ["", " ", "0x1f4", "5e2", "500abc", "9".repeat(1 << 20), [], {}];
    for (const value of odd) assert.equal(matches({ size: ">=1" }, recordOf({}, { size: value })), false);
    assert.equal(matches({ size: 500 }, recordOf({}, { size: " 500 " })), true);
    assert.equal(matches({ size: "<0" }, recordOf({}, { size: "-0.5" })), true);
  });

  it("never throws, whatever the record", () => {
    const tests = [
      { message: "a.*b" },
      { user: "*x*" },
      { value: "/a/i" },
      { __proto__x: "?" },
      { severity: "<fatal" },
      { "a.b.c": 5 },
    ].map((one) => compileMatch(match.parse(one)));
    fc.assert(
      fc.property(anyRecord, (record) => {
        for (const test of tests) assert.equal(typeof test(record), "boolean");
      }),
    );
  });
});

describe("compileAny", () => {
  it("matches when one of several does", () => {
    const test = compileAny([{ service: "web" }, { service: "shop" }]);
    assert.equal(test(RECORD), true);
  });

  it("matches nothing when there is none", () => {
    assert.equal(compileAny([])(RECORD), false);
  });
});

describe("the configuration of a match", () => {
  const mistakes: [unknown, PropertyKey[], RegExp][] = [
    [{ message: "(" }, ["message"], /the pattern "\(" of "message" cannot be used: missing closing \)/],
    [{ message: ["ok", "a(?!b)"] }, ["message", 1], /no look-around/],
    [{ severity: "banana" }, ["severity"], /it is no severity \(trace, debug, info, notice, warning, error, fatal\)/],
    [{ level: ">=warn" }, ["level"], /"level" cannot be used: it is no severity/],
    [{ severity: 3 }, ["severity"], /it is no severity/],
    [{ service: "/(/" }, ["service"], /missing closing/],
    [{ service: "" }, ["service"], /it is empty/],
    [{ message: "" }, ["message"], /it is empty/],
    [{}, [], /at least one field/],
    [{ service: [] }, ["service"], /expected at least one pattern/],
    [{ service: null }, ["service"], /expected a pattern or a list of patterns/],
    [{ service: { eq: 1 } }, ["service"], /expected a pattern or a list of patterns/],
  ];
  for (const [written, path, expected] of mistakes) {
    it(`refuses ${JSON.stringify(written)}`, () => {
      const parsed = match.safeParse(written);
      assert.equal(parsed.success, false);
      const issue = parsed.error?.issues[0];
      assert.deepEqual(issue?.path, path);
      assert.match(issue?.message ?? "", expected);
    });
  }

  it("finds several mistakes at once", () => {
    const parsed = match.safeParse({ message: ["(", "["], severity: "loud" });
    assert.equal(parsed.error?.issues.length, 3);
  });

  it("takes no field from the prototype", () => {
    assert.equal(match.safeParse(JSON.parse('{"__proto__": "x"}')).success, false);
  });

  it("has a JSON Schema", () => {
    assert.doesNotThrow(() => z.toJSONSchema(z.object({ match }), { io: "input" }));
  });
});
