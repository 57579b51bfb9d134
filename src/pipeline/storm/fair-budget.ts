import type { Rate } from "../../base/units.ts";

/** What one issue has of a budget. Made once for each issue, and kept up by the {@link FairBudget} it is shown to. */
export class Share {
  /** Number of the window that the other members tell of. */
  period = -1;
  /** Events that pass in it whatever others do. */
  claim = 0;
  /** Events that passed in it. */
  used = 0;
  /** True once one was refused in it. */
  short = false;
  /** True when the next window will plan with it. */
  listed = false;
}

/** Issues that a window plans with. */
const MAX_LISTED = 50_000;

/**
 * A budget of events per window, shared between issues that nobody announces. What an issue wanted in the last window is
 * its claim in this one; where claims do not fit, the largest are cut to the level at which all of them and one more fit
 * (max-min fairness, with one share for who comes late). Beyond its claim an issue takes from what nobody claims, as long
 * as it has had less than is left there: so some is always left for the next one, those that had most are refused first,
 * and equally hot ones end with equal parts.
 */
export class FairBudget {
  readonly #rate: Rate;
  #startMs = -Infinity;
  #period = 0;
  #level = 0;
  /** Claims, and what was taken beyond them; only {@link spend} brings it above the budget. */
  #committed = 0;
  #listed: Share[] = [];

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Spends one if the issue may have it. */
  take(share: Share, tickMs: number): boolean {
    this.#enter(share, tickMs);
    if (share.used >= share.claim && share.used >= this.#rate.count - this.#committed) {
      share.short = true;
      return false;
    }
    this.#add(share);
    return true;
  }

  /** Spends one, whatever is left. */
  spend(share: Share, tickMs: number): void {
    this.#enter(share, tickMs);
    this.#add(share);
  }

  /** Takes back one that was spent in a window; nothing is left to take back once that window is over. */
  giveBack(share: Share, period: number): void {
    if (share.period !== period || this.#period !== period) return;
    share.used -= 1;
    if (share.used >= share.claim) this.#committed -= 1;
  }

  #add(share: Share): void {
    if (share.used >= share.claim) this.#committed += 1;
    share.used += 1;
  }

  #enter(share: Share, tickMs: number): void {
    if (tickMs - this.#startMs >= this.#rate.perMs) this.#turn(tickMs);
    if (share.period === this.#period) return;
    const planned = share.listed && share.period === this.#period - 1;
    share.claim = planned ? Math.min(wanted(share), this.#level) : 0;
    share.period = this.#period;
    share.used = 0;
    share.short = false;
    share.listed = this.#listed.length < MAX_LISTED;
    if (share.listed) this.#listed.push(share);
  }

  /** Begins a window. After one in which nothing came at all there is nothing to plan with. */
  #turn(tickMs: number): void {
    const follows = tickMs - this.#startMs < 2 * this.#rate.perMs;
    const wants = Float64Array.from(follows ? this.#listed : [], wanted).sort();
    this.#level = levelOf(wants, this.#rate.count);
    this.#committed = wants.reduce((sum, want) => sum + Math.min(want, this.#level), 0);
    this.#period += follows ? 1 : 2;
    this.#startMs = tickMs;
    this.#listed = [];
  }
}

function wanted(share: Share): number {
  return share.short ? Infinity : share.used;
}

/** The most that one may claim so that all claims, and one more as large as the largest, fit into `count`. Ascending. */
function levelOf(wants: Float64Array, count: number): number {
  let left = count;
  for (const [index, want] of wants.entries()) {
    const level = Math.floor(left / (wants.length - index + 1));
    if (want > level) return level;
    left -= want;
  }
  return left;
}
