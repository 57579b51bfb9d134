import { effectiveYaml } from "../config/effective.ts";
import { createLogger } from "../base/log.ts";
import { Relay } from "../pipeline/relay.ts";
import { printable } from "../sentry/terminal.ts";
import { configurationOf, type ConfigurationOptions } from "./configuration.ts";
import { relayEnvironment } from "./environment.ts";

/** The same path as `run`, without `start`. */
export async function check(options: ConfigurationOptions & { readonly print: boolean }): Promise<number> {
  const loaded = configurationOf(options);
  const { config } = loaded;
  // Creating is inert, and finds what only the components themselves can know.
  const relay = new Relay(loaded, { ...relayEnvironment(createLogger("silent")), nodeMetrics: false });
  if (options.print) {
    process.stdout.write(effectiveYaml(loaded));
    return 0;
  }
  const name = options.config ?? "the built-in configuration";
  const upstreams = config.upstreams.map((upstream) => upstream.name).join(", ");
  const inputs = `${relay.inputs.size} inputs (${[...relay.inputs.keys()].join(", ")})`;
  process.stdout.write(`${printable(`${name} is right: ${inputs}, upstreams ${upstreams}`)}\n`);
  return 0;
}
