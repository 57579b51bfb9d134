/** Where a pod's annotations, or those of its namespace, ask that its events go, and how many of them. */
export interface UpstreamWish {
  /** Whose wish it is, for people: "shop/web-0". What is wrong with it is told once for each of them. */
  readonly from: string;
  /** An upstream of the configuration that it may choose; undefined: it chooses none. */
  readonly upstream: string | undefined;
  /** Where to send, as written; not checked in any way, and it holds a key. Counts where no upstream is chosen. */
  readonly dsn: string | undefined;
  /** How many events may pass, as written: "100/5m". */
  readonly rate: string | undefined;
  /** Who shares this rate, as a text that names them: "shop/Deployment/web". */
  readonly sharers: string;
}

/**
 * The name for `Provenance.upstream` by which records go where a wish says, as far as that is allowed; undefined: to the
 * default upstream, as without a wish. What is not heeded is counted, and told once. Never throws.
 */
export type WishedUpstream = (wish: UpstreamWish) => string | undefined;
