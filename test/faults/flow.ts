import { gelf, type Fields } from "./records.ts";

export type FlowKind = "forward" | "grpc_send" | "grpc_stream" | "gelf_tcp" | "gelf_udp";

/** What one sender, with one or several connections, shall do until it is told to stop. */
export interface FlowPlan {
  readonly kind: FlowKind;
  readonly port: number;
  /** Records. */
  readonly perSecond: number;
  readonly connections: number;
  readonly perBatch: number;
  /** Batches of a connection that may wait for their acknowledgement. */
  readonly window: number;
  /** One record in so many is an issue. */
  readonly every: number;
  /** Value of the field `lane`. */
  readonly lane: string;
  /** Closes each connection about this often, politely, and opens another. */
  readonly reconnectMs?: number;
}

/** What a flow did so far. Issues by their numbers, records counted. */
export interface FlowReport {
  readonly sent: Uint32Array;
  /** In batches that the relay acknowledged. */
  readonly acknowledged: Uint32Array;
  readonly records: number;
  readonly acknowledgedRecords: number;
  /** Batches that were sent again. */
  readonly resent: number;
  readonly connections: number;
}

export interface Batch {
  readonly id: string;
  readonly fields: readonly Fields[];
}

let numbers = 0;
let batches = 0;
/** So that the ids of two processes never meet. */
const OWN =
  process.pid.toString(36).padStart(6, "0") +
  Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, "0");

/** Makes batches at the plan's pace and keeps the books of one flow. */
export class Source {
  readonly plan: FlowPlan;
  readonly #sent: number[] = [];
  readonly #acknowledged: number[] = [];
  #started = performance.now();
  #made = 0;
  #acknowledgedRecords = 0;
  #skipped = 0;
  resent = 0;
  connections = 0;
  isStopping = false;

  constructor(plan: FlowPlan) {
    this.plan = plan;
  }

  /** The next batch, when it is time for one. What could not be sent in time is not made up for beyond half a second. */
  next(): Batch | undefined {
    const { perSecond, perBatch } = this.plan;
    if (this.isStopping) return undefined;
    const due = ((performance.now() - this.#started) / 1_000) * perSecond - this.#made - this.#skipped;
    if (due > perSecond / 2 + perBatch) this.#skipped += Math.floor(due - perSecond / 2);
    if (due < perBatch) return undefined;
    const fields = Array.from({ length: perBatch }, () => this.#fields());
    batches += 1;
    // Always of one length: so are the answers then.
    return { id: `${OWN}-${String(batches).padStart(13, "0")}`, fields };
  }

  acknowledged({ fields }: Batch): void {
    this.#acknowledgedRecords += fields.length;
    for (const { number } of fields) if (number !== undefined) this.#acknowledged.push(number);
  }

  report(): FlowReport {
    return {
      sent: Uint32Array.from(this.#sent),
      acknowledged: Uint32Array.from(this.#acknowledged),
      records: this.#made,
      acknowledgedRecords: this.#acknowledgedRecords,
      resent: this.resent,
      connections: this.connections,
    };
  }

  #fields(): Fields {
    this.#made += 1;
    const { every, lane } = this.plan;
    if (this.#made % every !== 0) return { number: undefined, lane, index: this.#made };
    numbers += 1;
    this.#sent.push(numbers);
    return { number: numbers, lane, index: this.#made };
  }
}

/** One connection of a flow. */
export interface Line {
  /** Called every few milliseconds: sends what is due. */
  pump(): void;
  /** True when everything it sent has been answered, or handed to the kernel where there are no answers. */
  readonly isIdle: boolean;
  /** Lets go of the connection for good, once idle. */
  end(): Promise<void>;
}

export function gelfLine(batch: Batch): string {
  return batch.fields.map((fields) => `${gelf(fields)}\0`).join("");
}
