import type { Rate } from "../base/units.ts";
import type { Parcel } from "../record/parcel.ts";
import { destinationOf } from "../record/rationed.ts";
import type { HeldBack } from "../sentry/storm-report.ts";
import { FairBudget } from "./storm/fair-budget.ts";
import { HeldBackCount } from "./storm/held-back.ts";
import { KnownIssues, type KnownIssue } from "./storm/known-issues.ts";
import { Rations, type Part } from "./storm/rations.ts";

export interface StormPolicy {
  /** Events of one issue that pass per window. */
  readonly perIssue: Rate;
  /** Events of all issues of one upstream that pass per window. */
  readonly budget: Rate;
}

/** What becomes of an event. */
export type Admission = { readonly passes: false } | Pass;

/** An event that passes. All but `told` is for {@link StormGate.retract}. */
export interface Pass {
  readonly passes: true;
  /** What was held back of its issue and not told yet. */
  readonly told: HeldBack | undefined;
  readonly issue: KnownIssue;
  readonly budget: FairBudget;
  /** The windows of the issue and of the budget in which it passed. */
  readonly windowMs: number;
  readonly period: number;
  /** The storm of the issue in which it passed above the rate; undefined: it was within the rate. */
  readonly storm: number | undefined;
  /** Its part of a ration, and the window of that; undefined: it goes to an upstream without one. */
  readonly part: (Part & { readonly period: number }) | undefined;
}

/** Issues remembered per upstream; one that was forgotten passes as new when it comes again. */
const MAX_ISSUES = 50_000;
/** The same for upstreams that the configuration does not name, of which there may be many. */
const MAX_ISSUES_OF_OTHERS = 2_000;
const HELD: Admission = { passes: false };

/**
 * Storm control: a rate for each issue, above it one event after every 1, 2, 4, 8 ... held back, and a budget that the
 * issues of an upstream share fairly. The first event of an issue always passes, even with the budget spent, so that a
 * hot loop of one error can never hide a new one; what was held back is told by the next event of the issue that passes.
 * Events of a ration must have room in that too.
 */
export class StormGate {
  readonly #policy: StormPolicy;
  readonly #upstreams = new Map<string, { readonly issues: KnownIssues; readonly budget: FairBudget }>();
  readonly #rations = new Rations();
  readonly #isOther: (upstream: string) => boolean;

  /** @param isOther whether an upstream is none of the configuration. */
  constructor(policy: StormPolicy, isOther: (upstream: string) => boolean = () => false) {
    this.#policy = policy;
    this.#isOther = isOther;
  }

  /** @param host where it was logged, for the report. */
  admit(parcel: Parcel, host: string, tickMs: number): Admission {
    const { perIssue } = this.#policy;
    const { issues, budget } = this.#upstream(destinationOf(parcel.upstream));
    const issue = issues.recall(parcel.issue, tickMs);
    const part = this.#rations.partOf(parcel.upstream, parcel.issue, tickMs);
    if (tickMs - issue.windowMs >= perIssue.perMs) this.#beginWindow(issue, tickMs);
    const within = issue.passed < perIssue.count;
    if (!within) issue.over = true;
    if (issue.through === 0) {
      budget.spend(issue.share, tickMs);
      part?.budget.spend(part.share, tickMs);
    } else if ((!within && !isDue(issue)) || !takes({ budget, share: issue.share }, part, tickMs)) {
      issue.held ??= new HeldBackCount();
      issue.held.add(parcel.bornMs, host);
      return HELD;
    }
    const { held: told, windowMs, share } = issue;
    const storm = within ? undefined : issue.storm;
    issue.held = undefined;
    issue.through += 1;
    if (within) issue.passed += 1;
    else issue.gap *= 2;
    const ration = part === undefined ? undefined : { ...part, period: part.share.period };
    return { passes: true, told, issue, budget, windowMs, period: share.period, storm, part: ration };
  }

  /** An event that passed did not get into the queue; its sender will send it again, and then it must not count twice. */
  retract({ told, issue, budget, windowMs, period, storm, part }: Pass): void {
    issue.through -= 1;
    if (storm === issue.storm) issue.gap /= 2;
    else if (storm === undefined && issue.windowMs === windowMs) issue.passed -= 1;
    budget.giveBack(issue.share, period);
    part?.budget.giveBack(part.share, part.period);
    if (told === undefined) return;
    issue.held ??= new HeldBackCount();
    issue.held.merge(told);
  }

  /**
   * An event that was held back will be sent again, because another of its batch did not get into the queue. A batch is
   * retracted from its end: what an event told is held back again before it can be taken back.
   */
  retractHeld(parcel: Parcel, host: string): void {
    const issue = this.#upstream(destinationOf(parcel.upstream)).issues.get(parcel.issue);
    if (issue?.held === undefined) return;
    issue.held.remove(host);
    if (issue.held.suppressed === 0) issue.held = undefined;
  }

  /** A storm goes on from window to window; after one within the rate, or without any event, it is over. */
  #beginWindow(issue: KnownIssue, tickMs: number): void {
    if (!issue.over || tickMs - issue.windowMs >= 2 * this.#policy.perIssue.perMs) {
      issue.storm += 1;
      issue.gap = 1;
    }
    issue.windowMs = tickMs;
    issue.passed = 0;
    issue.over = false;
  }

  #upstream(name: string): { readonly issues: KnownIssues; readonly budget: FairBudget } {
    let upstream = this.#upstreams.get(name);
    if (upstream === undefined) {
      const most = this.#isOther(name) ? MAX_ISSUES_OF_OTHERS : MAX_ISSUES;
      upstream = { issues: new KnownIssues(most), budget: new FairBudget(this.#policy.budget) };
      this.#upstreams.set(name, upstream);
    }
    return upstream;
  }
}

/** Spends one of an issue's part, and one of its upstream's budget: both, or none. */
function takes(whole: Part, part: Part | undefined, tickMs: number): boolean {
  if (part !== undefined && !part.budget.take(part.share, tickMs)) return false;
  if (whole.budget.take(whole.share, tickMs)) return true;
  part?.budget.giveBack(part.share, part.share.period);
  return false;
}

function isDue({ held, gap }: KnownIssue): boolean {
  return held !== undefined && held.suppressed >= gap;
}
