import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sample } from "../../src/processors/sample.ts";
import { processorHost, recordOf } from "../support/processing.ts";

function sampler(config: unknown, random?: () => number) {
  return sample.create(sample.config.parse(config), processorHost(random));
}

describe("sample", () => {
  it("keeps a record when chance is below the rate", () => {
    assert.equal(sampler({ rate: 0.25 }, () => 0.24).process(recordOf()), "keep");
    assert.equal(sampler({ rate: 0.25 }, () => 0.25).process(recordOf()), "sampled");
  });

  it("keeps everything at 1 and nothing at 0", () => {
    for (const lot of [0, 0.5, 1 - Number.EPSILON]) {
      assert.equal(sampler({ rate: 1 }, () => lot).process(recordOf()), "keep");
      assert.equal(sampler({ rate: 0 }, () => lot).process(recordOf()), "sampled");
    }
  });

  it("leaves alone what does not match", () => {
    const processor = sampler({ rate: 0, match: { logger: "access" } });
    assert.equal(processor.process(recordOf({ logger: "access" })), "sampled");
    assert.equal(processor.process(recordOf({ logger: "app" })), "keep");
  });

  it("decides by the key and not by chance, the same in every relay", () => {
    const traces = Array.from({ length: 500 }, (_, index) => recordOf({ traceId: index.toString(16).padStart(32, "0") }));
    const one = sampler({ rate: 0.3, key: "trace_id" }, () => 0);
    const other = sampler({ rate: 0.3, key: "trace_id" }, () => 0.99);
    for (const record of traces) assert.equal(one.process(record), other.process(record));
  });

  it("keeps about the share it was told to of ids that count up, and of random ones", () => {
    for (const name of [
      (index: number) => String(index),
      (index: number) => `order-${index}`,
      (index: number) => (index * 2_654_435_761).toString(16),
    ]) {
      const processor = sampler({ rate: 0.3, key: "order" });
      let kept = 0;
      for (let index = 0; index < 10_000; index++)
        if (processor.process(recordOf({}, { order: name(index) })) === "keep") kept += 1;
      assert.ok(kept > 2_700 && kept < 3_300, `${kept} of 10000 kept`);
    }
  });

  it("keeps at a higher rate whatever it keeps at a lower one", () => {
    const low = sampler({ rate: 0.1, key: "order" });
    const high = sampler({ rate: 0.5, key: "order" });
    for (let index = 0; index < 1_000; index++) {
      const record = recordOf({}, { order: index });
      if (low.process(record) === "keep") assert.equal(high.process(record), "keep");
    }
  });

  it("asks chance when a record has no key", () => {
    assert.equal(sampler({ rate: 0.5, key: "order" }, () => 0.4).process(recordOf()), "keep");
    assert.equal(sampler({ rate: 0.5, key: "order" }, () => 0.6).process(recordOf()), "sampled");
  });

  it("refuses a rate that is no share", () => {
    for (const rate of [-0.1, 1.1, "50%", undefined]) assert.equal(sample.config.safeParse({ rate }).success, false);
  });
});
