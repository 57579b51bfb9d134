import { formatBytes } from "../base/units.ts";
import type { Finding } from "./sentences.ts";

/** What is configured to hold memory, in bytes. */
export interface MemoryNeeds {
  /** `max_memory`: of the whole process. */
  readonly maxBytes: number;
  /** What the queue holds in memory when it is full. */
  readonly queueBytes: number;
  readonly trailBytes: number;
  readonly lanes: number;
}

const MIB = 1 << 20;
/** Node, the code and what it needs to idle: measured 90 to 97 MiB with six inputs. */
const PROCESS_BYTES = 96 * MIB;
/** V8 collects buffers that nobody holds any more only once there are so many bytes of them. */
const GARBAGE_BYTES = 64 * MIB;
/** Each thread of `lanes` has a heap of its own. */
const THREAD_BYTES = 24 * MIB;
/** With less the inputs could not do their work. */
const LEAST_ROOM_BYTES = 16 * MIB;

/**
 * Bytes that all inputs together may hold between their sockets and the queue: half of what queue, trails and the process
 * itself leave. The other half is for what those bytes become on their way: records, events, requests under way.
 */
export function inFlightBytes(needs: MemoryNeeds): number {
  return Math.floor(Math.max(LEAST_ROOM_BYTES, needs.maxBytes - takenBytes(needs)) / 2);
}

/** What is wrong with `max_memory`: undefined when everything fits. */
export function memoryFinding(needs: MemoryNeeds): Finding | undefined {
  const least = takenBytes(needs) + LEAST_ROOM_BYTES;
  if (needs.maxBytes >= least) return undefined;
  const { queueBytes, trailBytes, lanes } = needs;
  const threads = threadBytes(lanes);
  const parts = [
    `the queue may hold ${formatBytes(queueBytes)}`,
    `trails ${formatBytes(trailBytes)} (policy.trail.max_bytes)`,
    ...(threads > 0 ? [`the threads of lanes take ${formatBytes(threads)}`] : []),
    `the process itself takes about ${formatBytes(PROCESS_BYTES + GARBAGE_BYTES)}`,
    `and messages on their way need ${formatBytes(LEAST_ROOM_BYTES)}`,
  ];
  const larger = queueBytes >= trailBytes ? "queue.max_bytes" : "policy.trail.max_bytes";
  return {
    path: ["max_memory"],
    aim: "value",
    message: `${formatBytes(needs.maxBytes)} is too little: ${parts.join(", ")}`,
    hint: `raise it to ${formatBytes(roundedUp(least))}, or lower ${larger}`,
  };
}

function takenBytes({ queueBytes, trailBytes, lanes }: MemoryNeeds): number {
  return PROCESS_BYTES + GARBAGE_BYTES + threadBytes(lanes) + queueBytes + trailBytes;
}

function threadBytes(lanes: number): number {
  return lanes > 1 ? lanes * THREAD_BYTES : 0;
}

function roundedUp(bytes: number): number {
  return Math.ceil(bytes / MIB) * MIB;
}
