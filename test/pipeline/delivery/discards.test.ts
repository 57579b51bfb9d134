import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Discards } from "../../../src/pipeline/delivery/discards.ts";
import { factsOf } from "../../../src/record/parcel.ts";
import { parcel } from "../../support/parcels.ts";

describe("Discards", () => {
  it("adds up by upstream, reason and category, and forgets with the report", () => {
    const discards = new Discards();
    discards.addParcels([parcel(), parcel(), parcel({ upstream: "other" })].map(factsOf), "queue_full");
    discards.addParcels([factsOf(parcel({ category: "log_item", body: Buffer.alloc(70) }))], "queue_full");

    assert.deepEqual(discards.take("default"), [
      { reason: "queue_overflow", category: "error", quantity: 2 },
      { reason: "queue_overflow", category: "log_item", quantity: 1 },
      { reason: "queue_overflow", category: "log_byte", quantity: 70 },
    ]);
    assert.equal(discards.has("default"), false);
    assert.equal(discards.has("other"), true);
  });

  it("takes back what a report could not deliver", () => {
    const discards = new Discards();
    discards.add("default", "storm", "error", 5);
    const taken = discards.take("default");
    discards.add("default", "storm", "error", 2);

    discards.restore("default", taken);

    assert.deepEqual(discards.take("default"), [{ reason: "backpressure", category: "error", quantity: 7 }]);
  });
});
