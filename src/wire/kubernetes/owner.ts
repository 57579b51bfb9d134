import { listAt, textAt } from "./json.ts";

/** The workload that a pod belongs to. */
export interface Owner {
  /** "Deployment", "StatefulSet", "CronJob", ... */
  readonly kind: string;
  readonly name: string;
  /** The job between a cron job and its pod. */
  readonly job?: string;
}

/** The kinds that OpenTelemetry has a name for; `contexts.kubernetes` shows most of them. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ["Deployment", "k8s.deployment.name"],
  ["ReplicaSet", "k8s.replicaset.name"],
  ["StatefulSet", "k8s.statefulset.name"],
  ["DaemonSet", "k8s.daemonset.name"],
  ["CronJob", "k8s.cronjob.name"],
  ["Job", "k8s.job.name"],
]);
/** A cron job names its jobs after the minute they are due in, counted since 1970. */
const DUE = /^(.+)-\d{8,11}$/;

/** The owner by a pod's `ownerReferences`, through the ReplicaSet of a deployment and the job of a cron job. */
export function ownerOf(metadata: unknown): Owner | undefined {
  const reference = listAt(metadata, "ownerReferences").find(
    (one) => (one as { controller?: unknown } | null)?.controller === true,
  );
  const kind = textAt(reference, "kind");
  const name = textAt(reference, "name");
  // The mirror of a static pod belongs to its node, which is no workload.
  if (kind === "" || name === "" || kind === "Node") return undefined;
  if (kind === "ReplicaSet") return deploymentOf(name, textAt(metadata, "labels", "pod-template-hash")) ?? { kind, name };
  return kind === "Job" ? jobOf(name) : { kind, name };
}

/** The owner as far as a pod's own name and labels tell, for a pod that sees nothing else. */
export function ownerByLabels(pod: string, labels: ReadonlyMap<string, string>): Owner | undefined {
  const hash = labels.get("pod-template-hash");
  if (hash !== undefined) return deploymentOf(pod.replace(/-[^-]*$/, ""), hash);
  const job = labels.get("batch.kubernetes.io/job-name") ?? labels.get("job-name");
  if (job !== undefined) return jobOf(job);
  const set = /^(.+)-\d+$/.exec(pod)?.[1];
  if (set !== undefined && labels.get("statefulset.kubernetes.io/pod-name") === pod) return { kind: "StatefulSet", name: set };
  const isDaemon = labels.has("controller-revision-hash") && labels.has("pod-template-generation");
  const daemon = /^(.+)-[^-]+$/.exec(pod)?.[1];
  return isDaemon && daemon !== undefined ? { kind: "DaemonSet", name: daemon } : undefined;
}

/** The fields that say it. */
export function ownerFields({ kind, name, job }: Owner): (readonly [field: string, value: string])[] {
  const own = [FIELDS.get(kind) ?? `k8s.${kind.toLowerCase()}.name`, name] as const;
  return job === undefined ? [own] : [own, ["k8s.job.name", job]];
}

/** A deployment names its ReplicaSets after the hash that their pods carry as a label. */
function deploymentOf(replicaSet: string, hash: string): Owner | undefined {
  const name = hash !== "" && replicaSet.endsWith(`-${hash}`) ? replicaSet.slice(0, -hash.length - 1) : "";
  return name === "" ? undefined : { kind: "Deployment", name };
}

function jobOf(job: string): Owner {
  const name = DUE.exec(job)?.[1];
  return name === undefined ? { kind: "Job", name: job } : { kind: "CronJob", name, job };
}
