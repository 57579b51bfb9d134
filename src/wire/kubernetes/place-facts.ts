import type { PodDirectory, PodFacts, PodPlace } from "../../component/pods.ts";

const NOTHING: PodFacts = { metadata: new Map(), upstream: undefined, excluded: false };

/**
 * What is known about the container that a log file belongs to: what the directory of pods adds to what its path says.
 * Cheap enough to be asked for each batch; nothing is looked up again until the directory changes.
 */
export class PlaceFacts {
  readonly #place: PodPlace | undefined;
  #version = -1;
  #known: PodFacts = NOTHING;

  /** @param path what the path says, by record field name: `namespace`, `pod`, `pod_uid`, `container_name`, ... */
  constructor(path: ReadonlyMap<string, string>) {
    const namespace = path.get("namespace");
    const pod = path.get("pod");
    if (namespace === undefined || pod === undefined) return;
    this.#place = { namespace, pod, uid: path.get("pod_uid"), container: path.get("container_name") };
  }

  /** Whether there may be more to know than what the path says. */
  get isOfPod(): boolean {
    return this.#place !== undefined;
  }

  /** What is known now beside the path. The same object as long as nothing has changed. */
  now(pods: PodDirectory | undefined): PodFacts {
    if (pods !== undefined && this.#place !== undefined && pods.version !== this.#version) {
      this.#version = pods.version;
      // A pod that the directory has forgotten looks as it did.
      this.#known = pods.facts(this.#place) ?? this.#known;
    }
    return this.#known;
  }
}
