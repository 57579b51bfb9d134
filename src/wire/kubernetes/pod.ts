import { isWish } from "./annotations.ts";
import { listAt, memberAt, numberAt, textAt, textsAt } from "./json.ts";
import type { Mapping } from "./labels.ts";
import { ownerOf, type Owner } from "./owner.ts";

/** How a container ended. */
export interface Ended {
  readonly containerId: string;
  readonly exitCode: number;
  /** "OOMKilled", "Error", "Completed", "ContainerCannotRun", ... */
  readonly reason: string;
  /** What it wrote to its termination log. */
  readonly message: string;
  /** RFC 3339; "" where it is not known. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** A container of a pod, as its status says. */
export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  /** Of its last run, which may have ended. */
  readonly containerId: string;
  /** How often it was started again. */
  readonly restarts: number;
  /** It has ended and was not started again (yet). */
  readonly ended: Ended | undefined;
  /** How the run before the present one ended. */
  readonly endedBefore: Ended | undefined;
  /** Why it waits: "CrashLoopBackOff", "ImagePullBackOff"; "" while it does not. */
  readonly waiting: string;
  readonly waitingMessage: string;
}

/** As much of a pod as is of use here; everything else the API server says of it is forgotten at once. */
export interface Pod {
  readonly uid: string;
  /** In the names of its log files; other than `uid` for a static pod. */
  readonly logUid: string;
  readonly namespace: string;
  readonly name: string;
  /** Somebody has asked for its end. */
  readonly deleting: boolean;
  readonly owner: Owner | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  /** All its containers, those that prepare and debug it included. */
  readonly containers: readonly ContainerStatus[];
}

/** Which labels and annotations are kept. */
export interface Kept {
  readonly labels: Mapping;
  readonly annotations: Mapping;
}

/** Kubernetes itself allows fewer. */
const MAX_CONTAINERS = 200;

/** What an object of the API says of a pod; undefined where it names none. */
export function podOf(object: unknown, kept: Kept): Pod | undefined {
  const metadata = memberAt(object, "metadata");
  const namespace = textAt(metadata, "namespace");
  const name = textAt(metadata, "name");
  const uid = textAt(metadata, "uid");
  if (namespace === "" || name === "" || uid === "") return undefined;
  const status = memberAt(object, "status");
  const lists = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
  return {
    uid,
    // The kubelet names a static pod's directory before the API server has given its mirror a uid.
    logUid: textAt(metadata, "annotations", "kubernetes.io/config.hash") || uid,
    namespace,
    name,
    deleting: textAt(metadata, "deletionTimestamp") !== "",
    owner: ownerOf(metadata),
    labels: textsAt(metadata, ["labels"], (label) => kept.labels.has(label)),
    annotations: textsAt(metadata, ["annotations"], (one) => isWish(one) || kept.annotations.has(one)),
    containers: lists
      .flatMap((list) => listAt(status, list))
      .slice(0, MAX_CONTAINERS)
      .map(containerOf),
  };
}

function containerOf(status: unknown): ContainerStatus {
  return {
    name: textAt(status, "name"),
    image: textAt(status, "image"),
    containerId: idAt(status),
    restarts: numberAt(status, "restartCount") ?? 0,
    ended: endedOf(memberAt(status, "state", "terminated")),
    endedBefore: endedOf(memberAt(status, "lastState", "terminated")),
    waiting: textAt(status, "state", "waiting", "reason"),
    waitingMessage: textAt(status, "state", "waiting", "message"),
  };
}

function endedOf(terminated: unknown): Ended | undefined {
  const exitCode = numberAt(terminated, "exitCode");
  if (exitCode === undefined) return undefined;
  return {
    containerId: idAt(terminated),
    exitCode,
    reason: textAt(terminated, "reason"),
    message: textAt(terminated, "message"),
    startedAt: textAt(terminated, "startedAt"),
    finishedAt: textAt(terminated, "finishedAt"),
  };
}

/** "containerd://3f2a..." without the runtime. */
function idAt(object: unknown): string {
  return textAt(object, "containerID").replace(/^[\w.-]+:\/\//, "");
}
