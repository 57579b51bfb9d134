import { OUTCOMES, type Outcome } from "./outcome.ts";

/**
 * Counts what came in and by which door it left: `received = settled + in flight` at any moment, with in flight summed
 * where records wait and never computed as the difference. One per relay, on the main thread.
 */
export class Ledger {
  readonly #received = new Map<string, number>();
  readonly #bytes = new Map<string, number>();
  readonly #settled = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));

  receive(input: string, records: number): void {
    this.#received.set(input, (this.#received.get(input) ?? 0) + records);
  }

  receiveBytes(input: string, bytes: number): void {
    this.#bytes.set(input, (this.#bytes.get(input) ?? 0) + bytes);
  }

  settle(outcome: Outcome, records: number): void {
    this.#settled.set(outcome, (this.#settled.get(outcome) ?? 0) + records);
  }

  /** A frame that never became a record: received and settled at once. */
  refuse(input: string, outcome: Outcome, records = 1): void {
    this.receive(input, records);
    this.settle(outcome, records);
  }

  get received(): ReadonlyMap<string, number> {
    return this.#received;
  }

  get bytes(): ReadonlyMap<string, number> {
    return this.#bytes;
  }

  get settled(): ReadonlyMap<Outcome, number> {
    return this.#settled;
  }

  get receivedTotal(): number {
    return sum(this.#received);
  }

  get settledTotal(): number {
    return sum(this.#settled);
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
