import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inFlightBytes, memoryFinding } from "../../src/config/memory-plan.ts";
import * as registry from "../../src/registry.ts";
import { mistakes, right } from "./support.ts";

const MIB = 1 << 20;

describe("the plan of memory", () => {
  it("gives inputs half of what queue, trails and the process leave", () => {
    const needs = { maxBytes: 512 * MIB, queueBytes: 64 * MIB, trailBytes: 64 * MIB, lanes: 1 };
    assert.equal(inFlightBytes(needs), 112 * MIB);
    assert.equal(inFlightBytes({ ...needs, lanes: 2 }), 88 * MIB);
    assert.deepEqual(right("", { registry }).config.memory, { maxBytes: 512 * MIB, inFlightBytes: 112 * MIB });
  });

  it("does not take what a queue on disk holds for memory", () => {
    const text = "queue: { type: disk, max_bytes: 100GiB }\n";
    assert.equal(right(text, { registry }).config.memory.inFlightBytes, 136 * MIB);
  });

  it("refuses a ceiling below what is configured, and says what to lower", () => {
    assert.deepEqual(mistakes("max_memory: 200MiB\nqueue: { type: memory, max_bytes: 128MiB }\n", { registry }), [
      "relay.yml:1:13 max_memory: 200MiB is too little: the queue may hold 128MiB, trails 64MiB (policy.trail.max_bytes), " +
        "the process itself takes about 160MiB, and messages on their way need 16MiB (raise it to 368MiB, or lower queue.max_bytes)",
    ]);
  });

  it("refuses a queue that is larger than the ceiling of who names none", () => {
    const [mistake = ""] = mistakes("queue: { type: memory, max_bytes: 1GiB }\n", { registry });
    assert.match(mistake, /max_memory: 512MiB is too little: the queue may hold 1GiB/);
  });

  it("counts the threads of lanes", () => {
    const finding = memoryFinding({ maxBytes: 300 * MIB, queueBytes: MIB, trailBytes: 64 * MIB, lanes: 8 });
    assert.match(finding?.message ?? "", /the threads of lanes take 192MiB/);
    assert.match(finding?.hint ?? "", /raise it to 433MiB, or lower policy\.trail\.max_bytes/);
    assert.equal(memoryFinding({ maxBytes: 433 * MIB, queueBytes: MIB, trailBytes: 64 * MIB, lanes: 8 }), undefined);
  });
});
