import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// A golden file is one readable text: why the case is there, then its parts, each under a line that names it.
//
//     # why this case exists
//     --- text
//     what goes in
//     --- trace
//     { what comes out }
//
// UPDATE=1 in the environment rewrites the last part; read the difference before you keep it.

const folder = join(dirname(fileURLToPath(import.meta.resolve("#package.json"))), "test", "golden");

export interface GoldenFile {
  /** Name without its ending. */
  readonly name: string;
  readonly why: string;
  readonly input: string;
  /** The parts' names, to write them back. */
  readonly parts: readonly [string, string];
  readonly expected: string;
}

/** All files of a folder with one input and one expectation, whose parts have these names. */
export function goldenFiles(name: string, parts: readonly [string, string]): GoldenFile[] {
  return readdirSync(join(folder, name))
    .filter((file) => file.endsWith(".txt"))
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((file) => {
      const text = readFileSync(join(folder, name, file), "utf8");
      const [why, rest] = split(text, `\n--- ${parts[0]}\n`);
      const [input, expected] = split(rest, `\n--- ${parts[1]}\n`);
      return { name: join(name, file.slice(0, -4)), why: why.replace(/^# /, ""), input, parts, expected: expected.trimEnd() };
    });
}

function split(text: string, mark: string): [string, string] {
  const at = text.lastIndexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** True when expectations are to be rewritten instead of compared. */
export const updating = process.env["UPDATE"] === "1";

/** Writes what a case gives now. */
export function rewrite(file: GoldenFile, output: string): void {
  const { name, why, input, parts } = file;
  writeFileSync(join(folder, `${name}.txt`), `# ${why}\n--- ${parts[0]}\n${input}\n--- ${parts[1]}\n${output}\n`);
}
