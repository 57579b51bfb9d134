import type { Clock } from "../../base/clock.ts";
import type { WishedUpstream } from "../../component/wished-upstream.ts";
import type { Wishes } from "./annotations.ts";
import { ApiClient, type ApiTrouble } from "./api-client.ts";
import type { ApiServer } from "./api-server.ts";
import type { BackoffPace } from "./backoff.ts";
import { ListWatch } from "./list-watch.ts";
import { NamespaceBook } from "./namespace-book.ts";
import { PodBook } from "./pod-book.ts";
import { podOf, type Kept, type Pod } from "./pod.ts";
import type { Termination } from "./terminations.ts";
import { lastOf } from "./last-lines.ts";

export interface NodeWatchOptions {
  readonly kept: Kept;
  readonly clock: Clock;
  /** Whether annotations of namespaces count. */
  readonly namespaces: boolean;
  /** What annotations may choose. */
  readonly upstreams: ReadonlySet<string>;
  /** Where events go whose pod has a DSN or a rate. */
  readonly upstreamFor: WishedUpstream;
  readonly backoff: BackoffPace;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly complain: (cause: string, message: string) => void;
  /** Called with each state of a pod. */
  readonly seen: (pod: Pod) => void;
}

/** How often namespaces are asked for again. */
const NAMESPACES_MS = 300_000;
const MAX_LOG_BYTES = 32_768;
const NO_TEXTS: ReadonlyMap<string, string> = new Map();

/** Follows the pods of a node at the API server, and knows the namespaces they are in. */
export class NodeWatch {
  readonly book: PodBook;
  readonly #options: NodeWatchOptions;
  #client: ApiClient | undefined;
  #namespaces: NamespaceBook | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  #known: () => void = () => {};

  /** Inert until it runs. */
  constructor(options: NodeWatchOptions) {
    this.#options = options;
    const ready = new Promise<void>((resolve) => {
      this.#known = resolve;
    });
    this.book = new PodBook({
      mappings: options.kept,
      clock: options.clock,
      ready,
      namespaceAnnotations: (name) => this.#namespaces?.annotations(name) ?? NO_TEXTS,
      upstreamFor: (wishes, pod) => this.#upstreamFor(wishes, pod),
    });
  }

  /** Resolves once the signal aborts. Never rejects. */
  async run({ url, files }: ApiServer, node: string, signal: AbortSignal): Promise<void> {
    const { kept, clock, backoff, random, complain } = this.#options;
    const client = new ApiClient({ server: url, files, agent: "crumbtrail", clock });
    this.#client = client;
    if (this.#options.namespaces) {
      this.#namespaces = new NamespaceBook({
        client,
        clock,
        annotations: kept.annotations,
        changed: (name) => this.book.namespaceChanged(name),
        troubled: (trouble) => complain("namespaces", troubleText(url, "get namespaces", "get on namespaces", trouble)),
      });
    }
    const watch = new ListWatch<Pod>({
      client,
      path: "/api/v1/pods",
      query: { fieldSelector: `spec.nodeName=${node}` },
      read: (object) => podOf(object, kept),
      collection: {
        replaced: (pods) => this.#replaced(pods, signal),
        changed: (pod) => this.#changed(pod, signal),
        removed: (pod) => this.#removed(pod, signal),
      },
      backoff,
      clock,
      random,
      troubled: (doing, trouble) => {
        complain("api_server", troubleText(url, `${doing} pods`, "list and watch on pods", trouble));
      },
    });
    const again = setInterval(() => this.#refresh(signal, true), NAMESPACES_MS * (0.75 + random() / 2));
    await watch.run(signal);
    clearInterval(again);
    this.#known();
    await this.#refreshing;
    await client.close();
  }

  /** The last lines of a container's log by the API server; undefined where it does not tell. */
  async log({ pod, container, run }: Termination, lines: number, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const previous = run < container.restarts ? "true" : "false";
    const query = { container: container.name, previous, tailLines: String(lines), limitBytes: String(MAX_LOG_BYTES) };
    const names = [pod.namespace, pod.name].map(encodeURIComponent);
    const text = await this.#client?.text(`/api/v1/namespaces/${names[0]}/pods/${names[1]}/log`, query, signal, MAX_LOG_BYTES);
    return typeof text === "string" ? lastOf(text, lines) : undefined;
  }

  #replaced(pods: readonly Pod[], signal: AbortSignal): void {
    this.book.replaced(pods);
    void this.#show(pods, signal).then(() => this.#known());
  }

  #changed(pod: Pod, signal: AbortSignal): void {
    this.book.changed(pod);
    void this.#show([pod], signal);
  }

  #removed(pod: Pod, signal: AbortSignal): void {
    this.book.removed(pod);
    void this.#show([pod], signal);
    this.#namespaces?.keep(this.#names());
  }

  /** Not before their namespaces are known: one of them may say that nothing is to be read. */
  async #show(pods: readonly Pod[], signal: AbortSignal): Promise<void> {
    await this.#refresh(signal, false);
    if (!signal.aborted) for (const pod of pods) this.#options.seen(pod);
  }

  #names(): ReadonlySet<string> {
    return new Set(this.book.pods.map(({ namespace }) => namespace));
  }

  /** One after the other, so that no namespace is asked for twice at once. */
  #refresh(signal: AbortSignal, again: boolean): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#namespaces?.refresh(this.#names(), signal, again));
    return this.#refreshing;
  }

  #upstreamFor({ upstream, dsn, rate }: Wishes, { namespace, name, owner }: Pod): string | undefined {
    const { upstreams, upstreamFor, complain } = this.#options;
    const isKnown = upstream !== undefined && upstreams.has(upstream);
    if (upstream !== undefined && !isKnown) {
      const message =
        `the annotations of pod ${namespace}/${name}, or of its namespace, choose the upstream ${JSON.stringify(upstream.slice(0, 64))}, ` +
        "which is not among `upstreams` of this input: its records go where they would without";
      complain("upstream", message);
    }
    const chosen = isKnown ? upstream : undefined;
    if (dsn === undefined && rate === undefined) return chosen;
    const workload = owner === undefined ? `Pod/${name}` : `${owner.kind}/${owner.name}`;
    const from = `pod ${namespace}/${name}`;
    return upstreamFor({ from, upstream: chosen, dsn, rate, sharers: `${namespace}/${workload}` });
  }
}

function troubleText(server: string, doing: string, rights: string, { status, message }: ApiTrouble): string {
  const answer = status === 0 ? message : `${status} ${message}`;
  const hint =
    status === 403
      ? `; the service account needs the rights to ${rights}`
      : status === 401
        ? "; the token is not (or no longer) taken"
        : "";
  return `cannot ${doing} at ${server}: ${answer}${hint}; logs are read all the same, and it is tried again`;
}
