import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PeerRates } from "../../../src/wire/access/peer-rates.ts";
import { ManualClock } from "../../support/clock.ts";

function made(settings: Parameters<typeof PeerRates.of>[0], clock = new ManualClock()): { rates: PeerRates; clock: ManualClock } {
  const rates = PeerRates.of(settings, clock);
  assert.ok(rates);
  return { rates, clock };
}

describe("PeerRates", () => {
  it("is not there where nothing is limited", () => {
    assert.equal(PeerRates.of({}, new ManualClock()), undefined);
  });

  it("makes a sender wait for what was over any of its limits, and no other", () => {
    const { rates, clock } = made({ max_records_per_second_per_peer: 10, max_bytes_per_second_per_peer: 1_000 });
    rates.records("10.0.0.1", 30);
    rates.bytes("10.0.0.2", 6_000);
    rates.request("10.0.0.3");
    assert.deepEqual(
      ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((peer) => rates.waitMs(peer)),
      [2_100, 5_001, 0],
    );
    clock.advance(2_100);
    assert.deepEqual([rates.waitMs("10.0.0.1"), rates.waitMs("10.0.0.2")], [0, 2_901]);
  });

  it("takes the addresses of one network of IPv6 for one sender", () => {
    const { rates } = made({ max_requests_per_second_per_peer: 1 });
    rates.request("2001:db8::1");
    assert.ok(rates.waitMs("2001:db8::ffff") > 0);
    assert.equal(rates.waitMs("2001:db8:0:1::1"), 0);
  });

  it("forgets the sender that was silent for longest rather than growing", () => {
    const { rates } = made({ max_records_per_second_per_peer: 1 });
    rates.records("10.9.9.9", 100);
    for (let n = 0; n < 20_000; n += 1) {
      rates.records(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 1);
      if (n % 5_000 === 0) assert.ok(rates.waitMs("10.9.9.9") > 0);
    }
    assert.equal(rates.size, 10_000);
    assert.ok(rates.waitMs("10.9.9.9") > 0);
    assert.equal(rates.waitMs("10.0.0.0"), 0);
  });
});
