/** What the annotations of a pod, or else of its namespace, ask for. */
export interface Wishes {
  readonly upstream: string | undefined;
  /** Where its events are to go; not checked in any way. */
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

/** Each wish by the annotations of the pod, else of the namespace; our own DSN before the older one in each of them. */
export function wishesOf(pod: ReadonlyMap<string, string>, namespace: ReadonlyMap<string, string>): Wishes {
  const first = (...names: readonly string[]): string | undefined => {
    for (const annotations of [pod, namespace]) {
      for (const name of names) {
        const text = annotations.get(name)?.trim();
        if (text !== undefined && text !== "") return text;
      }
    }
    return undefined;
  };
  const fields = new Map<string, string>();
  for (const name of FIELDS) {
    const text = first(PREFIX + name);
    if (text !== undefined) fields.set(name, text);
  }
  return {
    upstream: first(`${PREFIX}upstream`),
    dsn: first(`${PREFIX}dsn`, DSN),
    rate: first(`${PREFIX}rate`),
    exclude: first(`${PREFIX}exclude`),
    fields,
  };
}

/** Whether a container's log is not to be read. */
export function excludes({ exclude }: Wishes, container: string): boolean {
  if (exclude === undefined) return false;
  if (exclude === "true" || exclude === "*") return true;
  return exclude.split(",").some((name) => name.trim() === container);
}
