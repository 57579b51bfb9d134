// The built daemon under attack, with honest senders beside: what must hold whatever the attack is.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { DaemonOptions } from "./daemon.ts";
import { pause, type HonestSender } from "./honest-senders.ts";
import { messageOf, SharedRelay } from "./real-senders-relay.ts";

/** A ceiling at which nothing of an ordinary attack has to be shed, and above which it would show. */
const MAX_MEMORY_MIB = 256;
/** How often each honest sender says something. */
const EVERY_MS = 50;
/** What the relay's own log may grow by in one attack. */
const MAX_LOG_BYTES = 2 << 20;
/** A process that does not answer for so long is as good as dead. */
const ANSWER_WITHIN_MS = 20_000;

/** What one attack came to. */
export interface Toll {
  /** What the honest senders said, all of which arrived. */
  readonly said: readonly string[];
  /** By how much a metric grew: `crumbtrail_records_settled_total{outcome="malformed"}`. */
  grew(metric: string): number;
  /** So many were turned away by an input for a reason. */
  turnedAway(input: string, reason: string): number;
  /** So many records left by a door. */
  settled(outcome: string): number;
  /** Bytes that the relay's own log grew by. */
  readonly logBytes: number;
}

export class Siege {
  readonly relay: SharedRelay;
  readonly #maxMemoryMib: number;
  readonly #honest = new Map<string, HonestSender>();
  #attacks = 0;

  private constructor(relay: SharedRelay, maxMemoryMib: number) {
    this.relay = relay;
    this.#maxMemoryMib = maxMemoryMib;
  }

  /** `inputs`: YAML lines of the section. `rest`: further sections; storm control is off, and memory bounded, without. */
  static async start(inputs: string, rest = "", options: Partial<DaemonOptions> = {}): Promise<Siege> {
    const maxMemoryMib = Number(/max_memory: (\d+)MiB/.exec(rest)?.[1] ?? MAX_MEMORY_MIB);
    const memory = rest.includes("max_memory:") ? "" : `max_memory: ${MAX_MEMORY_MIB}MiB\n`;
    const queue = rest.includes("queue:") ? "" : "queue: { type: memory, max_bytes: 16MiB }\n";
    const policy = rest.includes("policy:") ? "" : `policy: { storm: "off", trail: { max_bytes: 16MiB } }\n`;
    return new Siege(await SharedRelay.start(inputs, `${memory}${queue}${policy}${rest}`, options), maxMemoryMib);
  }

  port(input: string, protocol?: string): Promise<number> {
    return this.relay.port(input, protocol);
  }

  /** Has somebody send to an input from now on, while attacks last. */
  beside(input: string, sender: HonestSender): void {
    this.#honest.get(input)?.close();
    this.#honest.set(input, sender);
  }

  async close(): Promise<void> {
    for (const sender of this.#honest.values()) sender.close();
    await this.relay.close();
  }

  /** Waits until a metric is at least so large. */
  async reaches(metric: string, least: number): Promise<void> {
    await this.#holds(`${metric} ${least}`, (metrics) => (metrics.get(metric) ?? 0) >= least);
  }

  /** Waits until an input has so many connections at most. */
  async emptiesTo(input: string, most: number): Promise<void> {
    const name = `crumbtrail_connections{input="${input}"}`;
    await this.#holds(`${name} down to ${most}`, (metrics) => (metrics.get(name) ?? 0) <= most);
  }

  /** Waits until somebody was turned away so often, beyond what there was before. */
  async turnsAway(input: string, reason: string, least: number): Promise<void> {
    await this.reaches(turnedAwayMetric(input, reason), least);
  }

  /**
   * Honest senders work before, during and after an attack. All they said has to arrive, and nothing but an event each;
   * the process answers all the time and stays under its ceiling; the books balance.
   */
  async withstands(attack: () => Promise<void>): Promise<Toll> {
    this.#attacks += 1;
    const { daemon, mini } = this.relay;
    const before = await daemon.metrics();
    const logBefore = daemon.stderr.length;
    const receivedBefore = receivedIn(before);
    const said: string[] = [];
    const state = { isOver: false };
    const company = Promise.all([this.#converse(state, said), this.#probe(state)]);
    // Whoever of them fails first ends all.
    await Promise.race([attack(), company]);
    await pause(3 * EVERY_MS);
    state.isOver = true;
    await company;

    const ledger = await daemon.settled(receivedBefore + said.length, 60_000);
    const arrived = new Set(mini.uniqueEvents().map(messageOf));
    const missing = said.filter((text) => !arrived.has(text));
    const after = await daemon.metrics();
    assert.deepEqual(missing, [], `of ${said.length}; ${JSON.stringify(ledger)}; the kernel dropped ${droppedIn(after)}`);
    assert.deepEqual(mini.problems, []);
    this.#checkMemory();
    const logBytes = daemon.stderr.length - logBefore;
    assert.ok(logBytes <= MAX_LOG_BYTES, `the relay's own log grew by ${logBytes} bytes`);
    const grew = (metric: string): number => (after.get(metric) ?? 0) - (before.get(metric) ?? 0);
    return {
      said,
      grew,
      turnedAway: (input, reason) => grew(turnedAwayMetric(input, reason)),
      settled: (outcome) => grew(`crumbtrail_records_settled_total{outcome="${outcome}"}`),
      logBytes,
    };
  }

  /** By the most that the process ever took. */
  #checkMemory(): void {
    const status = readFileSync(`/proc/${this.relay.daemon.process.pid}/status`, "utf8");
    const peakMib = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
    assert.ok(peakMib > 0 && peakMib <= this.#maxMemoryMib, `the process took ${peakMib} MiB`);
  }

  async #converse(state: { readonly isOver: boolean }, said: string[]): Promise<void> {
    const attack = this.#attacks;
    await Promise.all(
      [...this.#honest].map(async ([input, sender]) => {
        for (let number = 0; !state.isOver; number += 1) {
          const text = `attack ${attack}: ${input} cannot do order ${number}`;
          said.push(text);
          await sender.say(text);
          await pause(EVERY_MS);
        }
      }),
    );
  }

  async #probe(state: { readonly isOver: boolean }): Promise<void> {
    while (!state.isOver) {
      const late = setTimeout(() => this.relay.daemon.process.kill("SIGKILL"), ANSWER_WITHIN_MS).unref();
      const answer = await this.relay.daemon.get("/livez");
      assert.equal(answer.status, 200, "the process answers");
      await answer.arrayBuffer();
      clearTimeout(late);
      const { ledger } = await this.relay.daemon.status();
      const settled = Object.values(ledger.settled).reduce((sum, count) => sum + count, 0);
      assert.equal(ledger.received, settled + ledger.in_flight, "the ledger balances at any moment");
      await pause(2 * EVERY_MS);
    }
  }

  async #holds(what: string, condition: (metrics: ReadonlyMap<string, number>) => boolean): Promise<void> {
    let metrics: ReadonlyMap<string, number> = new Map();
    for (let turn = 0; turn < 1_500; turn += 1) {
      metrics = await this.relay.daemon.metrics();
      if (condition(metrics)) return;
      await pause(20);
    }
    const counts = [...metrics].filter(([name]) => name.startsWith("crumbtrail_") && !name.includes("_bucket"));
    assert.fail(`waited in vain for ${what}\n${counts.map(([name, value]) => `${name} ${value}`).join("\n")}`);
  }
}

function turnedAwayMetric(input: string, reason: string): string {
  return `crumbtrail_turned_away_total{input="${input}",reason="${reason}"}`;
}

function receivedIn(metrics: ReadonlyMap<string, number>): number {
  return sumOf(metrics, "crumbtrail_records_received_total");
}

function droppedIn(metrics: ReadonlyMap<string, number>): number {
  return sumOf(metrics, "crumbtrail_udp_dropped_total");
}

function sumOf(metrics: ReadonlyMap<string, number>, name: string): number {
  return [...metrics].filter(([key]) => key.startsWith(`${name}{`)).reduce((sum, [, value]) => sum + value, 0);
}
