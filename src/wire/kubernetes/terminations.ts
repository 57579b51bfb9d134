import type { ContainerStatus, Ended, Pod } from "./pod.ts";

/** Something about a container that is worth an issue. */
export interface Termination {
  readonly pod: Pod;
  readonly container: ContainerStatus;
  /** How it ended; undefined: it does not get as far as that (its image cannot be pulled). */
  readonly ended: Ended | undefined;
  /** "OOMKilled", "CrashLoopBackOff", "Error"; the API's word for why. */
  readonly reason: string;
  /** The number of its run in the name of its log file. */
  readonly run: number;
  /** Names it: the same however often the API tells of it, also to another process. */
  readonly id: string;
}

export interface TerminationRules {
  /** What waiting for is worth an issue. */
  readonly waiting: ReadonlySet<string>;
  /** What ended earlier than that, in Unix milliseconds, is old news. */
  readonly sinceMs: number;
}

/** Ids remembered; beyond it the oldest is forgotten, which at worst repeats an issue under the same `event_id`. */
const MAX_SEEN = 5_000;
const OUT_OF_MEMORY = "OOMKilled";

/** Finds what is new about how containers fare in what a watch tells again and again. */
export class Terminations {
  readonly #rules: TerminationRules;
  readonly #seen = new Set<string>();

  constructor(rules: TerminationRules) {
    this.#rules = rules;
  }

  /** What is worth an issue and was not told before. */
  see(pod: Pod): readonly Termination[] {
    return pod.containers.flatMap((container) => this.#of(pod, container)).filter(({ id }) => this.#isNew(id));
  }

  #of(pod: Pod, container: ContainerStatus): readonly Termination[] {
    const found: Termination[] = [];
    const { ended, endedBefore, restarts } = container;
    // While it waits to be started again, the run before is the last one there was.
    const before = endedBefore?.containerId === container.containerId ? restarts : restarts - 1;
    const runs = [
      { end: endedBefore, run: Math.max(0, before) },
      { end: ended, run: restarts },
    ];
    for (const { end, run } of runs) {
      if (end === undefined || !isFailure(end, pod) || this.#isOld(end)) continue;
      const id = end.containerId || `${pod.uid}/${container.name}/${run}`;
      found.push({ pod, container, ended: end, reason: end.reason, run, id });
    }
    if (this.#rules.waiting.has(container.waiting) && !pod.deleting) {
      const last = ended ?? endedBefore;
      // Once for each container of a pod: how often it ends is told by the ends themselves.
      const id = `${pod.uid}/${container.name}/${container.waiting}`;
      const run = ended === undefined ? Math.max(0, before) : restarts;
      found.push({ pod, container, ended: last, reason: container.waiting, run, id });
    }
    return found;
  }

  #isOld({ finishedAt }: Ended): boolean {
    const at = Date.parse(finishedAt);
    return Number.isFinite(at) && at < this.#rules.sinceMs;
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    if (this.#seen.size >= MAX_SEEN) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    this.#seen.add(id);
    return true;
  }
}

/** A pod that somebody deletes ends its containers, however they take it; only running out of memory is news even then. */
function isFailure({ exitCode, reason }: Ended, { deleting }: Pod): boolean {
  if (reason === OUT_OF_MEMORY) return true;
  return exitCode !== 0 && !deleting;
}
