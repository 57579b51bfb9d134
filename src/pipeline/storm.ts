import { RateWindow } from "../base/rate-window.ts";
import type { Rate } from "../base/units.ts";
import type { Parcel } from "../record/parcel.ts";

export interface StormPolicy {
  /** Events of one issue that pass per window. */
  readonly perIssue: Rate;
  /** Events of all issues of one upstream that pass per window. */
  readonly budget: Rate;
}

/** What becomes of an event. */
export type Admission =
  | { readonly passes: false }
  /** `suppressed` events of this issue were held back since `sinceMs` (Unix milliseconds); 0: none. */
  | { readonly passes: true; readonly suppressed: number; readonly sinceMs: number };

interface Issue {
  windowStart: number;
  passed: number;
  suppressed: number;
  sinceMs: number;
}

/** Issues remembered per upstream; beyond it the one that was quiet longest is forgotten and would pass as new. */
const MAX_ISSUES = 50_000;
const HELD: Admission = { passes: false };

/**
 * Storm control: a rate per issue and a budget per upstream. The first event of an issue always passes, even with the
 * budget spent, so that a hot loop of one error can never hide a new one; what was held back is told by the next event
 * of the issue that passes.
 */
export class StormGate {
  readonly #policy: StormPolicy;
  readonly #upstreams = new Map<string, { readonly issues: Map<number, Issue>; readonly budget: RateWindow }>();

  constructor(policy: StormPolicy) {
    this.#policy = policy;
  }

  admit(parcel: Parcel, tickMs: number): Admission {
    const { issues, budget } = this.#upstream(parcel.upstream);
    const known = issues.get(parcel.issue);
    if (known === undefined) {
      remember(issues, parcel.issue, { windowStart: tickMs, passed: 1, suppressed: 0, sinceMs: 0 });
      budget.take(tickMs);
      return { passes: true, suppressed: 0, sinceMs: 0 };
    }
    // Re-inserting keeps the Map ordered by last use.
    issues.delete(parcel.issue);
    issues.set(parcel.issue, known);
    if (tickMs - known.windowStart >= this.#policy.perIssue.perMs) {
      known.windowStart = tickMs;
      known.passed = 0;
    }
    if (known.passed >= this.#policy.perIssue.count || !budget.take(tickMs)) {
      if (known.suppressed === 0) known.sinceMs = parcel.bornMs;
      known.suppressed += 1;
      return HELD;
    }
    known.passed += 1;
    const { suppressed, sinceMs } = known;
    known.suppressed = 0;
    return { passes: true, suppressed, sinceMs };
  }

  /** An event that passed did not get into the queue; its sender will send it again, and then it must not count twice. */
  retract(parcel: Parcel): void {
    const { issues } = this.#upstream(parcel.upstream);
    const known = issues.get(parcel.issue);
    if (known === undefined) return;
    known.passed = Math.max(0, known.passed - 1);
    if (known.passed === 0 && known.suppressed === 0) issues.delete(parcel.issue);
  }

  #upstream(name: string): { readonly issues: Map<number, Issue>; readonly budget: RateWindow } {
    let upstream = this.#upstreams.get(name);
    if (upstream === undefined) {
      upstream = { issues: new Map(), budget: new RateWindow(this.#policy.budget) };
      this.#upstreams.set(name, upstream);
    }
    return upstream;
  }
}

function remember(issues: Map<number, Issue>, key: number, issue: Issue): void {
  if (issues.size >= MAX_ISSUES) {
    for (const oldest of issues.keys()) {
      issues.delete(oldest);
      break;
    }
  }
  issues.set(key, issue);
}
