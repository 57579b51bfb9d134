import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Verdict } from "../../src/component/processor.ts";
import { filter } from "../../src/processors/filter.ts";
import { processorHost, recordOf } from "../support/processing.ts";

function verdict(config: unknown, message: string, service = "shop"): Verdict {
  const processor = filter.create(filter.config.parse(config), processorHost());
  return processor.process(recordOf({ message, service }));
}

describe("filter", () => {
  it("drops what any of the matches means", () => {
    const config = { drop: [{ message: "health ?check" }, { service: "probe-*" }] };
    assert.equal(verdict(config, "GET /healthcheck"), "filtered");
    assert.equal(verdict(config, "hello", "probe-7"), "filtered");
    assert.equal(verdict(config, "hello"), "keep");
  });

  it("keeps only what a keep means", () => {
    const config = { keep: [{ service: ["shop", "web"] }] };
    assert.equal(verdict(config, "hello", "shop"), "keep");
    assert.equal(verdict(config, "hello", "cron"), "filtered");
  });

  it("drops before it keeps", () => {
    const config = { drop: [{ message: "noise" }], keep: [{ service: "shop" }] };
    assert.equal(verdict(config, "noise", "shop"), "filtered");
    assert.equal(verdict(config, "signal", "shop"), "keep");
    assert.equal(verdict(config, "signal", "cron"), "filtered");
  });

  it("drops nothing when nothing is configured", () => {
    assert.equal(verdict({}, "hello"), "keep");
  });

  it("refuses a list that keeps nothing, and names the pattern that cannot be used", () => {
    assert.equal(filter.config.safeParse({ keep: [] }).success, false);
    const parsed = filter.config.safeParse({ drop: [{ message: "ok" }, { message: "(" }] });
    assert.deepEqual(parsed.error?.issues[0]?.path, ["drop", 1, "message"]);
  });
});
