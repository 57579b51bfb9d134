import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Durability } from "./report.ts";
import { throughput } from "./throughput.ts";

const PUSHER = fileURLToPath(new URL("./durable-issues.js", import.meta.url));

/** The disk queue beside the memory queue, and beside a bare loop that writes and syncs the same bytes. */
export async function durability(smoke: boolean): Promise<Durability> {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-bench-"));
  try {
    const run = { protocol: "forward", every: 1_000, smoke } as const;
    const memory = await throughput(run);
    const disk = await throughput({ ...run, queue: `{ type: disk, directory: "${join(folder, "queue")}" }` });
    return { memory, disk, ...(await durableIssues(folder, smoke)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In a process of its own, so that nothing else is in its way. */
async function durableIssues(folder: string, smoke: boolean): Promise<Pick<Durability, "issuesPerSecond" | "barePerSecond">> {
  const child = spawn(process.execPath, [PUSHER, folder, smoke ? "10000" : "200000"], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${PUSHER} ended with ${code}`);
  return JSON.parse(said) as Pick<Durability, "issuesPerSecond" | "barePerSecond">;
}
