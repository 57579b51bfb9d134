import { setTimeout as pause } from "node:timers/promises";
import { createLogger } from "../base/log.ts";
import { formatDuration } from "../base/units.ts";
import { veil } from "../base/veil.ts";
import { Relay } from "../pipeline/relay.ts";
import type { Outcome } from "../record/outcome.ts";
import { printable } from "../sentry/terminal.ts";
import { configurationOf } from "./configuration.ts";
import { relayEnvironment } from "./environment.ts";
import { stopSignals } from "./stop-signals.ts";

/** How often a pipe looks whether anything moves. */
const LOOK_MS = 200;

/** Standard input only: ends at its end when all is delivered, with 69 when it could not be in time, with 1 when refused. */
export async function pipe(options: { config?: string; dsn?: string; format: string; timeout: number }): Promise<number> {
  const loaded = configurationOf({
    config: options.config,
    dsn: options.dsn,
    inputs: { stdin: { type: "stdin", format: options.format } },
    queue: { type: "memory" },
  });
  const { config } = loaded;
  const signals = stopSignals();
  const relay = new Relay(loaded, {
    ...relayEnvironment(createLogger(config.log.level)),
    nodeMetrics: false,
    keepsTrails: false,
  });
  await relay.start(new AbortController().signal);
  const stuck = stuckFor(relay, options.timeout);
  const ended = await Promise.race([relay.ended.then(() => "read"), signals.first.then(() => "told"), stuck.then(() => "stuck")]);
  await relay.stop(ended === "stuck" ? AbortSignal.abort() : signals.deadline(options.timeout));
  return verdict(relay, options.timeout);
}

/** Resolves when the queue has been full and nothing has left it for so long: then the end of input is out of reach. */
async function stuckFor(relay: Relay, timeoutMs: number): Promise<void> {
  let settled = -1;
  let since = performance.now();
  for (;;) {
    await pause(LOOK_MS, undefined, { ref: false });
    const full = relay.readiness().causes.some(({ cause }) => cause === "queue_full");
    if (!full || relay.ledger.settledTotal !== settled) {
      settled = relay.ledger.settledTotal;
      since = performance.now();
    } else if (performance.now() - since >= timeoutMs) return;
  }
}

/** Doors behind which nothing was delivered although it should have been. */
const LOST: readonly Outcome[] = ["rejected", "expired", "rate_limited", "network_error", "queue_full"];

/** Tells what was not delivered, and gives the exit code. */
function verdict(relay: Relay, timeoutMs: number): number {
  const left = relay.inFlight;
  if (left > 0) {
    const { upstreams } = relay.status() as { upstreams: readonly { name: string; cause?: string }[] };
    const causes = upstreams.flatMap(({ name, cause }) => (cause === undefined ? [] : [`${name}: ${cause}`]));
    const why = causes.length === 0 ? "" : ` (${causes.join("; ")})`;
    process.stderr.write(
      `crumbtrail: ${records(left)} not delivered within ${formatDuration(timeoutMs)}${printable(veil.over(why))}\n`,
    );
    return 69;
  }
  const lost = LOST.reduce((sum, outcome) => sum + (relay.ledger.settled.get(outcome) ?? 0), 0);
  if (lost === 0) return 0;
  process.stderr.write(`crumbtrail: ${records(lost)} refused or given up; the warnings above say why\n`);
  return 1;
}

function records(count: number): string {
  return count === 1 ? "1 record was" : `${count} records were`;
}
