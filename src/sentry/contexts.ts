import type { FieldValue, LogRecord } from "../record/record.ts";
import { fitsBytes } from "./bounds.ts";
import { jsonText, type JsonValue } from "./json-text.ts";
import { validSpanId, validTraceId } from "./trace-ids.ts";

type Context = Record<string, JsonValue>;
export type Contexts = Record<string, Context>;

/** Sentry cuts a context of its own accord above this. */
const MAX_BYTES = 8_192;

/** Field names, as senders write them, to context and member. */
const PLACES = new Map<string, readonly [context: "kubernetes" | "os" | "runtime", member: string]>([
  ["namespace", ["kubernetes", "namespace"]],
  ["namespace_name", ["kubernetes", "namespace"]],
  ["k8s.namespace.name", ["kubernetes", "namespace"]],
  ["kubernetes.namespace_name", ["kubernetes", "namespace"]],
  ["kubernetes.namespace", ["kubernetes", "namespace"]],
  ["pod", ["kubernetes", "pod"]],
  ["pod_name", ["kubernetes", "pod"]],
  ["k8s.pod.name", ["kubernetes", "pod"]],
  ["kubernetes.pod_name", ["kubernetes", "pod"]],
  ["kubernetes.pod.name", ["kubernetes", "pod"]],
  ["kubernetes.pod_namespace", ["kubernetes", "namespace"]],
  ["kube_namespace", ["kubernetes", "namespace"]],
  ["pod_uid", ["kubernetes", "pod_uid"]],
  ["pod_id", ["kubernetes", "pod_uid"]],
  ["k8s.pod.uid", ["kubernetes", "pod_uid"]],
  ["kubernetes.pod_id", ["kubernetes", "pod_uid"]],
  ["kubernetes.pod_uid", ["kubernetes", "pod_uid"]],
  ["kubernetes.pod.uid", ["kubernetes", "pod_uid"]],
  ["container_name", ["kubernetes", "container"]],
  ["k8s.container.name", ["kubernetes", "container"]],
  ["kubernetes.container_name", ["kubernetes", "container"]],
  ["kubernetes.container.name", ["kubernetes", "container"]],
  ["container_image", ["kubernetes", "image"]],
  ["container.image.name", ["kubernetes", "image"]],
  ["kubernetes.container_image", ["kubernetes", "image"]],
  ["node", ["kubernetes", "node"]],
  ["node_name", ["kubernetes", "node"]],
  ["k8s.node.name", ["kubernetes", "node"]],
  ["kubernetes.host", ["kubernetes", "node"]],
  ["kubernetes.node.name", ["kubernetes", "node"]],
  ["kubernetes.pod_node_name", ["kubernetes", "node"]],
  ["kube_deployment", ["kubernetes", "deployment"]],
  ["kube_cluster_name", ["kubernetes", "cluster"]],
  ["orchestrator.cluster.name", ["kubernetes", "cluster"]],
  ["k8s.cluster.name", ["kubernetes", "cluster"]],
  ["resource.labels.cluster_name", ["kubernetes", "cluster"]],
  ["k8s.deployment.name", ["kubernetes", "deployment"]],
  ["k8s.statefulset.name", ["kubernetes", "statefulset"]],
  ["k8s.daemonset.name", ["kubernetes", "daemonset"]],
  ["k8s.cronjob.name", ["kubernetes", "cronjob"]],
  ["k8s.job.name", ["kubernetes", "job"]],
  ["os.name", ["os", "name"]],
  ["os.version", ["os", "version"]],
  ["os.build_id", ["os", "build"]],
  ["os.description", ["os", "raw_description"]],
  ["os.kernel", ["os", "kernel_version"]],
  ["host.os.name", ["os", "name"]],
  ["host.os.version", ["os", "version"]],
  ["host.os.kernel", ["os", "kernel_version"]],
  ["process.runtime.name", ["runtime", "name"]],
  ["process.runtime.version", ["runtime", "version"]],
  ["process.runtime.description", ["runtime", "raw_description"]],
  ["runtime.name", ["runtime", "name"]],
  ["runtime.version", ["runtime", "version"]],
]);
/** Objects that are a context as they stand (the Kubernetes filter of Fluent Bit and Fluentd, ECS). */
const WHOLE = new Set(["kubernetes", "os", "runtime"]);
/** What makes an object of that name a context: winston's `os` holds the load and the uptime. */
const NAMING = ["name", "version", "raw_description", "description", "full"];
/** First parts of the dotted names above: objects of these names hold them as members. */
const HEADS = new Set([...PLACES.keys()].filter((name) => name.includes(".")).map((name) => name.slice(0, name.indexOf("."))));
/** Objects that hold dotted names as they are: OpenTelemetry's resource. */
const RESOURCES = new Set(["resource", "Resource"]);
/** Objects inside objects that are looked into, and members of each. */
const MAX_DEPTH = 3;
const MAX_MEMBERS = 100;

/**
 * `trace`, `kubernetes`, `os`, `runtime` and `response`, each where the record knows it.
 * @param taken receives the names of fields that a context now holds.
 */
export function contextsOf(record: LogRecord, eventId: string, taken: Set<string>): Contexts {
  const contexts: Contexts = {};
  const trace = traceContext(record, eventId, taken);
  if (trace !== undefined) contexts["trace"] = trace;
  gather(contexts, record, taken);
  const status = record.request?.status;
  if (status !== undefined) contexts["response"] = { type: "response", status_code: status };
  return contexts;
}

/** The id of the span is compulsory for Sentry; an unknown one is made from the event's id, so that a retry repeats it. */
function traceContext(record: LogRecord, eventId: string, taken: Set<string>): Context | undefined {
  const traceId = validTraceId(record.traceId);
  if (traceId === undefined) return undefined;
  const spanId = validSpanId(record.spanId) ?? validSpanId(eventId.slice(0, 16)) ?? "0000000000000001";
  const context: Context = { type: "trace", trace_id: traceId, span_id: spanId };
  for (const name of PARENTS) {
    const parent = parentId(record.fields.get(name));
    if (parent === undefined) continue;
    taken.add(name);
    context["parent_span_id"] ??= parent;
  }
  for (const name of ["trace", "span"]) {
    const members = record.fields.get(name);
    if (!isObject(members)) continue;
    const parent = PARENTS.map((one) => parentId(members[one])).find((id) => id !== undefined);
    if (parent !== undefined) context["parent_span_id"] ??= parent;
  }
  return context;
}

function parentId(given: FieldValue | undefined): string | undefined {
  return typeof given === "string" ? validSpanId(given.toLowerCase()) : undefined;
}

function isObject(value: FieldValue | undefined): value is { readonly [key: string]: FieldValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How loggers and propagators call the span above: B3, Zipkin and Brave, OpenTelemetry. */
const PARENTS = ["parent_span_id", "parentSpanId", "parentId", "parent_id", "ParentId", "X-B3-ParentSpanId", "x-b3-parentspanid"];

function gather(contexts: Contexts, record: LogRecord, taken: Set<string>): void {
  const used: string[] = [];
  for (const [name, value] of record.fields) {
    if (place(contexts, name, value) || (WHOLE.has(name) && spread(contexts, name, value))) used.push(name);
    else if (RESOURCES.has(name) || HEADS.has(name)) search(contexts, name, value, 0);
  }
  if (record.from.labels !== undefined) {
    for (const [name, value] of record.from.labels) place(contexts, name, value);
  }
  // A namespace alone may be anything, such as one of PHP.
  const known = contexts["kubernetes"]?.["pod"] !== undefined;
  if (!known) delete contexts["kubernetes"];
  for (const name of used) {
    if (known || (PLACES.get(name)?.[0] ?? name) !== "kubernetes") taken.add(name);
  }
}

function place(contexts: Contexts, name: string, value: FieldValue): boolean {
  const found = PLACES.get(name);
  if (found === undefined || typeof value === "object" || value === "" || String(value).length > 512) return false;
  const [context, member] = found;
  const members = (contexts[context] ??= { type: context });
  if (members[member] !== undefined) return members[member] === value;
  members[member] = value;
  return true;
}

/** Takes what a context wants out of objects that stay in `extra`. */
function search(contexts: Contexts, path: string, value: FieldValue, depth: number): void {
  if (!isObject(value)) {
    const dot = path.indexOf(".");
    if (!place(contexts, path, value) && RESOURCES.has(path.slice(0, dot)))
      place(contexts, path.slice(dot + 1).replace(/^attributes\./, ""), value);
    return;
  }
  if (depth > MAX_DEPTH) return;
  for (const [member, inner] of Object.entries(value).slice(0, MAX_MEMBERS))
    search(contexts, `${path}.${member}`, inner, depth + 1);
}

const ORDINARY = { writable: true, enumerable: true, configurable: true };

/** Takes an object over member by member, under Sentry's names where it has one; false when it is none or too big. */
function spread(contexts: Contexts, name: string, value: FieldValue): boolean {
  if (!isObject(value) || (name !== "kubernetes" && !NAMING.some((one) => Object.hasOwn(value, one)))) return false;
  if (!fitsBytes(jsonText(value), MAX_BYTES)) {
    // Its labels and annotations stay in `extra`, cut; what identifies the pod is worth having whole.
    for (const [member, inner] of Object.entries(value)) place(contexts, `${name}.${member}`, inner);
    return false;
  }
  for (const [member, inner] of Object.entries(value)) {
    if (place(contexts, `${name}.${member}`, inner)) continue;
    const members = (contexts[name] ??= { type: name });
    // Defined, not set: a member may be called __proto__ or constructor.
    if (!Object.hasOwn(members, member)) Object.defineProperty(members, member, { value: inner, ...ORDINARY });
  }
  return true;
}
