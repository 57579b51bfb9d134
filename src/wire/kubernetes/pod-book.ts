import type { Clock } from "../../base/clock.ts";
import type { PodDirectory, PodFacts, PodPlace } from "../../component/pods.ts";
import { excludes, wishesOf, type Wishes } from "./annotations.ts";
import { mapped } from "./labels.ts";
import type { Collection } from "./list-watch.ts";
import { ownerFields } from "./owner.ts";
import type { Kept, Pod } from "./pod.ts";

export interface PodBookOptions {
  readonly mappings: Kept;
  readonly clock: Clock;
  /** Annotations of a namespace, as far as they are known. */
  readonly namespaceAnnotations: (name: string) => ReadonlyMap<string, string>;
  /** The upstream that annotations may choose; undefined: they choose none. */
  readonly upstreamFor: (wishes: Wishes, pod: Pod) => string | undefined;
  readonly ready: Promise<void>;
}

interface Entry {
  pod: Pod;
  /** By container; forgotten when the pod or its namespace says something else. */
  readonly facts: Map<string, PodFacts>;
  /** When it went, on the monotonic clock; Infinity while it is there. */
  goneMs: number;
}

/** The log of a pod that is gone is still being read for a while. */
const KEPT_GONE_MS = 600_000;
const MAX_GONE = 500;
/** Most pods; a node runs 110 unless somebody says otherwise. */
const MAX_PODS = 2_000;
/** Containers of a pod that are asked for. */
const MAX_CONTAINERS = 200;
const NO_FACTS: PodFacts = { metadata: new Map(), upstream: undefined, excluded: false };

/** The pods of a node, as a watch tells of them, and what their logs should know of them. */
export class PodBook implements PodDirectory, Collection<Pod> {
  readonly ready: Promise<void>;
  readonly #options: PodBookOptions;
  /** By uid, those that are gone included; the oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #byLog = new Map<string, Entry>();
  readonly #byName = new Map<string, Entry>();
  #version = 0;

  constructor(options: PodBookOptions) {
    this.#options = options;
    this.ready = options.ready;
  }

  get version(): number {
    return this.#version;
  }

  /** The pods that are there. */
  get pods(): readonly Pod[] {
    return [...this.#entries.values()].filter(({ goneMs }) => goneMs === Infinity).map(({ pod }) => pod);
  }

  replaced(pods: readonly Pod[]): void {
    const there = new Set(pods.map(({ uid }) => uid));
    for (const pod of this.pods) if (!there.has(pod.uid)) this.removed(pod);
    for (const pod of pods) this.changed(pod);
  }

  changed(pod: Pod): void {
    const known = this.#entries.get(pod.uid);
    if (known !== undefined && known.goneMs === Infinity && sameLooks(known.pod, pod)) {
      known.pod = pod;
      return;
    }
    if (known === undefined && this.#entries.size >= MAX_PODS + MAX_GONE) return;
    this.#entries.delete(pod.uid);
    const entry: Entry = { pod, facts: new Map(), goneMs: Infinity };
    this.#entries.set(pod.uid, entry);
    this.#byLog.set(pod.logUid, entry);
    this.#byName.set(nameOf(pod.namespace, pod.name), entry);
    this.#version += 1;
  }

  removed({ uid }: Pod): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    entry.goneMs = Math.min(entry.goneMs, this.#options.clock.tickMs());
    this.#forgetOld();
  }

  /** The annotations of a namespace have changed. */
  namespaceChanged(name: string): void {
    for (const { pod, facts } of this.#entries.values()) if (pod.namespace === name) facts.clear();
    this.#version += 1;
  }

  facts({ namespace, pod, uid, container = "" }: PodPlace): PodFacts | undefined {
    const entry = uid === undefined ? this.#byName.get(nameOf(namespace, pod)) : this.#byLog.get(uid);
    if (entry === undefined || entry.pod.namespace !== namespace || entry.pod.name !== pod) return undefined;
    const known = entry.facts.get(container);
    if (known !== undefined) return known;
    const facts = this.factsOf(entry.pod, container);
    // A pod's status does not name its containers from the beginning, and of what paths name there may be no end.
    if (entry.facts.size < MAX_CONTAINERS) entry.facts.set(container, facts);
    return facts;
  }

  /** What is known about a container of a pod. */
  factsOf(pod: Pod, container: string): PodFacts {
    const { mappings, namespaceAnnotations, upstreamFor } = this.#options;
    const wishes = wishesOf(pod.annotations, namespaceAnnotations(pod.namespace));
    if (excludes(wishes, container)) return { ...NO_FACTS, excluded: true };
    const metadata = new Map(wishes.fields);
    mapped(pod.annotations, mappings.annotations, metadata);
    mapped(pod.labels, mappings.labels, metadata);
    if (pod.owner !== undefined) {
      if (!metadata.has("service")) metadata.set("service", pod.owner.name);
      for (const [field, value] of ownerFields(pod.owner)) metadata.set(field, value);
    }
    metadata.set("pod_uid", pod.uid);
    const image = pod.containers.find(({ name }) => name === container)?.image ?? "";
    if (image !== "") metadata.set("container_image", image);
    return { metadata, upstream: upstreamFor(wishes, pod), excluded: false };
  }

  #forgetOld(): void {
    const now = this.#options.clock.tickMs();
    const gone = [...this.#entries.values()].filter(({ goneMs }) => goneMs !== Infinity).sort((a, b) => a.goneMs - b.goneMs);
    for (const [index, entry] of gone.entries()) {
      if (now - entry.goneMs < KEPT_GONE_MS && gone.length - index <= MAX_GONE) break;
      const { uid, logUid, namespace, name } = entry.pod;
      this.#entries.delete(uid);
      if (this.#byLog.get(logUid) === entry) this.#byLog.delete(logUid);
      if (this.#byName.get(nameOf(namespace, name)) === entry) this.#byName.delete(nameOf(namespace, name));
      this.#version += 1;
    }
  }
}

function nameOf(namespace: string, pod: string): string {
  return `${namespace}/${pod}`;
}

/** Whether two states of a pod lead to the same facts; most changes are of its status. */
function sameLooks(one: Pod, other: Pod): boolean {
  return looksOf(one) === looksOf(other);
}

function looksOf({ logUid, namespace, name, owner, labels, annotations, containers }: Pod): string {
  const images = containers.map((container) => [container.name, container.image]);
  return JSON.stringify([logUid, namespace, name, owner, [...labels], [...annotations], images]);
}
