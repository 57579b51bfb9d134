import { createLogger } from "../base/log.ts";
import { formatDuration } from "../base/units.ts";
import { Relay } from "../pipeline/relay.ts";
import { configurationOf } from "./configuration.ts";
import { relayEnvironment } from "./environment.ts";
import { stopSignals } from "./stop-signals.ts";

/** Standard input only: ends at its end when all is delivered, or with 69 when it could not be in time. */
export async function pipe(options: { config?: string; dsn?: string; format: string; timeout: number }): Promise<number> {
  const loaded = configurationOf({
    config: options.config,
    dsn: options.dsn,
    inputs: { stdin: { type: "stdin", format: options.format } },
  });
  const { config } = loaded;
  const signals = stopSignals();
  const relay = new Relay(loaded, { ...relayEnvironment(createLogger(config.log.level)), nodeMetrics: false });
  await relay.start(new AbortController().signal);
  await Promise.race([relay.ended, signals.first]);
  await relay.stop(signals.deadline(options.timeout));
  const left = relay.inFlight;
  if (left === 0) return 0;
  const queued = relay.status() as { upstreams: readonly { name: string; cause?: string }[] };
  const causes = queued.upstreams.flatMap(({ name, cause }) => (cause === undefined ? [] : [`${name}: ${cause}`]));
  const why = causes.length === 0 ? "" : ` (${causes.join("; ")})`;
  const what = left === 1 ? "1 record was" : `${left} records were`;
  process.stderr.write(`crumbtrail: ${what} not delivered within ${formatDuration(options.timeout)}${why}\n`);
  return 69;
}
