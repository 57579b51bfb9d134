import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "./random.ts";
import { checkPrototypes, type Subject, type Target } from "./target.ts";

/** Cases that one subject sees before the next one begins; a case can be made again from the first of its epoch. */
export const EPOCH = 500;
/** Attempts at a smaller input. */
const MAX_ATTEMPTS = 2_000;
const MAX_SECONDS = 10;

/** Feeds a subject with one case; what went wrong, if anything did. */
export async function failure(subject: Subject, input: Buffer, random: Random): Promise<unknown> {
  try {
    // What is not awaited needs no turn of the event loop.
    const checked = subject.check(input, random);
    if (checked !== undefined) await checked;
    checkPrototypes();
    return undefined;
  } catch (thrown) {
    return thrown ?? new Error("threw undefined");
  }
}

/** The generators of a case: one makes the input, the other all else that is up to chance. */
export function chances(seed: number, target: string, number: number): { readonly make: Random; readonly check: () => Random } {
  return { make: new Random(seed, target, number), check: () => new Random(seed, target, number, "check") };
}

export interface Finding {
  readonly target: Target;
  readonly seed: number;
  readonly number: number;
  readonly input: Buffer;
  readonly thrown: unknown;
}

/** Makes the input smaller while it still fails, writes it to a file, and says how to see it again. */
export async function reported(finding: Finding): Promise<string> {
  const { target, seed, number, input, thrown } = finding;
  const place = placeOf(thrown);
  const fails = async (bytes: Buffer): Promise<boolean> => {
    const found = await failure(target.fresh(), bytes, chances(seed, target.name, number).check());
    return found !== undefined && placeOf(found) === place;
  };
  const alone = await fails(input);
  const smallest = alone ? await smaller(input, fails) : input;
  const file = join(mkdtempSync(join(tmpdir(), "crumbtrail-fuzz-")), `${target.name}-${number}.bin`);
  writeFileSync(file, smallest);
  const first = number - (number % EPOCH);
  return [
    `FOUND in ${target.name}, case ${number}, seed ${seed}:`,
    thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    `${smallest.length} bytes of ${input.length} are in ${file}:`,
    smallest
      .subarray(0, 300)
      .toString("latin1")
      .replaceAll(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`),
    `again: npm run fuzz -- --seed ${seed} --only ${target.name} --case ${number}`,
    alone
      ? `or:    npm run fuzz -- --seed ${seed} --only ${target.name} --case ${number} --input ${file}`
      : `it takes the cases from ${first} on, which that runs`,
    "",
  ].join("\n");
}

/** Where our code failed: what fails elsewhere is another finding. */
function placeOf(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  return stack.split("\n").find((line) => /^\s+at .*\/(?:src|fuzz)\//.test(line)) ?? "";
}

/** Leaves out ever smaller pieces while what is left still fails. */
async function smaller(input: Buffer, fails: (bytes: Buffer) => Promise<boolean>): Promise<Buffer> {
  let bytes = input;
  let attempts = 0;
  const untilMs = performance.now() + MAX_SECONDS * 1_000;
  for (let size = Math.ceil(bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < bytes.length && attempts < MAX_ATTEMPTS && performance.now() < untilMs;) {
      const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
      attempts += 1;
      if (await fails(shorter)) bytes = shorter;
      else at += size;
    }
  }
  return bytes;
}
