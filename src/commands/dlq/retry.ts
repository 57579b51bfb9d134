import { aborted } from "../../base/abort.ts";
import { systemClock } from "../../base/clock.ts";
import { formatDuration } from "../../base/units.ts";
import { Redelivery, type Redelivered } from "../../pipeline/dead-letters/redelivery.ts";
import { configurationOf } from "../configuration.ts";
import { jsonLine, letters, print } from "./output.ts";
import { contentsOf, demandChoice, idsOf, letterFolder, lettersOf, warn, type LetterOptions } from "./selection.ts";
import { stopSignals } from "../stop-signals.ts";
import { version } from "../version.ts";

/** Refusals told one by one; the rest is in the sum, and in `dlq list`. */
const MAX_TOLD = 20;
const PROGRESS_EVERY_MS = 200;

export interface RetryOptions extends LetterOptions {
  /** Milliseconds without any delivery after which it gives up. */
  readonly timeout: number;
}

/**
 * Delivers dead letters through the configuration as it is now. 0: all were delivered, 69: some could not be in time,
 * 1: some were refused again.
 */
export async function retryLetters(ids: readonly string[], options: RetryOptions): Promise<number> {
  demandChoice("retry", ids, options);
  const { config } = configurationOf({ config: options.config, queue: { type: "memory" } });
  const folder = letterFolder(options);
  const { letters: known } = await contentsOf(folder);
  const chosen = idsOf(known, ids, options, systemClock.nowMs());
  const giveUp = new AbortController();
  const tally = new Tally(chosen.length, options.json);
  const redelivery = new Redelivery({
    config,
    folder,
    version,
    clock: systemClock,
    random: Math.random,
    timeoutMs: options.timeout,
    giveUp,
    said: warn,
    done: (result) => tally.add(result),
  });
  let ending = `nothing got through for ${formatDuration(options.timeout)}`;
  void stopSignals().first.then((signal) => {
    if (!giveUp.signal.aborted) ending = `stopped by ${signal}`;
    giveUp.abort();
  });
  const ended = aborted(giveUp.signal);
  await redelivery.start();
  try {
    for await (const letter of lettersOf(folder, chosen, options)) {
      if (giveUp.signal.aborted) break;
      await Promise.race([redelivery.add(letter), ended]);
    }
  } finally {
    await redelivery.finish();
    tally.end();
  }
  return tally.verdict(ending, redelivery.causes);
}

/** Counts what became of letters, and shows it while it goes on. */
class Tally {
  readonly #chosen: number;
  readonly #json: boolean;
  readonly #progress: NodeJS.Timeout | undefined;
  #delivered = 0;
  #refused = 0;
  #late = 0;
  #printed: Promise<void> = Promise.resolve();

  constructor(chosen: number, json: boolean) {
    this.#chosen = chosen;
    this.#json = json;
    if (process.stderr.isTTY) this.#progress = setInterval(() => this.#show(), PROGRESS_EVERY_MS);
  }

  add(result: Redelivered): void {
    const { id, outcome, cause, upstream, status } = result;
    if (outcome === "delivered") this.#delivered += 1;
    else if (outcome === "late") this.#late += 1;
    else {
      this.#refused += 1;
      if (!this.#json && this.#refused <= MAX_TOLD) {
        this.#clear();
        warn(`${id} was refused: ${cause}`);
      }
    }
    if (this.#json) this.#printed = print(jsonLine({ id, result: outcome, upstream, status: status ?? null, cause }));
  }

  end(): void {
    clearInterval(this.#progress);
    this.#clear();
  }

  /** The exit code, with a sentence about it. `ending` says why not all were tried to the end, where that is so. */
  async verdict(ending: string, causes: readonly string[]): Promise<number> {
    await this.#printed;
    const parts = [`${letters(this.#delivered)} delivered`];
    if (this.#refused > 0) parts.push(`${this.#refused} refused again`);
    if (this.#late > 0) {
      const why = causes.length === 0 ? "" : ` (${causes.join("; ")})`;
      parts.push(`${this.#late} not delivered: ${ending}${why}`);
    }
    warn(parts.join(", "));
    if (this.#late > 0) return 69;
    return this.#refused > 0 ? 1 : 0;
  }

  #clear(): void {
    if (this.#progress !== undefined) process.stderr.write("\r\u001b[K");
  }

  #show(): void {
    this.#clear();
    process.stderr.write(`${this.#delivered + this.#refused} of ${this.#chosen}`);
  }
}
