import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../faults/ports.ts";
import { MAIN } from "../support/command.ts";
import { rssMiB } from "./processes.ts";
import type { StartRow } from "./results.ts";
import { median } from "./steady.ts";

const RUNS = 7;
const LOOK_MS = 5;
const IDLE_MS = 5_000;

/** The inputs of the built-in configuration, on free ports. */
const INPUTS = ["gelf_udp", "gelf_tcp", "gelf_http", "forward", "grpc"];
const BARE = `require("node:http").createServer((q, a) => a.end()).listen(process.argv[1], "127.0.0.1")`;

/** How long a relay takes until it is ready, and what it holds when it has nothing to do; beside a Node that does nothing. */
export async function startRow(smoke: boolean): Promise<StartRow> {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-bench-"));
  const config = join(folder, "relay.yml");
  try {
    const runs = smoke ? 1 : RUNS;
    const [relay, bare]: [number[], number[]] = [[], []];
    for (let i = 0; i < runs; i += 1) {
      const port = await freePort();
      bare.push((await life(["-e", BARE, String(port)], port, 0)).readyMs);
      writeFileSync(config, configuration(port));
      relay.push((await life([MAIN, "run", "--config", config], port, 0)).readyMs);
    }
    const port = await freePort();
    writeFileSync(config, configuration(port));
    const idle = await life([MAIN, "run", "--config", config], port, smoke ? 100 : IDLE_MS);
    const bareIdle = await life(["-e", BARE, String(port)], port, smoke ? 100 : IDLE_MS);
    return { readyMs: median(relay), bareMs: median(bare), runs, idleRssMiB: idle.rssMiB, bareRssMiB: bareIdle.rssMiB };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configuration(port: number): string {
  const inputs = INPUTS.map((type) => `  ${type}: { type: ${type}, listen: "127.0.0.1:0" }`).join("\n");
  return `inputs:\n${inputs}
admin: { listen: "127.0.0.1:${port}" }
upstreams: { default: { type: sentry, dsn: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1" } }
`;
}

/** Starts a process, waits for it to be ready and for a while more, looks at its memory, and ends it. */
async function life(parts: readonly string[], port: number, idleMs: number): Promise<{ readyMs: number; rssMiB: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, parts, { env: { PATH: process.env["PATH"] ?? "" }, stdio: "ignore" });
  try {
    while (!(await isReady(port))) {
      if (child.exitCode !== null) throw new Error(`a process that should get ready ended with ${child.exitCode}`);
      await pause(LOOK_MS);
    }
    const readyMs = performance.now() - started;
    await pause(idleMs);
    return { readyMs, rssMiB: rssMiB(child.pid ?? 0) };
  } finally {
    await end(child);
  }
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: "127.0.0.1", port, path: "/readyz", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", () => resolve(false))
      .end();
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
