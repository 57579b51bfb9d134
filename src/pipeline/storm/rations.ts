import type { Rate } from "../../base/units.ts";
import { rateIn } from "../../record/rationed.ts";
import { FairBudget, type Share } from "./fair-budget.ts";
import { KnownIssues } from "./known-issues.ts";

/** Rations with a window under way; beyond it, the one that was used longest ago begins anew. */
const MAX_RATIONS = 500;
/** Issues that share one; one that was forgotten has no claim in the next window. */
const MAX_ISSUES = 200;

interface Ration {
  readonly budget: FairBudget;
  readonly issues: KnownIssues;
}

/** An issue's part of a ration. */
export interface Part {
  readonly budget: FairBudget;
  readonly share: Share;
}

/** Budgets of parts of an upstream's events, by the names of `record/rationed.ts`; each is shared fairly between its issues. */
export class Rations {
  readonly #rations = new Map<string, Ration>();

  /** @param name where an event goes: a ration, or an upstream; undefined for that. */
  partOf(name: string, issue: number, tickMs: number): Part | undefined {
    const rate = rateIn(name);
    if (rate === undefined) return undefined;
    const { budget, issues } = this.#recall(name, rate);
    return { budget, share: issues.recall(issue, tickMs).share };
  }

  #recall(name: string, rate: Rate): Ration {
    const ration = this.#rations.get(name) ?? { budget: new FairBudget(rate), issues: new KnownIssues(MAX_ISSUES) };
    this.#rations.delete(name);
    this.#rations.set(name, ration);
    if (this.#rations.size > MAX_RATIONS) {
      for (const oldest of this.#rations.keys()) {
        this.#rations.delete(oldest);
        break;
      }
    }
    return ration;
  }
}
