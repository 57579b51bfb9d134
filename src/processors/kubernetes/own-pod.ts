import type { Clock } from "../../base/clock.ts";
import { wishesOf } from "../../wire/kubernetes/annotations.ts";
import { mapped, type Mapping } from "../../wire/kubernetes/labels.ts";
import { ownerByLabels, ownerFields } from "../../wire/kubernetes/owner.ts";
import { downwardFile } from "./downward.ts";

export interface OwnPodSettings {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly node: string;
  readonly container: string;
  /** Of the downward API's volume. */
  readonly directory: string;
  readonly labels: Mapping;
  readonly annotations: Mapping;
  /** What an annotation may choose. */
  readonly upstreams: ReadonlySet<string>;
}

/** What the pod that the relay runs in says of itself. */
export interface OwnFacts {
  /** Names as `enrich` knows them, with their values. */
  readonly values: ReadonlyMap<string, string>;
  readonly upstream: string | undefined;
  /** Whether its annotations name a DSN or a rate, which are for a relay that serves many pods. */
  readonly asksMore: boolean;
}

/** Labels and annotations of a running pod may change; the kubelet writes them within a minute or two. */
const REREAD_MS = 10_000;
const NONE: ReadonlyMap<string, string> = new Map();

/** The relay's own pod, by variables and the files of the downward API. */
export class OwnPod {
  readonly #settings: OwnPodSettings;
  readonly #clock: Clock;
  #facts: OwnFacts = { values: NONE, upstream: undefined, asksMore: false };
  #readMs = -Infinity;

  /** Inert: reads its files when it is asked for the first time. */
  constructor(settings: OwnPodSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  facts(): OwnFacts {
    const now = this.#clock.tickMs();
    if (now - this.#readMs < REREAD_MS) return this.#facts;
    this.#readMs = now;
    this.#facts = this.#read();
    return this.#facts;
  }

  #read(): OwnFacts {
    const { directory, labels: ofLabels, annotations: ofAnnotations, upstreams, ...own } = this.#settings;
    const labels = downwardFile(directory, "labels") ?? NONE;
    const annotations = downwardFile(directory, "annotations") ?? NONE;
    const values = new Map<string, string>();
    const places = { namespace: own.namespace, pod: own.pod, pod_uid: own.podUid, node: own.node, container_name: own.container };
    for (const [name, value] of Object.entries(places)) if (value !== "") values.set(name, value);
    const wishes = wishesOf(annotations, NONE);
    for (const [name, value] of wishes.fields) values.set(name, value);
    mapped(annotations, ofAnnotations, values);
    mapped(labels, ofLabels, values);
    const owner = ownerByLabels(own.pod, labels);
    if (owner !== undefined) {
      if (!values.has("service")) values.set("service", owner.name);
      for (const [field, value] of ownerFields(owner)) values.set(field, value);
    }
    const { upstream, dsn, rate } = wishes;
    const asksMore = dsn !== undefined || rate !== undefined;
    return { values, upstream: upstream !== undefined && upstreams.has(upstream) ? upstream : undefined, asksMore };
  }
}
