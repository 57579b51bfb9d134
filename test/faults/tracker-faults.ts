import type { ParsedEnvelope } from "../support/envelope-parser.ts";
import type { Behaviour, MiniSentry } from "../support/mini-sentry.ts";
import { chance } from "./scale.ts";

/** What a tracker may suffer from, beside being down. */
export type Fault = "none" | "unavailable" | "hangs" | "resets" | "random_503" | "limits";

/** What a tracker that tells limits saw. */
export interface LimitReport {
  /** How often a limit was told, on a 429 and on a 200. */
  readonly toldOn429: number;
  readonly toldOn200: number;
  /** Requests of a category that came although its limit had been told long enough before. */
  readonly ignored: number;
  /** Items of the other category that were taken while one was limited. */
  readonly takenBeside: number;
}

/** Makes a tracker suffer. Returns what says later how its limits were kept. */
export function afflict(mini: MiniSentry, fault: Fault): () => LimitReport {
  const random = chance(fault);
  const sometimes = (share: number, trouble: Behaviour) => (): Behaviour => (random() < share ? trouble : {});
  const always: Readonly<Record<Fault, MiniSentry["always"]>> = {
    none: {},
    unavailable: { status: 503 },
    hangs: { fault: "hang" },
    resets: () => resetting(random()),
    random_503: sometimes(0.2, { status: 503 }),
    limits: {},
  };
  mini.always = always[fault];
  const limits = new Limits();
  mini.judge = fault === "limits" ? (envelope) => limits.judge(envelope) : undefined;
  return () => limits.report();
}

/** Most break half-way through the body; some before it, some after it was taken, which makes duplicates. */
function resetting(roll: number): Behaviour {
  if (roll < 0.4) return { fault: "reset_midway" };
  if (roll < 0.5) return { fault: "reset" };
  return roll < 0.6 ? { fault: "reset_after" } : {};
}

const LIMIT_MS = 1_000;
/** Requests under way when a limit is told may still arrive for so long. */
const UNDER_WAY_MS = 500;
/** Taken of a category between two of its limits. */
const TAKEN_BETWEEN: Readonly<Record<string, number>> = { event: 200, log: 3 };
const CATEGORY: Readonly<Record<string, string>> = { event: "error", log: "log_item" };

interface Category {
  toldAt: number;
  taken: number;
  told: number;
}

/** Limits errors and logs apart from each other, in turn on a 429 and on a 200. */
class Limits {
  readonly #categories = new Map<string, Category>();
  readonly #report = { toldOn429: 0, toldOn200: 0, ignored: 0, takenBeside: 0 };

  judge({ items }: ParsedEnvelope): Behaviour | undefined {
    const type = String(items[0]?.header["type"]);
    const name = CATEGORY[type];
    if (name === undefined) return undefined;
    const now = performance.now();
    const category = this.#of(type);
    const headers = { "x-sentry-rate-limits": `${LIMIT_MS / 1_000}:${name}:organization` };
    if (now < category.toldAt + LIMIT_MS) {
      if (now > category.toldAt + UNDER_WAY_MS) this.#report.ignored += 1;
      return { status: 429, headers };
    }
    category.taken += 1;
    if (category.taken % (TAKEN_BETWEEN[type] ?? 1) !== 0) return this.#taken(type, now, undefined);
    category.toldAt = now;
    category.told += 1;
    if (category.told % 2 === 0) {
      this.#report.toldOn429 += 1;
      return { status: 429, headers };
    }
    this.#report.toldOn200 += 1;
    return this.#taken(type, now, { headers });
  }

  report(): LimitReport {
    return { ...this.#report };
  }

  #taken(type: string, now: number, behaviour: Behaviour | undefined): Behaviour | undefined {
    for (const [other, { toldAt }] of this.#categories) {
      if (other !== type && now < toldAt + LIMIT_MS) this.#report.takenBeside += 1;
    }
    return behaviour;
  }

  #of(type: string): Category {
    let category = this.#categories.get(type);
    if (category === undefined) this.#categories.set(type, (category = { toldAt: -Infinity, taken: 0, told: 0 }));
    return category;
  }
}
