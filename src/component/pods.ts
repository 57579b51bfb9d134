/** What the path of a container's log says about where it comes from. */
export interface PodPlace {
  readonly namespace: string;
  readonly pod: string;
  /** As in `/var/log/pods/<namespace>_<pod>_<uid>`; undefined where the path does not say. */
  readonly uid?: string | undefined;
  readonly container?: string | undefined;
}

/** What is known about a container beyond its path. The same object as long as nothing of it has changed. */
export interface PodFacts {
  /** Record field name to value, for `Provenance.metadata`; what the path says is not repeated. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The upstream that its annotations choose, for `Provenance.upstream`; undefined: they choose none that they may. */
  readonly upstream: string | undefined;
  /** True where its annotations say that its log is not to be read. */
  readonly excluded: boolean;
}

/** What is known about the pods of this node. Lives on the main thread; inputs ask when they open a file, not for each record. */
export interface PodDirectory {
  /** Grows with each change; who asked before need not ask again while it is the same. */
  readonly version: number;
  /**
   * Resolves when the pods are known and what their namespaces say, or never will be. That may take for ever while the API
   * server is away: wait for it with a limit. Never rejects.
   */
  readonly ready: Promise<void>;
  /** Undefined for a pod that is not known (yet, or any more). */
  facts(place: PodPlace): PodFacts | undefined;
}

/** What an input that knows pods also offers, besides being a Component. */
export interface KnowsPods {
  readonly pods: PodDirectory;
}

/** Whether a component knows pods. */
export function knowsPods<C extends object>(component: C): component is C & KnowsPods {
  return "pods" in component;
}
