import { readFileSync } from "node:fs";

/** One instruction, its flags (`--from=build`) apart. */
export interface Instruction {
  readonly keyword: string;
  readonly flags: ReadonlyMap<string, string>;
  /** Words; those of the JSON form where it has that. */
  readonly words: readonly string[];
  /** Everything after the keyword and the flags, in one line. */
  readonly rest: string;
}

/** What one `FROM` begins. */
export interface Stage {
  readonly name: string | undefined;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

const KNOWN = new Set("ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN USER VOLUME WORKDIR".split(" "));

/** Reads the part of the Dockerfile language that ours is written in; throws on anything else. */
export function parseDockerfile(path: string): readonly Stage[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: { name: string | undefined; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const instruction = parseInstruction(line);
    if (instruction.keyword === "FROM") {
      const [base = "", as, name] = instruction.words;
      stages.push({ base, name: as?.toUpperCase() === "AS" ? name : undefined, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (stage === undefined) throw new Error(`${line}: stands before the first FROM`);
      stage.instructions.push(instruction);
    }
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, keyword = "", after = ""] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(line) ?? [];
  if (!KNOWN.has(keyword.toUpperCase())) throw new Error(`${line}: an instruction that this reader does not know`);
  const flags = new Map<string, string>();
  let rest = after.trim();
  for (let flag = /^--([a-z-]+)=(\S+)\s*/.exec(rest); flag !== null; flag = /^--([a-z-]+)=(\S+)\s*/.exec(rest)) {
    flags.set(flag[1] ?? "", flag[2] ?? "");
    rest = rest.slice(flag[0].length);
  }
  return { keyword: keyword.toUpperCase(), flags, rest, words: wordsOf(rest) };
}

function wordsOf(rest: string): readonly string[] {
  const json = /^(?:CMD\s+)?(\[.*\])$/.exec(rest)?.[1];
  return json === undefined ? rest.split(/\s+/) : (JSON.parse(json) as string[]);
}

/** The words of the last instruction of a kind in a stage; throws where there is none. */
export function lastOf(stage: Stage, keyword: string): Instruction {
  const found = stage.instructions.findLast((instruction) => instruction.keyword === keyword);
  if (found === undefined) throw new Error(`the Dockerfile has no ${keyword}`);
  return found;
}
