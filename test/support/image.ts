// Builds an image without an engine: each stage is a folder, and the steps of the Dockerfile happen in it.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, posix } from "node:path";
import type { Instruction, Stage } from "./dockerfile.ts";

/** A built stage, as a folder that stands for its root. */
export interface Image {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stage: Stage;
  /** Where a path inside the image lies on this machine. */
  path(inside: string): string;
}

export interface Build {
  readonly image: Image;
  /** Deletes all stages. */
  remove(): void;
}

/** Runs all steps of all stages; throws with the output of a step that fails. */
export function buildImage(stages: readonly Stage[], context: string): Build {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-image-"));
  // Another user than this one will look at it.
  chmodSync(folder, 0o755);
  const built = new Map<string, StageFolder>();
  let last: StageFolder | undefined;
  try {
    for (const [index, stage] of stages.entries()) {
      last = new StageFolder(stage, join(folder, String(index)));
      for (const instruction of stage.instructions) last.run(instruction, context, built);
      built.set(stage.name ?? String(index), last);
    }
    if (last === undefined) throw new Error("the Dockerfile has no stage");
    return { image: last, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

class StageFolder implements Image {
  readonly stage: Stage;
  readonly root: string;
  workdir = "/";
  readonly env: Record<string, string> = {};

  constructor(stage: Stage, root: string) {
    this.stage = stage;
    this.root = root;
    mkdirSync(root);
  }

  path(inside: string): string {
    return join(this.root, posix.resolve(this.workdir, inside));
  }

  run(instruction: Instruction, context: string, stages: ReadonlyMap<string, StageFolder>): void {
    const { keyword, words, rest } = instruction;
    if (keyword === "WORKDIR") {
      this.workdir = posix.resolve(this.workdir, rest);
      mkdirSync(this.path("."), { recursive: true });
    } else if (keyword === "ENV") {
      for (const word of words) this.env[word.slice(0, word.indexOf("="))] = word.slice(word.indexOf("=") + 1);
    } else if (keyword === "COPY") this.#copy(instruction, context, stages);
    else if (keyword === "RUN") this.#command(rest);
  }

  #copy({ flags, words }: Instruction, context: string, stages: ReadonlyMap<string, StageFolder>): void {
    const from = flags.get("from");
    const stage = from === undefined ? undefined : stages.get(from);
    if (from !== undefined && stage === undefined) throw new Error(`COPY --from=${from}: there is no such stage`);
    const to = words.at(-1) ?? ".";
    for (const source of words.slice(0, -1)) {
      if (stage === undefined && isIgnored(source, context))
        throw new Error(`COPY ${source}: .dockerignore keeps it out of the context`);
      const found = stage === undefined ? join(context, source) : stage.path(source);
      if (!existsSync(found)) throw new Error(`COPY ${source}: there is no such file`);
      const intoFolder = !statSync(found).isDirectory() && (to.endsWith("/") || words.length > 2);
      const target = intoFolder ? join(this.path(to), basename(source)) : this.path(to);
      mkdirSync(join(target, ".."), { recursive: true });
      cpSync(found, target, { recursive: true });
    }
  }

  /** npm's commands happen; those that set up the system are known by their form; any other is a mistake. */
  #command(command: string): void {
    const folders = /^install -d -o node -g node ((?:\/[\w/]+ ?)+)$/.exec(command)?.[1];
    if (folders !== undefined) {
      for (const inside of folders.trim().split(" ")) mkdirSync(this.path(inside), { recursive: true });
      return;
    }
    if (
      /^apt-get update && apt-get install -y --no-install-recommends [a-z0-9 -]+ && rm -rf \/var\/lib\/apt\/lists\/\*$/.test(
        command,
      )
    )
      return;
    if (!/^npm [\w\s=:-]+$/.test(command)) throw new Error(`RUN ${command}: a step that cannot be done without an engine`);
    const { status, stdout, stderr } = spawnSync(command, {
      shell: true,
      cwd: this.path("."),
      env: { ...environmentOfNpm(), ...this.env },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`RUN ${command}: ended with ${status}\n${stdout}\n${stderr}`);
  }
}

/** What npm needs from here; nothing that an npm above this process has set. */
function environmentOfNpm(): Record<string, string> {
  const wanted = /^(?:PATH|HOME|TMPDIR|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|npm_config_(?:registry|cache|userconfig))$/i;
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => wanted.test(entry[0])));
}

/** Whether `.dockerignore` keeps a path out; reads "*" and "!name", which is all that ours says. */
function isIgnored(path: string, context: string): boolean {
  const rules = readFileSync(join(context, ".dockerignore"), "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const odd = rules.find((rule) => rule !== "*" && !/^![\w.-]+$/.test(rule));
  if (odd !== undefined) throw new Error(`.dockerignore: a rule that this reader does not know: ${odd}`);
  const top = posix.normalize(path).split("/")[0] ?? "";
  return rules.includes("*") && !rules.includes(`!${top}`);
}

/** Every file below a folder with its size, for saying that nothing was written. */
export function filesBelow(folder: string): ReadonlyMap<string, number> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [file, statSync(file).size]));
}
