import type { Complaint } from "../base/complaints.ts";
import type { MemoryBudget } from "../base/memory-budget.ts";
import { formatBytes } from "../base/units.ts";

/** What is done when memory runs short: the label `step` of `crumbtrail_memory_shed_total`. */
export const SHED_STEPS = ["trails", "room", "datagrams"] as const;

type Step = (typeof SHED_STEPS)[number];

export interface MemoryWatchOptions {
  /** `max_memory`. */
  readonly maxBytes: number;
  /** What the process takes of the machine now (its resident set). */
  readonly takenBytes: () => number;
  readonly budget: MemoryBudget;
  /** What trails hold now. */
  readonly trailBytes: () => number;
  /** Lets go of half of the trails, those unused for longest. */
  readonly halveTrails: () => void;
  readonly complain: (complaint: Complaint) => void;
}

/** How short memory is: 0: it is not; from 1 on inputs have less room; at 2 datagrams are dropped. */
export type Shortage = 0 | 1 | 2;

/** Of the ceiling: above it memory is so short, and below it no longer. */
const ABOVE = [0, 0.85, 0.95] as const;
const BELOW = [0, 0.8, 0.9] as const;
/** Of the inputs' room. */
const ROOM = [1, 1 / 2, 1 / 8] as const;
const LOOK_EVERY_MS = 1_000;
/** Looks between one halving of the trails and the next, so that what was let go of can be seen. */
const LOOKS_BETWEEN_HALVES = 10;
/** Fewer are left alone: they would not help. */
const LEAST_TRAIL_BYTES = 1 << 20;

/**
 * Keeps the process under its ceiling when the limits of its parts were not enough, because bytes became larger than they
 * were counted or garbage lies about: sheds in an order that costs the least first. Breadcrumbs go before messages, large
 * unfinished messages before whole ones, datagrams last. What is acknowledged is never let go of.
 */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #counts = new Map<Step, number>(SHED_STEPS.map((step) => [step, 0]));
  #shortage: Shortage = 0;
  #looksUntilHalf = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
  }

  get shortage(): Shortage {
    return this.#shortage;
  }

  /** How often each step was taken. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Looks once, and does what has to be done. */
  look(): void {
    const { maxBytes, takenBytes, budget } = this.#options;
    const taken = takenBytes();
    const before = this.#shortage;
    const now = shortageOf(taken / maxBytes, before);
    this.#shortage = now;
    if (now !== before) {
      budget.narrow(ROOM[now]);
      budget.dropsDatagrams = now === 2;
    }
    if (now > before)
      this.#shed(
        "room",
        taken,
        `inputs have ${ROOM[now] * 100} % of their room, and the largest unfinished messages were given up`,
      );
    if (now === 2 && before < 2) this.#shed("datagrams", taken, "datagrams are dropped and counted queue_full");
    if (now > 0) this.#halveTrails(taken, now > before);
  }

  #halveTrails(taken: number, atOnce: boolean): void {
    this.#looksUntilHalf = atOnce ? 0 : this.#looksUntilHalf - 1;
    const { trailBytes, halveTrails } = this.#options;
    const bytes = trailBytes();
    if (this.#looksUntilHalf > 0 || bytes < LEAST_TRAIL_BYTES) return;
    this.#looksUntilHalf = LOOKS_BETWEEN_HALVES;
    halveTrails();
    this.#shed("trails", taken, `half of the trails (${formatBytes(bytes)}) was let go of, those unused for longest`);
  }

  #shed(step: Step, taken: number, what: string): void {
    const { maxBytes, complain } = this.#options;
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
    const share = `${formatBytes(roundMib(taken))} of ${formatBytes(maxBytes)} (max_memory) are taken`;
    complain({ cause: `memory_${step}`, peer: "", message: `${share}: ${what}` });
  }
}

/** Up at once, down one mark lower, so that it does not flutter. */
function shortageOf(part: number, before: Shortage): Shortage {
  if (part >= ABOVE[2] || (before === 2 && part >= BELOW[2])) return 2;
  return part >= ABOVE[1] || (before > 0 && part >= BELOW[1]) ? 1 : 0;
}

function roundMib(bytes: number): number {
  return Math.round(bytes / (1 << 20)) * (1 << 20);
}
