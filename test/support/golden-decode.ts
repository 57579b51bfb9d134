import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NOTHING, type Decoded } from "../../src/component/codec.ts";
import { severityName } from "../../src/record/severity.ts";

// A golden file is one readable text: why, then inputs and what each decodes to.
//
//     # why this case exists
//     --- in auto            the codec's name, then one frame
//     {"level":30,...}
//     --- out                what it decodes to, as `described`
//     { ... }
//
// UPDATE=1 in the environment rewrites the expectations; read the difference before you keep it.

const folder = join(dirname(fileURLToPath(import.meta.resolve("#package.json"))), "test", "golden");

export interface GoldenCase {
  readonly codec: string;
  readonly input: string;
  readonly expected: string;
}

/** The names of the golden files of a folder, without their ending. */
export function goldenNames(name: string): string[] {
  return readdirSync(join(folder, name))
    .filter((file) => file.endsWith(".txt"))
    .map((file) => file.slice(0, -4))
    .toSorted();
}

/** The cases of one file. */
export function goldenCases(name: string): GoldenCase[] {
  const text = readFileSync(join(folder, `${name}.txt`), "utf8");
  return text
    .split("\n--- in ")
    .slice(1)
    .map((part) => {
      const [input = "", expected = ""] = part.split(/\n--- out(?:\n|$)/);
      const end = input.indexOf("\n");
      return { codec: input.slice(0, end), input: input.slice(end + 1), expected: expected.trimEnd() };
    });
}

/** Writes what the cases of one file decode to now. */
export function rewriteGolden(name: string, outputs: readonly string[]): void {
  const path = join(folder, `${name}.txt`);
  const [head = ""] = readFileSync(path, "utf8").split("\n--- in ", 1);
  const parts = goldenCases(name).map(({ codec, input }, i) => `--- in ${codec}\n${input}\n--- out\n${outputs[i] ?? ""}`);
  writeFileSync(path, `${[head, ...parts].join("\n")}\n`);
}

/** What a frame decoded to, as readable JSON: absent properties left out, severity by name, time as text. */
export function described(decoded: Decoded): string {
  if (decoded === NOTHING) return "nothing";
  if ("malformed" in decoded) return `malformed: ${decoded.malformed}`;
  const { timeMs, severity, severityStated, rawLine, from: _from, fields, ...rest } = decoded;
  const shown = {
    time: new Date(timeMs).toISOString(),
    severity: severityName(severity),
    ...(severityStated ? {} : { severityStated }),
    ...(rawLine ? { rawLine } : {}),
    ...rest,
    fields: Object.fromEntries(fields),
  };
  return JSON.stringify(shown, undefined, 2);
}
