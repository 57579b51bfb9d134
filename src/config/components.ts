import type { AnySpec, InputSpec, ProcessorSpec, QueueSpec, UpstreamSpec } from "../component/spec.ts";
import type { Path } from "./mistake.ts";
import type { Resolved, ResolvedInput } from "./relay-config.ts";
import { componentSchema, type Registry } from "./schema.ts";

/** A resolved component and where it is written. */
type Placed<R> = R & { readonly path: Path };

export interface Components {
  readonly inputs: readonly Placed<ResolvedInput>[];
  readonly processors: readonly Placed<Resolved<ProcessorSpec>>[];
  readonly queue: Placed<Resolved<QueueSpec>> | undefined;
  readonly upstreams: readonly Placed<Resolved<UpstreamSpec>>[];
}

/** The components of a configuration that are right, whatever else is wrong; processors that are switched off left out. */
export function componentsOf(value: Readonly<Record<string, unknown>>, registry: Registry): Components {
  return {
    inputs: named(registry.inputs, value, "inputs").map(({ component, parsed }) => ({
      ...component,
      labels: labelsOf(parsed["labels"]),
    })),
    processors: processors(registry.processors, value["processors"]),
    queue: resolve({ specs: registry.queues, written: value["queue"], name: "queue", path: ["queue"] })[0]?.component,
    upstreams: named(registry.upstreams, value, "upstreams").map(({ component }) => component),
  };
}

interface Parsed<S extends AnySpec> {
  readonly component: Placed<Resolved<S>>;
  /** All fields, those that `config/` adds included. */
  readonly parsed: Readonly<Record<string, unknown>>;
}

function named<S extends InputSpec | UpstreamSpec>(
  specs: readonly S[],
  value: Readonly<Record<string, unknown>>,
  section: string,
): Parsed<S>[] {
  const written = Object.entries(value[section] ?? {});
  return written.flatMap(([name, component]) => resolve({ specs, written: component, name, path: [section, name] }));
}

function processors(specs: readonly ProcessorSpec[], section: unknown): Placed<Resolved<ProcessorSpec>>[] {
  const uses = new Map<string, number>();
  const written: readonly unknown[] = Array.isArray(section) ? section : [];
  return written.flatMap((processor, index) =>
    resolve({ specs, written: processor, name: "", path: ["processors", index] }).flatMap(({ component, parsed }) => {
      const { type } = component.spec;
      const use = (uses.get(type) ?? 0) + 1;
      uses.set(type, use);
      return parsed["enabled"] === false ? [] : [{ ...component, name: use === 1 ? type : `${type}_${use}` }];
    }),
  );
}

/** One component, or none when it is wrong. */
function resolve<S extends AnySpec>(one: {
  readonly specs: readonly S[];
  readonly written: unknown;
  readonly name: string;
  readonly path: Path;
}): Parsed<S>[] {
  const { specs, written, name, path } = one;
  if (typeof written !== "object" || written === null || !("type" in written)) return [];
  const spec = specs.find(({ type }) => type === written.type);
  const parsed = spec === undefined ? undefined : componentSchema(spec).safeParse(written).data;
  if (spec === undefined || parsed === undefined) return [];
  // What `config/` added (`type`, `labels`, `enabled`) is none of the component's business, unless it declares it itself.
  const own = Object.entries(parsed).filter(([field]) => Object.hasOwn(spec.config.shape, field));
  return [{ component: { name, spec, config: Object.fromEntries(own), path }, parsed }];
}

function labelsOf(labels: unknown): ReadonlyMap<string, string> | undefined {
  const entries = Object.entries(Object(labels)).map(([name, text]): [string, string] => [name, String(text)]);
  return entries.length === 0 ? undefined : new Map(entries);
}
