import type { InputHost } from "../../component/host.ts";
import type { Provenance } from "../../record/provenance.ts";
import { lastLines } from "./last-lines.ts";
import type { PodBook } from "./pod-book.ts";
import type { Pod } from "./pod.ts";
import { terminationRecord } from "./termination-record.ts";
import { Terminations, type Termination } from "./terminations.ts";

export interface TerminationReportsOptions {
  readonly host: InputHost;
  readonly node: string;
  readonly book: PodBook;
  readonly waiting: ReadonlySet<string>;
  /** What ended earlier, in Unix milliseconds, is old news. */
  readonly sinceMs: number;
  readonly logs: { readonly directory: string; readonly lines: number };
  /** Another way to the last lines; undefined: there is none. */
  readonly apiLog: ((termination: Termination) => Promise<readonly string[] | undefined>) | undefined;
}

/** Reports under way at once; more than that wait for a queue that takes nothing, and are counted instead. */
const MAX_PENDING = 100;

/** Makes a record of each termination, with the container's last lines. */
export class TerminationReports {
  readonly #options: TerminationReportsOptions;
  readonly #terminations: Terminations;
  readonly #pending = new Set<Promise<void>>();

  constructor(options: TerminationReportsOptions) {
    this.#options = options;
    this.#terminations = new Terminations({ waiting: options.waiting, sinceMs: options.sinceMs });
  }

  /** Looks at a state of a pod. */
  see(pod: Pod): void {
    const { host } = this.#options;
    for (const termination of this.#terminations.see(pod)) {
      if (this.#pending.size >= MAX_PENDING) {
        host.refuse("queue_full");
        host.complain({ cause: "queue_full", peer: "", message: "the queue is full: the end of a container makes no issue" });
        continue;
      }
      const report = this.#report(termination);
      this.#pending.add(report);
      void report.finally(() => this.#pending.delete(report));
    }
  }

  /** Resolves when all that was seen is queued or accounted for. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #report(termination: Termination): Promise<void> {
    const { host, node, book } = this.#options;
    const { pod, container, id } = termination;
    const { metadata, upstream, excluded } = book.factsOf(pod, container.name);
    if (excluded) return;
    const record = terminationRecord(termination, { node, facts: metadata, lastLines: await this.#lastLines(termination) });
    const bytes = Buffer.from(record);
    host.receivedBytes(bytes.length);
    const from: Provenance = {
      input: host.name,
      peer: "",
      receivedMs: host.clock.nowMs(),
      tag: "",
      labels: host.labels,
      metadata: undefined,
      upstream,
    };
    // The same end, told again after a restart, gets the same event id.
    const position = `kubernetes ${id}`;
    const receipt = await host.intake({ codec: "json", from, frames: { bytes, bounds: [0, bytes.length] }, position });
    await receipt.held;
  }

  async #lastLines(termination: Termination): Promise<readonly string[] | undefined> {
    const { logs, apiLog } = this.#options;
    const { pod, container, ended, run } = termination;
    if (ended === undefined || logs.lines === 0) return undefined;
    const { namespace, name, logUid: uid } = pod;
    const file = { directory: logs.directory, namespace, pod: name, uid, container: container.name, run };
    return (await lastLines(file, logs.lines)) ?? (await apiLog?.(termination));
  }
}
