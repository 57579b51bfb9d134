import type { Complaint } from "../../base/complaints.ts";

/** Why a wish, or a part of it, is not heeded. */
const REFUSAL_CAUSES = ["dsn_invalid", "dsn_foreign", "too_many_dsns", "rate_invalid", "rate_without_storm"] as const;
export type RefusalCause = (typeof REFUSAL_CAUSES)[number];

/** What is not heeded must not go unnoticed: a person believes that events go elsewhere. */
export interface Refusal {
  readonly cause: RefusalCause;
  /** Whose wish it is. */
  readonly from: string;
  readonly message: string;
}

/** Refusals remembered; beyond it the oldest is forgotten, which at worst tells it again. */
const MAX_TOLD = 1_000;

/** Counts and tells what of wishes is refused: each once, however often it is asked for. */
export class Refusals {
  readonly counts = new Map<string, number>(REFUSAL_CAUSES.map((cause) => [cause, 0]));
  readonly #told = new Set<string>();

  add({ cause, from, message }: Refusal, complain: (complaint: Complaint) => void): void {
    const key = `${from} ${message}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= MAX_TOLD) {
      for (const oldest of this.#told) {
        this.#told.delete(oldest);
        break;
      }
    }
    this.#told.add(key);
    this.counts.set(cause, (this.counts.get(cause) ?? 0) + 1);
    complain({ cause, peer: from, message });
  }
}
