import type { LogRecord } from "../record/record.ts";
import { hasMembers, memberOf, type Members } from "./field-values.ts";
import type { Role } from "./spellings.ts";

// Fluent Bit and Fluentd attach `kubernetes: {pod_name, namespace_name, host, labels, ...}`; Filebeat nests
// `kubernetes: {pod: {name}, namespace, node: {name}}`; Vector `kubernetes: {pod_name, pod_namespace, pod_node_name,
// pod_labels}`. The object stays among the fields for the event's context.

type Lifted = readonly [Role, string];

/** Where each role is found, best first. */
const PATHS: readonly (readonly [Role, readonly (readonly string[])[]])[] = [
  ["namespace", [["namespace_name"], ["namespace"], ["namespace", "name"], ["pod_namespace"]]],
  ["pod", [["pod_name"], ["pod", "name"], ["pod"]]],
  ["containerName", [["container_name"], ["container", "name"]]],
  ["containerId", [["docker_id"], ["container_id"], ["container", "id"]]],
  ["node", [["host"], ["node", "name"], ["node_name"], ["node"], ["pod_node_name"]]],
  ["image", [["container_image"], ["container", "image"]]],
];

/** Kubernetes' recommended labels first; Fluentd writes their dots and slashes as underscores. */
export const SERVICE_LABELS: readonly string[] = [
  "app.kubernetes.io/name",
  "app_kubernetes_io/name",
  "app_kubernetes_io_name",
  "k8s-app",
  "app",
];
const VERSION_LABELS = ["app.kubernetes.io/version", "app_kubernetes_io/version", "app_kubernetes_io_version", "version"];

const ENVIRONMENT_LABELS = ["environment", "env"];

/** What the object says about where the record comes from. */
export function kubernetesOf(object: Members): Lifted[] {
  const lifted: Lifted[] = [];
  for (const [role, paths] of PATHS) add(lifted, role, firstText(object, paths));
  const labels = memberOf(object, "labels") ?? memberOf(object, "pod_labels");
  if (hasMembers(labels)) {
    add(lifted, "service", firstMember(labels, SERVICE_LABELS));
    add(lifted, "release", firstMember(labels, VERSION_LABELS));
    add(lifted, "environment", firstMember(labels, ENVIRONMENT_LABELS));
  }
  return lifted;
}

function add(lifted: Lifted[], role: Role, value: string | undefined): void {
  if (value !== undefined) lifted.push([role, value]);
}

function firstText(object: Members, paths: readonly (readonly string[])[]): string | undefined {
  for (const path of paths) {
    let value: unknown = object;
    for (const name of path) value = memberOf(value, name);
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

function firstMember(labels: Members, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = memberOf(labels, name);
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/**
 * Puts where a record comes from among its fields. What a program logged under the same name moves to `log_<name>`:
 * where a record comes from, and with it who may see it, is for the collector to say.
 */
export function setPlace(record: LogRecord, name: string, value: string | undefined): void {
  if (value === undefined) return;
  const own = record.fields.get(name);
  if (own === value) return;
  if (own !== undefined && own !== `/${value}`) record.fields.set(`log_${name}`, own);
  record.fields.set(name, value);
}

/** The version that an image's tag names: "1.4.2" of "registry:5000/shop/web:1.4.2"; undefined for none and "latest". */
export function versionOfImage(image: string): string | undefined {
  const digest = image.indexOf("@");
  const bare = digest < 0 ? image : image.slice(0, digest);
  const colon = bare.lastIndexOf(":");
  if (colon <= bare.lastIndexOf("/") || colon === bare.length - 1) return undefined;
  const tag = bare.slice(colon + 1);
  return tag === "latest" ? undefined : tag;
}
