import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Complaint } from "../../src/base/complaints.ts";
import { Discards } from "../../src/pipeline/delivery/discards.ts";
import { bookQueueLoss } from "../../src/pipeline/queue-losses.ts";
import { factsOf } from "../../src/record/parcel.ts";
import { Ledger } from "../../src/record/ledger.ts";
import { parcel } from "../support/parcels.ts";

function books() {
  const complaints: Complaint[] = [];
  const ledger = new Ledger();
  const discards = new Discards();
  return {
    ledger,
    discards,
    complaints,
    complain: (_component: string, complaint: Complaint) => void complaints.push(complaint),
  };
}

describe("bookQueueLoss", () => {
  it("settles what a full queue dropped, and tells the tracker", () => {
    const into = books();

    bookQueueLoss([factsOf(parcel({ records: 3 }))], "full", into);

    assert.equal(into.ledger.settled.get("queue_full"), 3);
    assert.deepEqual(into.discards.take("default"), [{ reason: "queue_overflow", category: "error", quantity: 1 }]);
    assert.equal(into.complaints[0]?.cause, "queue_full");
  });

  it("does not tell the tracker of what the sender will send again", () => {
    const into = books();

    bookQueueLoss([factsOf(parcel())], "late", into);

    assert.equal(into.ledger.settled.get("queue_full"), 1);
    assert.equal(into.discards.has("default"), false);
  });

  it("settles what the disk lost", () => {
    const into = books();

    bookQueueLoss([factsOf(parcel({ records: 2 }))], "damaged", into);

    assert.equal(into.ledger.settled.get("malformed"), 2);
    assert.deepEqual(into.discards.take("default"), [{ reason: "internal_sdk_error", category: "error", quantity: 1 }]);
    assert.equal(into.complaints[0]?.cause, "queue_damaged");
  });
});
