// npm run test:faults: faults that really happen, on the built daemon, one scenario after the other because they need
// the cores. Each prints what was sent, acknowledged, delivered, duplicated and lost.
//   --full       the numbers that a release is judged by (half an hour) instead of the short ones of every change
//   --seed N     chance as in an earlier run
//   WORD...      only scenarios whose file name holds one of the words
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { full: { type: "boolean", default: false }, seed: { type: "string" } },
  allowPositionals: true,
});
const folder = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.js"))
  .filter((name) => positionals.length === 0 || positionals.some((word) => name.includes(word)))
  .toSorted()
  .map((name) => join(folder, name));
if (files.length === 0) {
  process.stderr.write(`no scenario matches ${positionals.join(" ")}\n`);
  process.exit(1);
}
// What the test processes read, see scale.ts.
process.env["CRUMBTRAIL_FAULTS"] = values.full ? "full" : "short";
process.env["CRUMBTRAIL_SEED"] = values.seed ?? process.env["CRUMBTRAIL_SEED"] ?? String(Date.now() % 1_000_000_007);
process.stdout.write(
  `${values.full ? "full" : "short"} numbers, seed ${process.env["CRUMBTRAIL_SEED"]}; again with --seed ${process.env["CRUMBTRAIL_SEED"]}\n`,
);

const stream = run({ files, concurrency: 1, timeout: values.full ? 3_600_000 : 300_000 });
stream.on("test:fail", () => {
  process.exitCode = 1;
});
stream.compose(new spec()).pipe(process.stdout);
