import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Tally } from "../../../src/processors/scrub/tally.ts";

describe("Tally", () => {
  it("hands out what was counted since the last time, all rules with zero at first", () => {
    const tally = new Tally(["key", "card"]);
    assert.deepEqual(Object.fromEntries(tally.take() ?? []), { key: 0, card: 0 });
    assert.equal(tally.take(), undefined);
    tally.count("key");
    tally.count("key");
    assert.deepEqual(Object.fromEntries(tally.take() ?? []), { key: 2, card: 0 });
    assert.equal(tally.take(), undefined);
  });

  it("tells where it stands", () => {
    const tally = new Tally(["key"]);
    const told: string[] = [];
    tally.watch((rule, path) => told.push(`${rule} ${path}`));
    tally.at("user");
    tally.enter("list");
    tally.enter(3);
    tally.count("key");
    tally.leave();
    tally.count("key");
    tally.at("x".repeat(1_000));
    tally.count("key");
    assert.deepEqual(told, ["key user.list.3", "key user.list", `key ${"x".repeat(300)}`]);
  });
});
