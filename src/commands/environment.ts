import { systemClock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { RelayEnvironment } from "../pipeline/relay.ts";
import { version } from "./version.ts";

/** What this process gives a relay. */
export function relayEnvironment(log: Logger): RelayEnvironment {
  return {
    clock: systemClock,
    log,
    version,
    random: Math.random,
    print: (text) => void process.stdout.write(text),
    colour: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
    nodeMetrics: true,
    keepsTrails: true,
  };
}
