import type { QueueStats } from "../component/queue.ts";
import type { Shortage } from "./memory-watch.ts";
import type { SenderStatus } from "./delivery/sender.ts";

/** Machine-readable reasons for a 503 on `/readyz`. */
export type ReadinessCause = "starting" | "draining" | "queue_full" | "upstream_stuck" | "dsn_rejected" | "disk_error" | "memory";

export interface Readiness {
  readonly ready: boolean;
  readonly causes: readonly { readonly cause: ReadinessCause; readonly upstream?: string; readonly detail?: string }[];
}

const SHORTAGES = ["", "inputs have less room", "inputs have little room, datagrams are dropped"] as const;
/** An upstream that has not taken anything for so long, with something to send, is stuck. */
const STUCK_AFTER_MS = 60_000;

export function readinessOf(now: {
  readonly state: "starting" | "ready" | "draining";
  readonly queue: Pick<QueueStats, "full" | "trouble">;
  readonly senders: readonly { readonly name: string; readonly status: Omit<SenderStatus, "concurrency"> }[];
  /** How near the process is to `max_memory`; 0: not near. */
  readonly shortage: Shortage;
  readonly tickMs: number;
}): Readiness {
  const causes: Readiness["causes"][number][] = [];
  if (now.state !== "ready") causes.push({ cause: now.state });
  if (now.queue.full) causes.push({ cause: "queue_full" });
  if (now.queue.trouble !== undefined) causes.push({ cause: "disk_error", detail: now.queue.trouble });
  if (now.shortage > 0) causes.push({ cause: "memory", detail: SHORTAGES[now.shortage] });
  for (const { name, status } of now.senders) {
    const detail = status.cause === undefined ? {} : { detail: status.cause };
    if (status.dsnRefused) causes.push({ cause: "dsn_rejected", upstream: name, ...detail });
    else if (!status.idle && status.failingSince !== undefined && now.tickMs - status.failingSince >= STUCK_AFTER_MS) {
      causes.push({ cause: "upstream_stuck", upstream: name, ...detail });
    }
  }
  return { ready: causes.length === 0, causes };
}
