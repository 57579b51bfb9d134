import assert from "node:assert/strict";
import { Daemon, type DaemonOptions } from "./daemon.ts";
import { MiniSentry } from "./mini-sentry.ts";

type Json = Readonly<Record<string, unknown>>;

/** One line of the relay's own log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly cause?: string;
  readonly peer?: string;
}

/** What became of the records of one test. */
export interface Harvest {
  /** As the tracker shows them, in the order of their timestamps. */
  readonly events: readonly Json[];
  /** How many records left by each door. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Warnings of the relay's log. */
  readonly warnings: readonly LogLine[];
}

/**
 * The built daemon and a tracker in miniature, shared by the tests of one file, which run one after the other: each looks
 * only at what came since the one before.
 */
export class SharedRelay {
  readonly mini: MiniSentry;
  readonly daemon: Daemon;
  readonly #ports = new Map<string, number>();
  #events = 0;
  #received = 0;
  #settled: Readonly<Record<string, number>> = {};
  #stderr = 0;

  private constructor(mini: MiniSentry, daemon: Daemon) {
    this.mini = mini;
    this.daemon = daemon;
  }

  /** `inputs`: YAML lines of the section, indented by two. `rest`: further sections; storm control is off. */
  static async start(inputs: string, rest = "", options: Partial<DaemonOptions> = {}): Promise<SharedRelay> {
    const mini = await MiniSentry.start();
    const policy = rest.includes("policy:") ? "" : 'policy: { storm: "off" }\n';
    const upstreams = rest.includes("upstreams:") ? "" : `upstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }\n`;
    const config = `inputs:\n${inputs}\n${policy}${upstreams}${rest.replaceAll("MINI", mini.url.slice("http://".length))}\n`;
    try {
      return new SharedRelay(mini, await Daemon.start({ ...options, config }));
    } catch (error) {
      await mini.close();
      throw error;
    }
  }

  /** The port of an input; `protocol` where it has several: "tcp", "udp", "http". */
  async port(input: string, protocol?: string): Promise<number> {
    const key = `${input} ${protocol}`;
    const port = this.#ports.get(key) ?? (await this.daemon.port(input, protocol));
    this.#ports.set(key, port);
    return port;
  }

  /** Looks away from what is there already; so that a test which failed halfway does not fail the next one too. */
  async begin(): Promise<void> {
    const ledger = await this.daemon.settled(0);
    this.#received = ledger.received;
    this.#settled = ledger.settled;
    this.#events = this.mini.uniqueEvents().length;
    this.mini.problems.length = 0;
    this.#warnings();
  }

  /**
   * Waits until this many records have come in since the last harvest and all of them have left, then checks what holds
   * after every test: not one record more, the ledger balances, and the tracker had to mend nothing.
   */
  async harvest(records: number, timeoutMs = 20_000): Promise<Harvest> {
    const ledger = await this.daemon.settled(this.#received + records, timeoutMs);
    assert.equal(ledger.received - this.#received, records, `records received; ${JSON.stringify(ledger)}`);
    assert.deepEqual(this.mini.problems, []);
    const outcomes: Record<string, number> = {};
    for (const [outcome, count] of Object.entries(ledger.settled)) {
      const since = count - (this.#settled[outcome] ?? 0);
      if (since > 0) outcomes[outcome] = since;
    }
    this.#received = ledger.received;
    this.#settled = ledger.settled;
    const all = this.mini.uniqueEvents();
    const events = all.slice(this.#events).sort((a, b) => Number(a["timestamp"]) - Number(b["timestamp"]));
    this.#events = all.length;
    return { events, outcomes, warnings: this.#warnings() };
  }

  async close(): Promise<void> {
    await this.daemon.stop("SIGKILL");
    await this.mini.close();
  }

  /** Stops as an orchestrator would; the exit code. */
  async stop(): Promise<number | null> {
    const code = await this.daemon.stop();
    await this.mini.close();
    return code;
  }

  #warnings(): readonly LogLine[] {
    const lines = this.daemon.stderr.slice(this.#stderr).split("\n");
    const rest = lines.pop() ?? "";
    this.#stderr = this.daemon.stderr.length - rest.length;
    return lines.map((line) => JSON.parse(line) as LogLine).filter(({ level }) => level !== "info" && level !== "debug");
  }
}

/** The message as logged. */
export function messageOf(event: Json | undefined): string {
  return String((event?.["logentry"] as Json | undefined)?.["formatted"]);
}

/** Finds an event by its message. */
export function eventOf(events: readonly Json[], message: string): Json {
  const found = events.find((event) => messageOf(event) === message);
  assert.ok(found !== undefined, `no event ${JSON.stringify(message)} among ${JSON.stringify(events.map(messageOf))}`);
  return found;
}

/** The trail, oldest first. */
export function crumbsOf(event: Json | undefined): readonly Json[] {
  return ((event?.["breadcrumbs"] as Json | undefined)?.["values"] ?? []) as readonly Json[];
}

/** The messages of the trail, oldest first. */
export function trailOf(event: Json | undefined): readonly unknown[] {
  return crumbsOf(event).map(({ message }) => message);
}

/** A member of an object inside an event: `of(event, "contexts", "trace", "trace_id")`. */
export function of(event: Json | undefined, ...path: readonly string[]): unknown {
  let value: unknown = event;
  for (const name of path) value = typeof value === "object" && value !== null ? (value as Json)[name] : undefined;
  return value;
}
