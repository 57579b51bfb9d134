import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../base/clock.ts";
import { createLogger } from "../base/log.ts";
import { veil } from "../base/veil.ts";
import { loadConfig } from "../config/config.ts";
import { localLane } from "./lanes.ts";
import type { Answer, Question, ThreadSettings } from "./thread-lane.ts";

// The body of a lane's thread: an ordinary local lane behind a message port.

const { config: text, version } = workerData as ThreadSettings;
const loaded = loadConfig({ text, file: "the effective configuration", env: process.env });
if (!("config" in loaded)) throw new Error(`a lane cannot read the configuration: ${loaded.mistakes[0]?.message}`);
veil.cover(loaded.config.secrets);
const log = createLogger(loaded.config.log.level);
const lane = localLane(loaded.config, { clock: systemClock, version, random: Math.random }, (name) => ({
  name,
  clock: systemClock,
  log,
  complain: (complaint) => log.warn(complaint, complaint.message),
}));

parentPort?.on("message", (question: Question) => {
  parentPort?.postMessage({ ...answerTo(question), stats: lane.stats() } satisfies Answer);
});

function answerTo(question: Question): Omit<Answer, "stats"> {
  switch (question.ask) {
    case "run":
      return { result: lane.run(batchOf(question), question.id) };
    case "tick":
      return { result: lane.tick(question.final) };
    case "shrink":
      lane.shrinkTrails(question.maxBytes);
      return {};
    case "save":
      return { saved: lane.save() };
    case "restore":
      lane.restore(question.piece);
      return {};
  }
}

function batchOf(question: Extract<Question, { ask: "run" }>): Parameters<typeof lane.run>[0] {
  const { codec, from, bytes, bounds, position, places } = question;
  const frames = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), bounds };
  return { codec, from, position, frames, ...(places === undefined ? {} : { places }) };
}
