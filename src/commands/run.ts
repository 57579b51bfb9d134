import { Admin } from "../admin/admin.ts";
import { createLogger, type Logger } from "../base/log.ts";
import { formatAddress } from "../base/units.ts";
import { boundOldSpace } from "../base/old-space.ts";
import { boundYoungSpace } from "../base/young-space.ts";
import { Relay } from "../pipeline/relay.ts";
import { configurationOf, type ConfigurationOptions } from "./configuration.ts";
import { adminTls, relayEnvironment } from "./environment.ts";
import { stopSignals } from "./stop-signals.ts";
import { welcome } from "./welcome.ts";

/** The daemon: runs until SIGTERM or SIGINT, then drains. */
export async function run(options: ConfigurationOptions): Promise<number> {
  const loaded = configurationOf(options);
  const { config } = loaded;
  const log = createLogger(config.log.level);
  const signals = stopSignals();
  const environment = relayEnvironment(log);
  const relay = new Relay(loaded, environment);
  const admin = new Admin({ ...config.admin, relay, tls: adminTls(config.admin.tls, environment) });
  await admin.start();
  const starting = new AbortController();
  void signals.first.then(() => starting.abort());
  try {
    await relay.start(starting.signal);
  } catch (thrown) {
    await admin.stop();
    throw thrown;
  }
  for (const { input, type, address } of relay.addresses) log.info({ input, type, address }, "listening");
  if (admin.address !== undefined)
    log.info(
      { address: `${config.admin.tls === undefined ? "http" : "https"}:${formatAddress(admin.address)}` },
      "admin endpoint",
    );
  boundYoungSpace();
  boundOldSpace(config.memory.inFlightBytes);
  welcome(relay, admin.address, environment.print);

  // A relay of nothing but standard input ends with it, as `cat` does.
  const signal = await Promise.race([signals.first, relay.ended]);
  log.info({ signal: signal ?? "end of input", timeout_ms: config.shutdownTimeoutMs }, "stopping");
  await relay.stop(signals.deadline(config.shutdownTimeoutMs));
  await admin.stop();
  farewell(relay, log);
  return 0;
}

/** Says what became of everything, and what was left behind. */
function farewell(relay: Relay, log: Logger): void {
  const settled = Object.fromEntries([...relay.ledger.settled].filter(([, records]) => records > 0));
  const left = relay.inFlight;
  log.info({ received: relay.ledger.receivedTotal, settled, in_flight: left }, "stopped");
  if (left === 0) return;
  if (relay.isDurable) log.info({ records: left }, "undelivered records are kept on disk for the next start");
  else log.error({ records: left }, "stopped with undelivered records; the memory queue keeps nothing");
}
