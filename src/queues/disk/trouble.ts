import { getSystemErrorMap } from "node:util";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { formatDuration } from "../../base/units.ts";

/** "ENOSPC: no space left on device", without the call and the path that Node puts behind it. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code, errno } = thrown as NodeJS.ErrnoException;
  if (code === undefined || errno === undefined) return thrown.message;
  const known = getSystemErrorMap().get(errno)?.[1];
  return known === undefined ? thrown.message : `${code}: ${known}`;
}

/** Whether the disk takes what it is given; told once when that ends, and once when it is so again. */
export class Trouble {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #directory: string;
  #reason: string | undefined;
  #sinceMs = 0;

  constructor(directory: string, clock: Clock, log: Logger) {
    this.#directory = directory;
    this.#clock = clock;
    this.#log = log;
  }

  /** Undefined when all is well. */
  get reason(): string | undefined {
    return this.#reason;
  }

  begin(thrown: unknown): void {
    const before = this.#reason;
    this.#reason = reasonOf(thrown);
    if (before !== undefined) return;
    this.#sinceMs = this.#clock.tickMs();
    this.#log.error(
      { directory: this.#directory, err: thrown },
      `the queue cannot store in ${this.#directory}: ${this.#reason}; it keeps trying, and queue.when_full says what becomes of new parcels; ` +
        "make room or mend the directory, no restart is needed",
    );
  }

  end(): void {
    if (this.#reason === undefined) return;
    const lasted = formatDuration(Math.round(this.#clock.tickMs() - this.#sinceMs));
    this.#log.info(
      { directory: this.#directory },
      `the queue stores in ${this.#directory} again, after ${lasted} of ${this.#reason}`,
    );
    this.#reason = undefined;
  }
}
