import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { factsOf } from "../../../src/record/parcel.ts";
import { dispatching, note } from "../../support/dispatching.ts";
import { DELIVERED, GONE, inTurn, limited, ScriptedUpstream } from "../../support/scripted-upstream.ts";

describe("client reports", () => {
  it("come back when they could not be delivered, and tell each discard once", async (t) => {
    const upstream = new ScriptedUpstream(inTurn(GONE, limited("all", 100)), { pace: { reportEveryMs: 1_000 } });
    const { clock, discards, pass } = await dispatching(t, { default: upstream });
    discards.addParcels([factsOf(note("a", clock))], "queue_full");
    for (let i = 0; i < 4; i += 1) {
      discards.add("default", "queue_full", "error", 1);
      await pass(2_000, 500);
    }

    const quantities = upstream.attempts.map(
      ({ shipment }) => shipment.kind === "client_report" && shipment.discarded[0]?.quantity,
    );
    // The first failed and the second was limited; what they carried is in the third.
    assert.deepEqual(quantities, [2, 2, 3, 1, 1]);
    assert.equal(discards.has("default"), false);
  });

  it("ask whether the tracker is back when nothing else waits", async (t) => {
    const upstream = new ScriptedUpstream(() => GONE, { pace: { reportEveryMs: 1_000, maxAgeMs: 3_000 } });
    const { queue, clock, dispatcher, pass } = await dispatching(t, { default: upstream });
    void queue.push([note("a", clock)]);
    await pass(10_000, 500);
    assert.equal(queue.stats().parcels, 0);
    upstream.reply = () => DELIVERED;

    await pass(31_000, 500);

    assert.equal(dispatcher.senders.get("default")?.status.failures, 0);
  });
});
