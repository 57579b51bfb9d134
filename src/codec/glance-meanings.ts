import { GlanceNames, sightOf, type Sight } from "./glance-names.ts";
import { SERVICE_LABELS } from "./kubernetes.ts";
import { namesInContainer, namesOf, type Meaning, type Names } from "./names.ts";
import { LISTS, SPELLINGS, type Dialect, type Role } from "./spellings.ts";

// What the members of a record mean to a glance, by the same tables as the full decode.

/** Roles that decide what a quiet record becomes, by the record field they fill; "" fills none that is wanted. */
const DECISIVE: ReadonlyMap<Role, string> = new Map<Role, string>([
  ["level", ""],
  ["message", ""],
  ["event", ""],
  ["template", ""],
  ["fullMessage", ""],
  ["kubernetes", ""],
  ["headers", ""],
  ["traceId", "trace_id"],
  ["requestId", "request_id"],
  ["host", "host"],
  ["service", "service"],
  ["containerId", "container_id"],
  ["containerName", "container_name"],
  ["pod", "pod"],
  ["node", "host"],
]);
const MESSAGES: ReadonlySet<Role> = new Set<Role>(["message", "event", "template", "fullMessage"]);

/** First parts of dotted names that matter: an object so named is not skipped unseen. */
const HEADS: ReadonlySet<string> = new Set(
  SPELLINGS.filter(({ role }) => DECISIVE.has(role)).flatMap(({ names }) =>
    names.filter((name) => name.includes(".")).map((name) => name.slice(0, name.indexOf("."))),
  ),
);

/** Of a record's own members in a dialect. `unsureOf` are names that make every look unsure. */
export function recordNames(dialect: Dialect, wanted: readonly string[], unsureOf: readonly string[]): GlanceNames {
  const names = namesOf(dialect);
  const inside = kubernetesNames(wanted);
  return new GlanceNames((key) => {
    const { role, name, form, inside: nested } = names.get(key);
    const objectMatters =
      (nested !== undefined && HEADS.has(name)) ||
      (role !== undefined && DECISIVE.has(role)) ||
      namesInContainer(dialect, key) !== undefined ||
      namesInContainer(dialect, name) !== undefined;
    const sight = (kind: Sight["kind"], slot = -1): Sight => ({
      ...sightOf(kind, slot),
      form,
      objectMatters,
      traceId: role === "traceId",
    });
    if (key === "__proto__" || unsureOf.includes(key)) return sight("unsure");
    // Docker's driver states the level of the stream only; the text may know better.
    if (dialect === "gelf" && name === "image_id") return sight("unsure");
    if (role === "level") return sight("level");
    if (role !== undefined && MESSAGES.has(role)) return sight("message");
    // With a container's id in it, GELF is what Docker's driver sends, whose text is a raw line.
    if (role === "kubernetes") return dialect === "gelf" ? sight("skip") : { ...sight("inside"), inside };
    if (LISTS.has(name)) return sight("unsure");
    const slot = wanted.indexOf((role === undefined ? undefined : DECISIVE.get(role)) ?? name);
    if (slot < 0) return { ...sight("skip"), inside: containerNames(dialect, name) };
    return sight(role === "node" ? "fallback" : "wanted", slot);
  });
}

/** Of an object that frameworks nest a record's data in: nearly always none of its members decides anything. */
function containerNames(dialect: Dialect, container: string): GlanceNames | undefined {
  const names = namesInContainer(dialect, container);
  if (names === undefined) return undefined;
  return new GlanceNames((key) => {
    const meaning = names.get(key);
    if (key === "__proto__" || decides(meaning)) return sightOf("unsure");
    const objectMatters =
      (meaning.inside !== undefined && holdsDecisive(meaning.inside)) || namesInContainer(dialect, meaning.name) !== undefined;
    return { ...sightOf("skip"), objectMatters };
  });
}

function decides(meaning: Meaning): boolean {
  for (let one: Meaning | undefined = meaning; one !== undefined; one = one.otherwise)
    if (one.role !== undefined && DECISIVE.has(one.role)) return true;
  return false;
}

function holdsDecisive(names: Names): boolean {
  for (const meaning of names.table.values())
    if (decides(meaning) || (meaning.inside !== undefined && holdsDecisive(meaning.inside))) return true;
  return false;
}

/** Of the object that Fluent Bit and Fluentd attach; how it is read in full says `kubernetesOf`. */
function kubernetesNames(wanted: readonly string[]): GlanceNames {
  const slot = (name: string): number => wanted.indexOf(name);
  const labels = new GlanceNames((key) => {
    const rank = SERVICE_LABELS.indexOf(key);
    return rank < 0 || slot("service") < 0 ? sightOf("skip") : sightOf("fallback", slot("service"), rank);
  });
  const sights = new Map<string, Sight>([
    ["pod_name", sightOf("wanted", slot("pod"))],
    ["container_name", sightOf("wanted", slot("container_name"))],
    ["docker_id", sightOf("wanted", slot("container_id"))],
    ["host", sightOf("fallback", slot("host"))],
    ["labels", { ...sightOf("inside"), inside: labels }],
    ["pod_node_name", sightOf("fallback", slot("host"))],
    ["pod_labels", { ...sightOf("inside"), inside: labels }],
    // Filebeat's spellings, and second choices.
    ...["pod", "container", "container_id", "node", "node_name", "__proto__"].map((name): [string, Sight] => [
      name,
      sightOf("unsure"),
    ]),
  ]);
  return new GlanceNames((key) => {
    const sight = sights.get(key) ?? sightOf("skip");
    return sight.slot < 0 && (sight.kind === "wanted" || sight.kind === "fallback") ? sightOf("skip") : sight;
  });
}
