import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Findings, type Finding } from "../../../src/processors/scrub/findings.ts";

function applied(text: string, ...found: [string, number, number][]): { out: string; replaced: string[] } {
  const findings = new Findings();
  for (const [rule, start, end] of found) findings.add(rule, start, end);
  const replaced: string[] = [];
  const out = findings.applyTo(text, (finding: Finding) => {
    replaced.push(`${finding.rule}:${text.slice(finding.start, finding.end)}`);
    return "#";
  });
  assert.equal(findings.empty, true);
  return { out, replaced };
}

describe("Findings", () => {
  it("replaces in the order of the text, whatever the order of finding", () => {
    assert.deepEqual(applied("0123456789", ["b", 6, 8], ["a", 1, 3]), { out: "0#345#89", replaced: ["a:12", "b:67"] });
  });

  it("makes one of findings that overlap, under the first one's rule", () => {
    assert.deepEqual(applied("0123456789", ["b", 3, 6], ["a", 2, 4], ["c", 5, 8]), { out: "01#89", replaced: ["a:234567"] });
  });

  it("keeps the larger of two that start together, and drops one inside another", () => {
    assert.deepEqual(applied("0123456789", ["a", 2, 4], ["b", 2, 7], ["c", 3, 5]), { out: "01#789", replaced: ["b:23456"] });
  });

  it("keeps findings apart that only touch", () => {
    assert.deepEqual(applied("0123456789", ["a", 2, 4], ["b", 4, 6]), { out: "01##6789", replaced: ["a:23", "b:45"] });
  });

  it("forgets those whose text is allowed, one by one", () => {
    const findings = new Findings();
    findings.add("a", 1, 3);
    findings.add("b", 6, 8);
    findings.spare("0123456789", (value) => value === "12");
    assert.equal(
      findings.applyTo("0123456789", () => "#"),
      "012345#89",
    );
  });

  it("leaves a text without findings as it is", () => {
    assert.deepEqual(applied("0123456789"), { out: "0123456789", replaced: [] });
  });
});
