import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { stopSignals } from "../../src/commands/stop-signals.ts";

describe("stop signals", () => {
  it("keep their deadline through a garbage collection", async () => {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    assert.ok(typeof collect === "function");
    const deadline = stopSignals().deadline(1_000);
    const ended = once(deadline, "abort");
    for (let round = 0; round < 10; round += 1) {
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
      collect();
    }
    const never = setTimeout(() => assert.fail("the deadline never came"), 5_000);
    await ended;
    clearTimeout(never);
    assert.ok(deadline.aborted);
  });

  it("end the wait at once with a second signal", async () => {
    const { first, deadline } = stopSignals();
    process.emit("SIGTERM");
    assert.equal(await first, "SIGTERM");
    const end = deadline(500);
    assert.ok(!end.aborted);
    process.emit("SIGTERM");
    assert.ok(end.aborted);
  });
});
