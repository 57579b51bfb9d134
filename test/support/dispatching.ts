import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createLogger } from "../../src/base/log.ts";
import type { Queue } from "../../src/component/queue.ts";
import type { DeadLetter } from "../../src/pipeline/dead-letters/dead-letter.ts";
import { Discards } from "../../src/pipeline/delivery/discards.ts";
import { Dispatcher } from "../../src/pipeline/dispatcher.ts";
import { memory } from "../../src/queues/memory.ts";
import type { Parcel } from "../../src/record/parcel.ts";
import { ManualClock } from "./clock.ts";
import { parcel } from "./parcels.ts";
import type { ScriptedUpstream } from "./scripted-upstream.ts";

export interface Dispatching {
  readonly clock: ManualClock;
  readonly queue: Queue;
  readonly dispatcher: Dispatcher;
  readonly discards: Discards;
  /** "delivered a": outcome and body of each parcel that has settled, in this order. */
  readonly settled: string[];
  readonly letters: DeadLetter[];
  /** Warnings and complaints, in this order. */
  readonly warnings: string[];
  /** Messages logged at info. */
  readonly told: string[];
  /** Lets everything happen that can happen at this moment. */
  run(): Promise<void>;
  /** Moves the clock in steps, and lets everything happen after each. */
  pass(ms: number, stepMs?: number): Promise<void>;
}

export interface DispatchingOptions {
  readonly bury?: ((letter: DeadLetter) => Promise<void>) | undefined;
  readonly dataDir?: string;
  /** What the queue holds when the dispatcher is created. */
  readonly waiting?: readonly Parcel[];
}

/** A dispatcher over the real memory queue, with a clock that moves when told and no jitter. Not started. */
export function dispatchingTo(
  upstreams: Readonly<Record<string, ScriptedUpstream>>,
  options: DispatchingOptions = {},
): Dispatching {
  const clock = new ManualClock();
  const log = createLogger("silent");
  const seen = { settled: [] as string[], letters: [] as DeadLetter[], warnings: [] as string[], told: [] as string[] };
  log.info = (...words: unknown[]) => void seen.told.push(String(words.at(-1)));
  log.warn = (...words: unknown[]) => void seen.warnings.push(String(words.at(-1)));
  const complain = (): void => {};
  const host = { name: "queue", clock, log, complain, upstreams: Object.keys(upstreams), dropped: complain };
  const queue = memory.create(memory.config.parse({}), host);
  void queue.push(options.waiting ?? []);
  const discards = new Discards();
  const bury = async (letter: DeadLetter): Promise<void> => {
    seen.letters.push(letter);
    await options.bury?.(letter);
  };
  const dispatcher = new Dispatcher(new Map(Object.entries(upstreams)), {
    clock,
    log,
    random: () => 1,
    queue,
    discards,
    dataDir: options.dataDir,
    bury: "bury" in options && options.bury === undefined ? undefined : bury,
    complain: (upstream, { message }) => void seen.warnings.push(`${upstream}: ${message}`),
    settled: (parcels, outcome) => {
      for (const { body } of parcels) seen.settled.push(`${outcome} ${Buffer.from(body).toString()}`);
    },
    attempted: () => {},
  });
  const run = async (): Promise<void> => {
    for (let i = 0; i < 10; i += 1) {
      for (const sender of dispatcher.senders.values()) sender.pump();
      await turn();
    }
  };
  const pass = async (ms: number, stepMs = ms): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      clock.advance(Math.min(stepMs, ms - passed));
      await run();
    }
  };
  return { clock, queue, dispatcher, discards, ...seen, run, pass };
}

/** A parcel whose body is a short text, born now. */
export function note(body: string, clock: ManualClock, overrides: Partial<Parcel> = {}): Parcel {
  return parcel({ body: Buffer.from(body), bornMs: clock.nowMs(), ...overrides });
}

/** As {@link dispatchingTo}, started, and stopped with the test. */
export async function dispatching(
  t: TestContext,
  upstreams: Readonly<Record<string, ScriptedUpstream>>,
  options?: DispatchingOptions,
): Promise<Dispatching> {
  const all = dispatchingTo(upstreams, options);
  await all.dispatcher.start();
  t.after(() => all.dispatcher.stop(AbortSignal.abort()));
  return all;
}
