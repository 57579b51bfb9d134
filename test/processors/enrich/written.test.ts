import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { enrich } from "../../../src/processors/enrich.ts";

describe("the configuration of enrich", () => {
  const mistakes: [unknown, PropertyKey[], RegExp][] = [
    [{ set: { severity: "banana" } }, ["set", "severity"], /"banana" cannot be the severity of a record \(trace, debug/],
    [{ default: { trace_id: "xyz" } }, ["default", "trace_id"], /"xyz" cannot be the trace_id/],
    [{ set: { status: 7 } }, ["set", "status"], /7 cannot be the status/],
    [{ set: { input: "x" } }, ["set", "input"], /"input" says where a record came from/],
    [{ rename: { peer: "address" } }, ["rename", "peer"], /"peer" says where a record came from/],
    [{ rename: { svc: "tag" } }, ["rename", "svc"], /"tag" says where a record came from/],
    [{ rename: { message: "text" } }, ["rename", "message"], /a record always has "message"/],
    [{ remove: ["a", "level"] }, ["remove", 1], /a record always has "level"/],
    [{ set: { a: null } }, ["set", "a"], /expected a text, a number, true, false or a list of texts/],
    [{ set: { a: { b: 1 } } }, ["set", "a"], /expected a text/],
    [{ match: { message: "(" } }, ["match", "message"], /missing closing/],
  ];
  for (const [config, path, expected] of mistakes) {
    it(`refuses ${JSON.stringify(config)}`, () => {
      const issue = enrich.config.safeParse(config).error?.issues[0];
      assert.deepEqual(issue?.path, path);
      assert.match(issue?.message ?? "", expected);
    });
  }

  it("leaves to the record whether a value with places fits", () => {
    assert.equal(enrich.config.safeParse({ set: { severity: "{sev}", trace_id: "{trace}", status: "{code}" } }).success, true);
  });
});
