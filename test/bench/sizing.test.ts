import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BUSY, coresFor, costOf, relaysFor } from "./sizing.ts";

/** The rates that somebody measures who pays these costs. */
function measured(quiet: number, error: number, ...everies: readonly number[]) {
  return {
    rates: everies.map((every) => {
      const perCpuSecond = 1e6 / (quiet + (error - quiet) / every);
      return { every, perCpuSecond, perSecond: perCpuSecond, lost: 0, rssMiB: 0, warmUps: 1 };
    }),
  };
}

describe("sizing", () => {
  it("finds the costs that the measured rates come from, whatever they are", () => {
    const micros = fc.double({ min: 0.2, max: 20, noNaN: true });
    fc.assert(
      fc.property(micros, fc.double({ min: 20, max: 2_000, noNaN: true }), (quiet, error) => {
        const cost = costOf(measured(quiet, error, 1_000, 100));
        assert.ok(cost !== undefined && Math.abs(cost.quiet - quiet) < 1e-6 && Math.abs(cost.error - error) < 1e-6 * error);
      }),
    );
  });

  it("does not guess from one rate", () => {
    assert.equal(costOf(measured(1, 100, 1_000)), undefined);
  });

  it("counts cores by the mix of records, and relays with room to spare", () => {
    assert.equal(coresFor({ quiet: 1, error: 101 }, 1_000_000, 100), 2);
    assert.equal(relaysFor(2), 3);
    assert.equal(relaysFor(BUSY), 1);
  });
});
