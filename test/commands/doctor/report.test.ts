import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitCodeOf, type Check } from "../../../src/commands/doctor/check.ts";
import { reportJson, reportText } from "../../../src/commands/doctor/report.ts";

const CHECKS: readonly Check[] = [
  { group: "queue", verdict: "ok", what: "fine" },
  { group: "queue", verdict: "warn", what: "on tmpfs", todo: "move it" },
  { group: "upstream a", verdict: "fail", what: "gone \u001b[31m\nevil", unreachable: true },
];

describe("the doctor's report", () => {
  it("has a line for each check under the heading of its group, and a sum", () => {
    assert.equal(
      reportText(CHECKS, false),
      "queue\n  ok   fine\n  warn on tmpfs; move it\n\nupstream a\n  fail gone \\x1b[31m evil\n\n1 ok, 0 note, 1 warn, 1 fail\n",
    );
  });

  it("has colours only where they are asked for", () => {
    assert.ok(reportText(CHECKS, true).includes("\u001b[31mfail\u001b[39m"));
    assert.ok(!reportText(CHECKS, false).includes("\u001b"));
  });

  it("says the same to machines", () => {
    const report: unknown = JSON.parse(reportJson(CHECKS, "1.2.3"));
    assert.deepEqual(report, {
      version: "1.2.3",
      exit: 69,
      checks: [
        { group: "queue", verdict: "ok", what: "fine" },
        { group: "queue", verdict: "warn", what: "on tmpfs", todo: "move it" },
        { group: "upstream a", verdict: "fail", what: "gone \u001b[31m\nevil" },
      ],
    });
  });

  it("ends with 69 only where nothing but a way to an upstream is missing", () => {
    const mend: Check = { group: "queue", verdict: "fail", what: "no room" };
    assert.deepEqual(
      [exitCodeOf([]), exitCodeOf(CHECKS.slice(0, 2)), exitCodeOf(CHECKS), exitCodeOf([...CHECKS, mend])],
      [0, 0, 69, 1],
    );
  });
});
