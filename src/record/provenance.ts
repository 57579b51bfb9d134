/** What the transport knows about a batch and its bytes do not say. Frozen, shared by all records of a batch. */
export interface Provenance {
  /** Name of the input in the configuration, e.g. "edge". */
  readonly input: string;
  /** Address of the sender without its port, e.g. "10.0.0.7"; "" where there is none (stdin). */
  readonly peer: string;
  /** Wall clock at arrival, Unix milliseconds. */
  readonly receivedMs: number;
  /** Forward tag; "" elsewhere. */
  readonly tag: string;
  /**
   * Request metadata and the input's `labels`, already in record field names ("trace_id", "user_id", "user_email",
   * "client_ip", "env", ...). Labels become tags. Undefined when there are none.
   */
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** Request metadata (gRPC headers) by record field name: fills fields the record itself does not carry. */
  readonly metadata: ReadonlyMap<string, string> | undefined;
  /**
   * Where the batch certainly comes from, by record field name: what the path of a container's log says. It stands whatever
   * the record says of itself, whose own value moves to `log_<name>`. Absent: the transport does not know.
   */
  readonly place?: ReadonlyMap<string, string> | undefined;
  /** Name of the upstream that takes its records where no `route` says another; absent: the default one. */
  readonly upstream?: string | undefined;
}
