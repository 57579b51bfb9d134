import type { Complaint } from "../base/complaints.ts";
import type { DropCause } from "../component/host.ts";
import type { Ledger } from "../record/ledger.ts";
import type { Outcome } from "../record/outcome.ts";
import type { ParcelFacts } from "../record/parcel.ts";
import type { Discards } from "./delivery/discards.ts";

/** The books that a queue's losses are entered in. */
export interface Books {
  readonly ledger: Ledger;
  readonly discards: Discards;
  complain(component: string, complaint: Complaint): void;
}

interface Loss {
  readonly outcome: Outcome;
  /** False where the sender still has the records and will send them again. */
  readonly told: boolean;
  readonly message: string;
}

const LOSSES: Readonly<Record<DropCause, Loss>> = {
  full: {
    outcome: "queue_full",
    told: true,
    message: "the queue is full; parcels are dropped (see queue.max_bytes and queue.when_full)",
  },
  late: {
    outcome: "queue_full",
    told: false,
    message: "the queue had no room before the senders' deadlines; they were told to send again (see queue.max_bytes)",
  },
  damaged: {
    outcome: "malformed",
    told: true,
    message: "the disk gave back damaged parcels; they were set aside in the quarantine of queue.directory",
  },
};

/** Settles parcels that a queue let go of before any upstream saw them. */
export function bookQueueLoss(parcels: readonly ParcelFacts[], cause: DropCause, books: Books): void {
  const { outcome, told, message } = LOSSES[cause];
  for (const { records } of parcels) books.ledger.settle(outcome, records);
  if (told) books.discards.addParcels(parcels, outcome);
  books.complain("queue", { cause: `queue_${cause}`, peer: "", message });
}
