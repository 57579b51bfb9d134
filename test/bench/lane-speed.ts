// One lane and two in process, by turns: node lane-speed.js BATCHES ROUNDS. Sixteen peers, each with one batch under way,
// send so many batches that are built already, one record in ten an event; parcels are counted and not sent. Prints JSON:
// LanesRow.
import { Worker } from "node:worker_threads";
import { systemClock } from "../../src/base/clock.ts";
import { createLogger } from "../../src/base/log.ts";
import { MemoryBudget } from "../../src/base/memory-budget.ts";
import type { Queue } from "../../src/component/queue.ts";
import { loadConfig } from "../../src/config/config.ts";
import { createLanes } from "../../src/lanes/lanes.ts";
import type { Lane } from "../../src/lanes/lane.ts";
import { Discards } from "../../src/pipeline/delivery/discards.ts";
import { IntakePort } from "../../src/pipeline/intake.ts";
import { packFrames, type Batch } from "../../src/record/batch.ts";
import { Ledger } from "../../src/record/ledger.ts";
import type { LanesRow } from "./results.ts";
import type { Spin } from "./spinning.ts";
import { median, untilSteady } from "./steady.ts";
import { fieldsAt, gelfObject, groups, passOffsets, RECORDS_PER_BATCH } from "./traffic.ts";

const PEERS = 16;
const BATCHES_OF_PEER = 4;
const EVERY = 10;
const SPIN_SECONDS = 0.5;

interface Prepared {
  readonly batch: Batch;
  /** Where its request ids have their pass number. */
  readonly offsets: readonly number[];
}

const batches = Number(process.argv[2] ?? "1");
const rounds = Number(process.argv[3] ?? "1");
const slice = PEERS * batches * RECORDS_PER_BATCH;
const peers = Array.from({ length: PEERS }, (_, peer) => batchesOf(peer));
let pass = 0;
let parcels = 0;
process.stdout.write(JSON.stringify(await compare()));
process.exit();

/** The two take turns, so that neither has the better minute. */
async function compare(): Promise<LanesRow> {
  const [one, two] = [await lanesOf(1), await lanesOf(2)];
  for (const lanes of [one, two]) {
    await untilSteady(async () => ({ done: slice, rate: await rateOf(lanes) }), { least: 2 * slice, most: 6 });
  }
  const rates = { one: [] as number[], two: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    rates.one.push(await rateOf(one));
    rates.two.push(await rateOf(two));
    rates.bare.push((await spin(2)) / (await spin(1)));
  }
  if (parcels === 0) throw new Error("the lanes made no parcel");
  return { one: median(rates.one), two: median(rates.two), bare: median(rates.bare) };
}

async function lanesOf(count: number): Promise<readonly Lane[]> {
  const text = `inputs: { bench: { type: stdin } }\nlanes: ${count}\npolicy: { storm: "off" }\nupstreams: { default: { type: console } }`;
  const loaded = loadConfig({ text, file: "the benchmark's configuration", env: {} });
  if (!("config" in loaded)) throw new Error(loaded.mistakes.map(({ message }) => message).join("; "));
  const log = createLogger("error");
  const host = (name: string) => ({ name, clock: systemClock, log, complain: () => {} });
  const lanes = createLanes(loaded, { clock: systemClock, version: "0.0.0", random: Math.random }, host);
  await Promise.all(lanes.map((lane) => lane.start()));
  return lanes;
}

/** Records per second through the intake. */
async function rateOf(lanes: readonly Lane[]): Promise<number> {
  const port = portOf(lanes);
  const started = performance.now();
  let records = 0;
  const peer = async (prepared: readonly Prepared[]): Promise<void> => {
    for (let turn = 0; turn < batches; turn += 1) {
      const { batch, offsets } = prepared[turn % prepared.length] as Prepared;
      pass += 1;
      const digits = pass.toString(16).padStart(8, "0");
      for (const offset of offsets) batch.frames.bytes.write(digits, offset, "latin1");
      const { accepted, malformed } = await port.intake(batch);
      if (malformed > 0) throw new Error(`${malformed} records were malformed`);
      records += accepted;
      // As a socket does: the others get their turn before more is read.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(peers.map(peer));
  return records / ((performance.now() - started) / 1_000);
}

function portOf(lanes: readonly Lane[]): IntakePort {
  const push: Queue["push"] = (pushed) => {
    parcels += pushed.length;
    return true;
  };
  return new IntakePort({
    lanes,
    queue: { push } as unknown as Queue, // Of the queue only `push` is used.
    storm: undefined,
    ledger: new Ledger(),
    discards: new Discards(),
    memory: new MemoryBudget(Infinity).share(),
    clock: systemClock,
    complain: (_, { message }) => {
      throw new Error(message);
    },
    took: () => {},
    eventsCreated: () => {},
    replaced: () => {},
  });
}

function batchesOf(peer: number): readonly Prepared[] {
  // Addresses of one network, which the intake spreads over the lanes as it does in a relay.
  const from = {
    input: "bench",
    peer: `10.0.0.${peer + 1}`,
    receivedMs: Date.now(),
    tag: "",
    labels: undefined,
    metadata: undefined,
  };
  return groups(BATCHES_OF_PEER * RECORDS_PER_BATCH, RECORDS_PER_BATCH).map((indices) => {
    const records = indices.map((i) => Buffer.from(JSON.stringify(gelfObject(fieldsAt(peer * 10_000 + i, EVERY)))));
    const frames = packFrames(records);
    return { batch: { codec: "gelf", from, frames, position: undefined }, offsets: passOffsets(frames.bytes) };
  });
}

/** Records per second that bare loops decode in so many threads at once. */
async function spin(threads: number): Promise<number> {
  const spun = Array.from({ length: threads }, async () => {
    const worker = new Worker(new URL("./spinning.js", import.meta.url), { workerData: SPIN_SECONDS });
    return new Promise<Spin>((resolve, reject) => worker.once("message", resolve).once("error", reject));
  });
  return (await Promise.all(spun)).reduce((sum, { perSecond }) => sum + perSecond, 0);
}
