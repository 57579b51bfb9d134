import type { Clock } from "../base/clock.ts";
import type { Complaint } from "../base/complaints.ts";
import type { Logger } from "../base/log.ts";
import type { MemoryShare } from "../base/memory-budget.ts";
import type { Intake } from "../record/batch.ts";
import type { Outcome } from "../record/outcome.ts";
import type { ParcelFacts } from "../record/parcel.ts";
import type { PodDirectory } from "./pods.ts";
import type { WishedUpstream } from "./wished-upstream.ts";

/** What every component is given. */
export interface Host {
  /** The component's name in the configuration: "edge", "default". */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Warns once per sender and cause a minute. */
  complain(complaint: Complaint): void;
}

export interface InputHost extends Host {
  readonly intake: Intake;
  /** What it may hold between its sockets and the intake; a share of what all inputs have. */
  readonly memory: MemoryShare;
  /** Labels of this input from the configuration; undefined when there are none. */
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** Where an input may keep a file named after itself; undefined: nowhere. It need not exist yet. */
  readonly dataDir: string | undefined;
  /** Counts a frame that never became a record (received and settled at once). */
  refuse(outcome: Outcome, records?: number): void;
  /** Counts bytes read from the network or standard input, before unpacking. */
  receivedBytes(bytes: number): void;
  /** Connections open now: +1 on accept, -1 on close. */
  connections(change: 1 | -1): void;
  /** Counters that `/metrics` shows: GELF chunks by result, and what was turned away by reason (`component/access.ts`). */
  count(metric: "gelf_chunks" | "forward_handshakes" | "turned_away", result: string, by?: number): void;
  /** Says that a one-shot input (stdin) has ended. */
  ended(): void;
  /** What another input knows about the pods of this node; undefined: none does. To be asked once all inputs are created. */
  pods?(): PodDirectory | undefined;
  /** Where events go whose senders may say so; undefined: none may. */
  readonly upstreamFor?: WishedUpstream;
}

export interface ProcessorHost extends Host {
  /** Uniform in [0, 1). */
  random(): number;
}

/**
 * Why a queue let go of parcels: `full`: by `when_full`; `late`: there was no room before the sender's deadline, so it
 * will send them again; `damaged`: the disk gave back other bytes than it was given.
 */
export type DropCause = "full" | "late" | "damaged";

export interface QueueHost extends Host {
  /**
   * The upstreams of the configuration; each has a share of the room that no other can fill. Parcels for any other
   * upstream share what is left.
   */
  readonly upstreams: readonly string[];
  /** Settles parcels that the queue let go of. */
  dropped(parcels: readonly ParcelFacts[], cause: DropCause): void;
}

export interface UpstreamHost extends Host {
  /** "crumbtrail/0.1.0", for `sentry_client` and User-Agent. */
  readonly agent: string;
  /** True where standard output is a terminal that shows colour. */
  readonly colour: boolean;
  /** Where the console upstream writes. */
  print(text: string): void;
}
