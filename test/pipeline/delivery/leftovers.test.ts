import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dispatchingTo, note } from "../../support/dispatching.ts";
import { ScriptedUpstream } from "../../support/scripted-upstream.ts";

describe("parcels for an upstream that the configuration no longer has", () => {
  it("wait, with one warning, and are given up a day later through the dead letters", async (t) => {
    const setUp = dispatchingTo({ default: new ScriptedUpstream() });
    const { queue, clock, dispatcher, letters, settled, warnings, run } = setUp;
    void queue.push(["a", "b"].map((body) => note(body, clock, { upstream: "gone" })));
    void queue.push([note("log", clock, { upstream: "gone", category: "log_item" })]);
    t.mock.timers.enable({ apis: ["setInterval"] });
    await dispatcher.start();
    t.after(() => dispatcher.stop(AbortSignal.abort()));
    await run();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /3 events and logs for upstream "gone", which is not in the configuration/);
    clock.advance(24 * 3_600_000);
    t.mock.timers.tick(10_000);
    await run();
    assert.equal(queue.stats().parcels, 3);

    clock.advance(1);
    t.mock.timers.tick(10_000);
    await run();

    assert.deepEqual(settled, ["expired a", "expired b", "expired log"]);
    assert.ok(letters.every(({ cause }) => cause.includes('upstream "gone" is not in the configuration')));
    assert.deepEqual([...dispatcher.senders.keys()], ["default"]);
  });
});
