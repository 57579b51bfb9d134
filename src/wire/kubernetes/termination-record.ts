import { ownerFields } from "./owner.ts";
import type { Ended } from "./pod.ts";
import type { Termination } from "./terminations.ts";

/** What was found out about a termination beside what the API says. */
export interface Circumstances {
  readonly node: string;
  /** `service`, `release`, `environment` and what else labels and annotations say. */
  readonly facts: ReadonlyMap<string, string>;
  /** What the container wrote last; undefined: not known. */
  readonly lastLines: readonly string[] | undefined;
}

/** Exit statuses above this are of processes that a signal ended. */
const SIGNAL_BASE = 128;
const SIGNALS: ReadonlyMap<number, string> = new Map([
  [2, "SIGINT"],
  [4, "SIGILL"],
  [6, "SIGABRT"],
  [7, "SIGBUS"],
  [8, "SIGFPE"],
  [9, "SIGKILL"],
  [11, "SIGSEGV"],
  [13, "SIGPIPE"],
  [15, "SIGTERM"],
]);
/** Reasons that say no more than the exit status. */
const PLAIN_REASONS: ReadonlySet<string> = new Set(["Error", "Completed", ""]);

/** A termination as a log record in JSON, for the codec of JSON lines. */
export function terminationRecord(termination: Termination, { node, facts, lastLines }: Circumstances): string {
  const { pod, container, ended, reason, run } = termination;
  const signal = ended === undefined ? undefined : SIGNALS.get(ended.exitCode - SIGNAL_BASE);
  const workload = pod.owner === undefined ? pod.name : `${pod.owner.kind} ${pod.owner.name}`;
  return JSON.stringify({
    ...(ended === undefined || ended.finishedAt === "" ? {} : { time: ended.finishedAt }),
    level: isFatal(reason, ended) ? "fatal" : "error",
    message: sentence(termination, signal),
    logger: "kubernetes",
    namespace: pod.namespace,
    pod: pod.name,
    container_name: container.name,
    node,
    ...Object.fromEntries(facts),
    pod_uid: pod.uid,
    container_id: ended?.containerId || undefined,
    ...(pod.owner === undefined ? {} : Object.fromEntries(ownerFields(pod.owner))),
    restart_count: run,
    reason,
    exit_status: ended?.exitCode,
    signal,
    started_at: ended?.startedAt || undefined,
    finished_at: ended?.finishedAt || undefined,
    termination_message: ended?.message || undefined,
    waiting_message: container.waitingMessage || undefined,
    last_output: lastLines,
    // Pods and runs come and go: what ends, where, and why is the issue.
    fingerprint: ["container end", pod.namespace, workload, container.name, causeOf(reason, ended)],
  });
}

function isFatal(reason: string, ended: Ended | undefined): boolean {
  if (ended === undefined || !PLAIN_REASONS.has(reason)) return true;
  return ended.exitCode > SIGNAL_BASE;
}

function causeOf(reason: string, ended: Ended | undefined): string {
  return PLAIN_REASONS.has(reason) ? String(ended?.exitCode) : reason;
}

function sentence({ container, pod, ended, reason, run }: Termination, signal: string | undefined): string {
  const who = `container ${container.name} of ${pod.namespace}/${pod.owner?.name ?? pod.name}`;
  if (reason === container.waiting) {
    const restarts = `${container.restarts} ${container.restarts === 1 ? "restart" : "restarts"}`;
    return reason === "CrashLoopBackOff"
      ? `${who} does not stay up: ${reason} after ${restarts}`
      : `${who} cannot start: ${reason}`;
  }
  if (reason === "OOMKilled") return `${who} ran out of memory: OOMKilled in run ${run}`;
  const status = `status ${ended?.exitCode}`;
  if (!PLAIN_REASONS.has(reason)) return `${who} ended: ${reason}, ${status}`;
  return signal === undefined ? `${who} exited with ${status}` : `${who} was killed by ${signal}`;
}
