// Runs every compiled test under `dist/test` (Node 20's test runner has no globs), or those whose path holds one of the
// words given. Suites that start relays, attack them, or need Debian packages live in `e2e/`, `hostile/`, `interop/` and
// `faults/`, and run by name.
//
// A process per file would spend most of a minute on starting Node, so files that open no sockets share one per folder.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL(".", import.meta.url));
const groups = join(root, "groups");
const BY_NAME_ONLY = ["e2e/", "hostile/", "interop/", "faults/"];
const SHARING = [
  "base",
  "codec",
  "component",
  "config",
  "lanes",
  "pipeline",
  "processors",
  "queues",
  "record",
  "scan",
  "sentry",
  "text",
];

const words = process.argv.slice(2);
const all = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.js"))
  .toSorted();
const chosen = all.filter((path) =>
  words.length === 0 ? !BY_NAME_ONLY.some((folder) => path.startsWith(folder)) : words.some((word) => path.includes(word)),
);
if (chosen.length === 0) {
  process.stderr.write(`no test matches ${words.join(" ")}\n`);
  process.exit(1);
}

const stream = run({ files: grouped(chosen), concurrency: availableParallelism() + 2, timeout: 120_000 });
stream.on("test:fail", () => {
  process.exitCode = 1;
});
stream.compose(new spec()).pipe(process.stdout);

/** Files to start: those that share a process behind one. All import the seed of the properties first. */
function grouped(paths: readonly string[]): string[] {
  rmSync(groups, { recursive: true, force: true });
  mkdirSync(groups);
  const shared = SHARING.map((name) =>
    group(
      name,
      paths.filter((path) => path.startsWith(`${name}/`)),
    ),
  );
  const alone = paths
    .filter((path) => !SHARING.includes(path.split("/")[0] ?? ""))
    .map((path) => group(path.replaceAll("/", "-").slice(0, -".test.js".length), [path]));
  // The slow ones first, so that none of them is left over at the end.
  const [slow, quick] = [alone.filter((path) => path.includes("house")), alone.filter((path) => !path.includes("house"))];
  return [...slow, ...shared.filter((path) => path !== ""), ...quick];
}

/** Writes the file that starts these; its path, or "" when there are none. */
function group(name: string, members: readonly string[]): string {
  if (members.length === 0) return "";
  const file = join(groups, `${name}.js`);
  writeFileSync(file, ["support/seed.js", ...members].map((path) => `import "../${path}";\n`).join(""));
  return file;
}
