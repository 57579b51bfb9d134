import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAIN, ROOT } from "./sandbox.ts";

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const WAIT_MS = 10_000;

export function manifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
}

/** Every command is one of npm's own, or a script of package.json; an alias names the program that package.json names. */
export function checkNpm(text: string): void {
  const { bin, scripts } = manifest();
  for (const line of text.trim().split("\n")) {
    if (line.startsWith("alias ")) {
      assert.equal(line, `alias crumbtrail="node $PWD/${bin["crumbtrail"]}"`);
      continue;
    }
    for (const command of line.split(" && ")) {
      const [, verb = "", name = ""] = /^(?:[A-Z_]+=\S+ )?npm (ci|start|test|run) ?(\S*)( -- .*)?$/.exec(command) ?? [];
      assert.notEqual(verb, "", `not a command of npm: ${command}`);
      if (verb === "ci") continue;
      assert.ok(scripts[verb === "run" ? name : verb] !== undefined, `package.json has no script for: ${command}`);
    }
  }
}

/**
 * Does what `npm start` does after its build, on free ports: starts the relay, pastes the line that it prints, and returns
 * what the relay has printed once an event is there.
 */
export async function npmStart(): Promise<string> {
  assert.equal(manifest().scripts["start"], "tsc && node dist/src/main.js run --config relay.yml");
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-start-"));
  const config = join(folder, "relay.yml");
  const shipped = readFileSync(join(ROOT, "relay.yml"), "utf8").replaceAll(/(?<=listen: "127\.0\.0\.1:)\d+/g, "0");
  writeFileSync(config, `${shipped}\nadmin: { listen: "127.0.0.1:0" }\n`);
  const relay = spawn(process.execPath, [MAIN, "run", "--config", config], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "" },
  });
  let printed = "";
  relay.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const ended = once(relay, "close");
  const until = async (pattern: RegExp): Promise<string> => {
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline;) {
      const found = pattern.exec(printed)?.[1];
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`npm start did not print ${pattern}:\n${printed}`);
  };
  try {
    const line = await until(/paste this into another terminal:\n {2}(\S.*)\n/);
    const pasted = spawnSync("bash", ["-c", line], { cwd: ROOT, encoding: "utf8" });
    assert.equal(pasted.status, 0, pasted.stderr);
    await until(/^(ERROR .*)$/m);
    relay.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
    return printed;
  } finally {
    relay.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
