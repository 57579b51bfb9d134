import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Refusals } from "../../../src/pipeline/tenants/refusals.ts";

describe("what of wishes is refused", () => {
  it("is counted and told once for each who wishes, and again when it is something else", () => {
    const refusals = new Refusals();
    const told: string[] = [];
    const add = (from: string, message: string): void =>
      refusals.add({ cause: "dsn_foreign", from, message }, ({ peer, message: said }) => void told.push(`${peer} ${said}`));
    for (let i = 0; i < 3; i += 1) add("a", "one");
    add("b", "one");
    add("a", "two");

    assert.deepEqual(told, ["a one", "b one", "a two"]);
    assert.deepEqual([refusals.counts.get("dsn_foreign"), refusals.counts.get("rate_invalid")], [3, 0]);
  });

  it("remembers a bounded number of them", () => {
    const refusals = new Refusals();
    for (let i = 0; i <= 1_000; i += 1) refusals.add({ cause: "dsn_invalid", from: `pod ${i}`, message: "no" }, () => {});
    let told = 0;
    for (const pod of ["pod 1000", "pod 0"]) refusals.add({ cause: "dsn_invalid", from: pod, message: "no" }, () => (told += 1));
    assert.equal(told, 1);
  });
});
