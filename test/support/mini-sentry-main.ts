// The tracker in miniature as a process of its own: `node mini-sentry-main.js --port 0 [--count-only]`. Prints its URL, then counts on
// SIGUSR2; `GET /__mini/stats` says the same.
import { parseArgs } from "node:util";
import { MiniSentry } from "./mini-sentry.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, "count-only": { type: "boolean", default: false } },
});
const mini = await MiniSentry.start({ port: Number(values.port), keep: !values["count-only"] });
process.stdout.write(`${mini.url}\n`);
process.on("SIGUSR2", () => void process.stdout.write(`${JSON.stringify(mini.stats())}\n`));
process.on("SIGTERM", () => void mini.close());
