import { createLogger } from "../../base/log.ts";
import { messageOf } from "../../base/errors.ts";
import type { Component } from "../../base/lifecycle.ts";
import type { Right } from "../../config/config.ts";
import { processInput } from "../../inputs/process.ts";
import { Relay } from "../../pipeline/relay.ts";
import type { WrappedProcess } from "../../wire/process/wrapped-process.ts";
import { configurationOf } from "../configuration.ts";
import { adminTls, relayEnvironment } from "../environment.ts";

/** The name of the wrapped process among the inputs. */
const INPUT = "process";
/**
 * What a configuration leaves out is unlike a daemon's: no ports, so that any number of processes of one machine can be
 * wrapped; a short stop, because whoever waits for the process waits for it; and no words that nobody asked for.
 */
const DEFAULTS = { inputs: {}, shutdown_timeout: "5s", log: { level: "warn" } };

/** The relay beside a wrapped process. */
export class WrappedRelay {
  readonly #relay: Relay;
  readonly #admin: Component | undefined;

  private constructor(relay: Relay, admin: Component | undefined) {
    this.#relay = relay;
    this.#admin = admin;
  }

  /** Starts it, with the inputs of the configuration beside the process. The admin endpoint only runs with a configuration. */
  static async start(wrapped: WrappedProcess, options: { config?: string; dsn?: string }): Promise<WrappedRelay> {
    const loaded = withProcess(configurationOf({ ...options, defaults: DEFAULTS }), wrapped);
    const log = createLogger(loaded.config.log.level);
    const relay = new Relay(loaded, {
      ...relayEnvironment(log),
      // Standard output belongs to the process.
      print: (text) => void process.stderr.write(text),
      colour: process.stderr.isTTY && process.env["NO_COLOR"] === undefined,
      nodeMetrics: options.config !== undefined,
    });
    await relay.start(new AbortController().signal);
    let admin: Component | undefined;
    if (options.config !== undefined) {
      const { Admin } = await import("../../admin/admin.ts");
      admin = new Admin({ ...loaded.config.admin, relay, tls: adminTls(loaded.config.admin.tls, relayEnvironment(log)) });
      try {
        await admin.start(new AbortController().signal);
      } catch (thrown) {
        // The process and its issues matter more than a port.
        log.warn(messageOf(thrown));
        admin = undefined;
      }
    }
    return new WrappedRelay(relay, admin);
  }

  /** Delivers what the process said last, within `shutdown_timeout`. */
  async stop(): Promise<void> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#relay.config.shutdownTimeoutMs);
    await this.#relay.stop(deadline.signal);
    clearTimeout(timer);
    await this.#admin?.stop(deadline.signal);
  }
}

function withProcess(loaded: Right, wrapped: WrappedProcess): Right {
  const { config } = loaded;
  const input = { name: INPUT, spec: processInput(wrapped), config: {}, labels: undefined };
  return { ...loaded, config: { ...config, inputs: [...config.inputs, input] } };
}
