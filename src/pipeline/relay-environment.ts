import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";

/** What the process gives the relay. */
export interface RelayEnvironment {
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Where the console upstream writes, and whether it may use colour. */
  readonly print: (text: string) => void;
  readonly colour: boolean;
  /** Node's own metrics, which keep a timer; off for short-lived commands. */
  readonly nodeMetrics: boolean;
  /** Whether trails are read from `data_dir` and saved there; off for short-lived commands. */
  readonly keepsTrails: boolean;
}
