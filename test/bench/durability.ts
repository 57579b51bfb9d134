import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerOf } from "./processes.ts";
import type { Durability } from "./results.ts";
import { throughput } from "./throughput.ts";

type Pushed = Pick<Durability, "issuesPerSecond" | "barePerSecond">;

/** The disk queue beside the memory queue, and beside a bare loop that writes and syncs the same bytes. */
export async function durability(smoke: boolean): Promise<Durability> {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-bench-"));
  try {
    const run = { protocol: "forward", every: 1_000, smoke } as const;
    const memory = await throughput(run);
    const disk = await throughput({ ...run, queue: `{ type: disk, directory: "${join(folder, "queue")}" }` });
    const pushed = await answerOf<Pushed>("./durable-issues.js", folder, smoke ? "10000" : "200000");
    return { memory, disk, ...pushed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
