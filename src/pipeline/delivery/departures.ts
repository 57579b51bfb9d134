import type { Lease } from "../../component/queue.ts";
import type { Outcome } from "../../record/outcome.ts";
import { factsOf, type Parcel } from "../../record/parcel.ts";
import type { DeadLetter } from "../dead-letters/dead-letter.ts";
import type { Discards } from "./discards.ts";

/** Where it is entered that parcels leave. */
export interface Departures {
  readonly discards: Discards;
  /** Keeps what will never be delivered; never rejects. Undefined: none are kept. */
  readonly bury: ((letter: DeadLetter) => Promise<void>) | undefined;
  /** Parcels have left by a door. */
  settled(parcels: readonly Parcel[], outcome: Outcome): void;
}

/** Lets parcels go by a door, for nobody to ask for. */
export function depart(lease: Lease, outcome: Outcome, { settled }: Pick<Departures, "settled">): void {
  // Settled first: a record must never be seen in neither place, nor may it be in both for longer than this turn.
  settled(lease.parcels, outcome);
  lease.ack();
}

/**
 * Gives parcels up: they are kept as dead letters, the tracker is told, and they settle. Buried first, so that a crash in
 * between makes a second copy, never a loss. A promise only where something is buried.
 */
export function giveUp(lease: Lease, why: Omit<DeadLetter, "parcels">, departures: Departures): Promise<void> | undefined {
  const book = (): void => {
    departures.discards.addParcels(lease.parcels.map(factsOf), why.outcome);
    depart(lease, why.outcome, departures);
  };
  if (departures.bury !== undefined) return departures.bury({ ...why, parcels: lease.parcels }).then(book, book);
  book();
  return undefined;
}
