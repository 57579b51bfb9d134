// Runs every compiled test under `dist/test` (Node 20's test runner has no globs), or those whose path holds one of the
// words given. End-to-end suites that need Debian packages or minutes live in `interop/` and `faults/` and run by name.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const root = fileURLToPath(new URL(".", import.meta.url));
const BY_NAME_ONLY = ["interop/", "faults/", "bench/"];
const words = process.argv.slice(2);
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.js"))
  .filter((path) =>
    words.length === 0 ? !BY_NAME_ONLY.some((folder) => path.startsWith(folder)) : words.some((word) => path.includes(word)),
  )
  .toSorted()
  .map((path) => join(root, path));
if (files.length === 0) {
  process.stderr.write(`no test matches ${words.join(" ")}\n`);
  process.exit(1);
}
const stream = run({ files, concurrency: true, timeout: 120_000 });
stream.on("test:fail", () => {
  process.exitCode = 1;
});
stream.compose(new spec()).pipe(process.stdout);
