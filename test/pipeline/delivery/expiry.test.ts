import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivery } from "../../../src/component/delivery.ts";
import { dispatching, note } from "../../support/dispatching.ts";
import { DELIVERED, GONE, REFUSED_DSN, limited, ScriptedUpstream } from "../../support/scripted-upstream.ts";

describe("what waited for longer than max_age", () => {
  const cases: readonly (readonly [string, Delivery, string, RegExp])[] = [
    ["expired", DELIVERED, "cache_overflow", /more came in/],
    ["rate_limited", limited("error", 3_600_000), "ratelimit_backoff", /rate limit/],
    ["network_error", GONE, "network_error", /ECONNREFUSED/],
    ["rejected", REFUSED_DSN, "send_error", /HTTP 401/],
  ];
  for (const [outcome, reply, reason, why] of cases) {
    it(`leaves as ${outcome}, through the dead letters, with one line in the client report`, async (t) => {
      const upstream = new ScriptedUpstream(() => (outcome === "expired" ? undefined : reply));
      const { queue, clock, discards, letters, settled, warnings, pass, run } = await dispatching(t, { default: upstream });
      // Two are under way in the first case, so the third is the one that waits.
      void queue.push(["a", "b", "c"].map((body) => note(body, clock)));
      await run();
      const waiting = outcome === "expired" ? 1 : 3;

      await pass(61_000, 500);

      assert.deepEqual(
        settled,
        ["a", "b", "c"].slice(-waiting).map((body) => `${outcome} ${body}`),
      );
      assert.equal(
        letters.reduce((sum, { parcels }) => sum + parcels.length, 0),
        waiting,
      );
      assert.ok(letters.every((letter) => letter.outcome === outcome && why.test(letter.cause) && letter.status === undefined));
      assert.deepEqual(discards.take("default"), [{ reason, category: "error", quantity: waiting }]);
      assert.equal(warnings.filter((line) => line.includes("max_age")).length, 1);
    });
  }

  it("is taken in portions, each settled when it is kept", async (t) => {
    const upstream = new ScriptedUpstream(() => GONE);
    const { queue, clock, letters, settled, pass } = await dispatching(t, { default: upstream });
    void queue.push(Array.from({ length: 250 }, (_, i) => note(`${i}`, clock)));

    await pass(61_000, 10_000);

    assert.equal(new Set(settled).size, 250);
    assert.equal(settled.length, 250);
    assert.ok(letters.every(({ parcels }) => parcels.length <= 100));
    assert.equal(queue.stats().parcels, 0);
  });
});
