// The bare decode loop in a thread, for as many seconds as it is told.
import { parentPort, workerData } from "node:worker_threads";
import { jsonStep } from "./bare.ts";

export interface Spin {
  readonly perSecond: number;
}

const seconds = workerData as number;
const step = jsonStep("gelf_tcp");
for (let i = 0; i < 10; i += 1) step();
const started = performance.now();
let records = 0;
let spent = 0;
while (spent < seconds) {
  records += step();
  spent = (performance.now() - started) / 1_000;
}
parentPort?.postMessage({ perSecond: records / spent } satisfies Spin);
