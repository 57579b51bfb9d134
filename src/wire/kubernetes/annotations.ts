/** What the annotations of a pod, or else of its namespace, ask for. */
export interface Wishes {
  /** Where its events are to go: by the name of an upstream, or by a DSN that is not checked in any way. */
  readonly upstream: string | undefined;
  readonly dsn: string | undefined;
  /** How many events may pass, as written: "100/5m". */
  readonly rate: string | undefined;
  /** "true", or names of containers between commas. */
  readonly exclude: string | undefined;
  /** Record fields: `environment`, `service`, `release`. */
  readonly fields: ReadonlyMap<string, string>;
}

const PREFIX = "crumbtrail.dev/";
/** As sentry-kubernetes reads it. */
const DSN = "k8s.sentry.io/dsn";
const FIELDS = ["service", "release", "environment"];
const OURS: ReadonlySet<string> = new Set([
  DSN,
  ...["upstream", "dsn", "rate", "exclude", ...FIELDS].map((name) => PREFIX + name),
]);

/** Whether an annotation is one that asks for something. */
export function isWish(name: string): boolean {
  return OURS.has(name);
}

/**
 * Each wish by the annotations of the pod, else of the namespace; our own DSN before the older one in each of them. An
 * upstream and a DSN are one wish: a pod that names either has nothing of the other from its namespace.
 */
export function wishesOf(pod: ReadonlyMap<string, string>, namespace: ReadonlyMap<string, string>): Wishes {
  const first = (name: string): string | undefined => textOf(pod, name) ?? textOf(namespace, name);
  const fields = new Map<string, string>();
  for (const name of FIELDS) {
    const text = first(PREFIX + name);
    if (text !== undefined) fields.set(name, text);
  }
  return {
    ...(destinationOf(pod) ?? destinationOf(namespace) ?? { upstream: undefined, dsn: undefined }),
    rate: first(`${PREFIX}rate`),
    exclude: first(`${PREFIX}exclude`),
    fields,
  };
}

function destinationOf(annotations: ReadonlyMap<string, string>): Pick<Wishes, "upstream" | "dsn"> | undefined {
  const upstream = textOf(annotations, `${PREFIX}upstream`);
  const dsn = textOf(annotations, `${PREFIX}dsn`) ?? textOf(annotations, DSN);
  return upstream === undefined && dsn === undefined ? undefined : { upstream, dsn };
}

function textOf(annotations: ReadonlyMap<string, string>, name: string): string | undefined {
  return annotations.get(name)?.trim() || undefined;
}

/** Whether a container's log is not to be read. */
export function excludes({ exclude }: Wishes, container: string): boolean {
  if (exclude === undefined) return false;
  if (exclude === "true" || exclude === "*") return true;
  return exclude.split(",").some((name) => name.trim() === container);
}
