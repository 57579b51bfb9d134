import { RelayError } from "../base/errors.ts";
import { veil } from "../base/veil.ts";
import { builtInConfig, loadConfigFile, type Loaded } from "../config/config.ts";
import { formatMistake } from "../config/mistake.ts";

export interface ConfigurationOptions {
  readonly config?: string | undefined;
  readonly dsn?: string | undefined;
  /** Inputs that stand in for the configured ones: `pipe` and `explain` read standard input only. */
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
  /** The queue that stands in for one of another type: `pipe` must not take over what a daemon keeps on disk. */
  readonly queue?: Readonly<Record<string, unknown>> | undefined;
  /** Sections that go before the built-in ones where the file has none. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
}

/** The configuration a command runs with, whose secrets are covered from now on. A wrong one is told with all its mistakes, and ends the command with 78. */
export function configurationOf(options: ConfigurationOptions): Extract<Loaded, { config: unknown }> {
  const { config, ...overrides } = options;
  const loaded =
    config === undefined
      ? builtInConfig({ env: process.env, ...overrides })
      : loadConfigFile(config, { env: process.env, ...overrides });
  if ("config" in loaded) {
    veil.cover(loaded.config.secrets);
    return loaded;
  }
  const count = loaded.mistakes.length;
  const lines = loaded.mistakes.map((mistake) => formatMistake(mistake)).join("\n");
  throw new RelayError("RELAY_BAD_CONFIG", `${count} mistake${count === 1 ? "" : "s"} in the configuration\n${lines}`);
}
