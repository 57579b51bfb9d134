import type { Clock } from "../../base/clock.ts";
import type { ApiClient, ApiTrouble } from "./api-client.ts";
import { isWish } from "./annotations.ts";
import { textsAt } from "./json.ts";
import type { Mapping } from "./labels.ts";

export interface NamespaceBookOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Annotations that are kept beside those that ask for something. */
  readonly annotations: Mapping;
  /** The annotations of a namespace are other than they were. */
  changed(name: string): void;
  troubled(trouble: ApiTrouble): void;
}

const NONE: ReadonlyMap<string, string> = new Map();
/** More than pods of one node can be in. */
const MAX_NAMESPACES = 1_000;
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const GONE = 404;
/** Where the server does not answer, or may not tell, it is left alone for so long. */
const TROUBLE_MS = 60_000;

/**
 * The annotations of namespaces that pods of this node are in: got one by one and again from time to time. Watching all
 * namespaces of a cluster from each of its nodes would cost the API server more than it is worth.
 */
export class NamespaceBook {
  readonly #options: NamespaceBookOptions;
  readonly #known = new Map<string, ReadonlyMap<string, string>>();
  #notBeforeMs = -Infinity;

  constructor(options: NamespaceBookOptions) {
    this.#options = options;
  }

  annotations(name: string): ReadonlyMap<string, string> {
    return this.#known.get(name) ?? NONE;
  }

  /** Forgets those that are not among the names. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name);
  }

  /** Gets those that are not known yet, or all of them again, one after the other. Never rejects. */
  async refresh(names: ReadonlySet<string>, signal: AbortSignal, again: boolean): Promise<void> {
    const { clock } = this.#options;
    for (const name of names) {
      if (signal.aborted || clock.tickMs() < this.#notBeforeMs) return;
      const known = this.#known.get(name);
      if ((known !== undefined && !again) || !NAME.test(name)) continue;
      if (known === undefined && this.#known.size >= MAX_NAMESPACES) return;
      const answer = await this.#options.client.get(`/api/v1/namespaces/${name}`, {}, signal);
      if (signal.aborted) return;
      if (answer.kind === "trouble" && answer.status !== GONE) {
        this.#notBeforeMs = clock.tickMs() + TROUBLE_MS;
        this.#options.troubled(answer);
        return;
      }
      const object = answer.kind === "trouble" ? undefined : answer.value;
      const wanted = (one: string): boolean => isWish(one) || this.#options.annotations.has(one);
      const annotations = textsAt(object, ["metadata", "annotations"], wanted);
      this.#known.set(name, annotations);
      if (JSON.stringify([...annotations]) !== JSON.stringify([...(known ?? NONE)])) this.#options.changed(name);
    }
  }
}
