// npm run fuzz -- [--cases N] [--seconds N] [--seed N] [--only WORD] [--case N [--input FILE]] [--no-sockets]
//
// Feeds every codec, framer and reader of foreign bytes with changed captures and noise; docs/fuzzing.md tells more. Ends
// with 1 when something was found.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { chances, EPOCH, failure, reported } from "./finding.ts";
import { codecTargets } from "./codec-targets.ts";
import { framerTargets } from "./framer-targets.ts";
import { kubernetesTargets } from "./kubernetes-targets.ts";
import { laneTargets } from "./lane-targets.ts";
import { readerTargets } from "./reader-targets.ts";
import { fuzzSockets } from "./sockets.ts";
import { storeTargets } from "./store-targets.ts";
import type { Target } from "./target.ts";
import type { Watched } from "./watchdog.ts";

/** What the heap may have grown by between a fifth of the cases of a target and their end. */
const MAX_GROWTH_MIB = 32;
/** A case that takes longer, looking for a smaller input included, does not come to an end. */
const CASE_TIMEOUT_MS = 40_000;
const DEFAULT_SECONDS = 60;
/** Of the time, for real sockets. */
const SOCKETS_SHARE = 0.25;
const MAX_SOCKET_SECONDS = 120;

const { values } = parseArgs({
  options: {
    cases: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string", default: process.env["CRUMBTRAIL_SEED"] ?? String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: "string", default: "" },
    case: { type: "string" },
    input: { type: "string" },
    "no-sockets": { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const counts = new Int32Array(new SharedArrayBuffer(8));
const watched: Watched = { counts, seed, timeoutMs: CASE_TIMEOUT_MS };

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Bytes that are held, once all that can be let go is gone. */
async function heldMib(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / (1 << 20);
}

interface Budget {
  readonly cases: number;
  readonly seconds: number;
}

/** Runs the cases of a target; what was found, "" for nothing. */
async function run(target: Target, { cases, seconds }: Budget): Promise<string> {
  const startMs = performance.now();
  let subject = target.fresh();
  let settledMib: number | undefined;
  let [slowestMs, slowest, number] = [0, 0, 0];
  for (; number < cases; number += 1) {
    const nowMs = performance.now();
    const part = Math.max(number / cases, (nowMs - startMs) / 1_000 / seconds);
    if (part >= 1) break;
    if (part >= 0.2) settledMib ??= await heldMib();
    if (number % EPOCH === 0) subject = target.fresh();
    Atomics.store(counts, 1, number);
    Atomics.add(counts, 0, 1);
    const chance = chances(seed, target.name, number);
    const input = subject.make(chance.make);
    const checkedMs = performance.now();
    const thrown = await failure(subject, input, chance.check());
    if (thrown !== undefined) return reported({ target, seed, number, input, thrown });
    const tookMs = performance.now() - checkedMs;
    if (tookMs > slowestMs) [slowestMs, slowest] = [tookMs, number];
  }
  const tookS = (performance.now() - startMs) / 1_000;
  subject = target.fresh();
  const grownMib = (await heldMib()) - (settledMib ?? 0);
  const each = `${Math.round(number / tookS)}/s, slowest ${slowestMs.toFixed(0)} ms (case ${slowest}), heap ${grownMib >= 0 ? "+" : ""}${grownMib.toFixed(1)} MiB`;
  say(`${target.name.padEnd(26)} ${String(number).padStart(8)} cases in ${tookS.toFixed(1)} s, ${each}`);
  if (settledMib === undefined || grownMib <= MAX_GROWTH_MIB) return "";
  return `FOUND in ${target.name}, seed ${seed}: the heap grew by ${grownMib.toFixed(1)} MiB over ${number} cases (at most ${MAX_GROWTH_MIB})\n`;
}

/** Runs one case, after those of its epoch before it unless its input is given. */
async function replay(target: Target, last: number): Promise<string> {
  const subject = target.fresh();
  const given = values.input === undefined ? undefined : readFileSync(values.input);
  for (let number = given === undefined ? last - (last % EPOCH) : last; number <= last; number += 1) {
    Atomics.store(counts, 1, number);
    Atomics.add(counts, 0, 1);
    const chance = chances(seed, target.name, number);
    const input = given ?? subject.make(chance.make);
    const thrown = await failure(subject, input, chance.check());
    if (thrown !== undefined) return reported({ target, seed, number, input, thrown });
  }
  return "";
}

/** Says at once what was found. */
async function told(running: Promise<string>): Promise<string> {
  const found = await running;
  if (found !== "") process.stderr.write(found);
  return found;
}

async function main(): Promise<string> {
  const all = [
    ...(await codecTargets()),
    ...framerTargets(),
    ...(await readerTargets()),
    ...kubernetesTargets,
    ...(await storeTargets()),
    ...(await laneTargets()),
  ];
  const chosen = all.filter(({ name }) => name.includes(values.only));
  const withSockets = !values["no-sockets"] && values.case === undefined && "sockets".includes(values.only);
  if (chosen.length === 0 && !withSockets)
    throw new Error(`no target is called ${values.only}; there are ${all.map(({ name }) => name).join(", ")}, sockets`);
  say(`seed ${seed}`);
  const cases = values.cases === undefined ? Infinity : Number(values.cases);
  const seconds = Number(values.seconds ?? (values.cases === undefined ? DEFAULT_SECONDS : Infinity));
  const ofAll = chosen.length === 0 ? 1 : SOCKETS_SHARE;
  const socketSeconds = withSockets ? Math.min(MAX_SOCKET_SECONDS, seconds * ofAll) : 0;
  const deadlineMs = performance.now() + 1_000 * (chosen.length === 0 ? 0 : seconds - socketSeconds);
  clearInterval(beat);
  let found = "";
  for (const [i, target] of chosen.entries()) {
    watchdog.postMessage(target.name);
    if (values.case !== undefined) {
      found += await told(replay(target, Number(values.case)));
      continue;
    }
    // What one leaves of its time goes to those behind it.
    const left = (deadlineMs - performance.now()) / 1_000 / (chosen.length - i);
    found += await told(run(target, { cases: Math.ceil(cases / target.share), seconds: left }));
  }
  const ticking = setInterval(() => Atomics.add(counts, 0, 1), 1_000);
  if (withSockets) found += await told(fuzzSockets(seed, socketSeconds, say));
  clearInterval(ticking);
  return found;
}

const watchdog = new Worker(new URL("./watchdog.js", import.meta.url), { workerData: watched });
watchdog.unref();
// While the targets are being made no case begins.
const beat = setInterval(() => Atomics.add(counts, 0, 1), 1_000);
const found = await main();
clearInterval(beat);
await watchdog.terminate();
if (found !== "") process.exitCode = 1;
