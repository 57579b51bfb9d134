import { hash } from "node:crypto";
import { join } from "node:path";
import type { InputHost } from "../component/host.ts";
import { AcknowledgedFile, type AcknowledgedEntry } from "./acknowledged-file.ts";

/** Ids remembered at least; at most twice as many. */
const CAPACITY = 10_000;
const KEY_LENGTH = 8;

interface Noted {
  /** Undefined where there is no id to be written down. */
  readonly entry: AcknowledgedEntry | undefined;
  readonly give: () => void;
}

/**
 * How often each id was acknowledged. A sender that repeats a batch before it got an answer repeats the same delivery;
 * one that uses an id again after an answer sends something new. The longest unused ids are forgotten.
 *
 * With a file the count outlives the process. An id is written down before its acknowledgement goes out, so that a crash
 * between the two makes an event twice at worst. The other way round, a new batch with the id of an acknowledged one
 * would be taken for its repetition, and its events be dropped by the tracker.
 */
export class Acknowledged {
  readonly #capacity: number;
  readonly #file: AcknowledgedFile | undefined;
  // Two generations, because a map whose oldest entries are deleted one by one gets slow at finding the next.
  #times = new Map<string, number>();
  #before: ReadonlyMap<string, number> = new Map();
  #noted: Noted[] = [];
  #flushing: NodeJS.Immediate | undefined;

  constructor(capacity = CAPACITY, file?: AcknowledgedFile) {
    this.#capacity = capacity;
    this.#file = file;
    for (const { key, times } of file?.open() ?? []) this.#times.set(key, times);
  }

  /** What an input remembers in its data directory, where it has one. */
  static of(host: InputHost): Acknowledged {
    if (host.dataDir === undefined) return new Acknowledged();
    const file = new AcknowledgedFile({
      path: join(host.dataDir, `acknowledged-${host.name}`),
      capacity: CAPACITY,
      clock: host.clock,
      trouble: (message) => host.complain({ cause: "acknowledged_file", peer: "", message }),
    });
    return new Acknowledged(CAPACITY, file);
  }

  times(id: string): number {
    return this.#timesOf(this.#keyOf(id));
  }

  /**
   * Writes down that an id is about to be acknowledged, then calls `give`, which is to acknowledge it: at once where
   * there is no file, else at the end of this turn of the event loop, in the order of the calls. Without an id there is
   * nothing to write, but the order is kept.
   */
  note(id: string | undefined, give: () => void): void {
    if (this.#file === undefined) {
      give();
      return;
    }
    const key = id === undefined ? undefined : this.#keyOf(id);
    this.#noted.push({ entry: key === undefined ? undefined : { key, times: this.#timesOf(key) + 1 }, give });
    this.#flushing ??= setImmediate(() => this.flush());
  }

  /** Does now what was noted. */
  flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const noted = this.#noted;
    if (noted.length === 0) return;
    this.#noted = [];
    this.#file?.append(noted.flatMap(({ entry }) => entry ?? []));
    for (const { give } of noted) give();
  }

  /** The acknowledgement of an id was given. */
  add(id: string): void {
    const key = this.#keyOf(id);
    this.#times.set(key, this.#timesOf(key) + 1);
    if (this.#times.size < this.#capacity) return;
    this.#before = this.#times;
    this.#times = new Map();
  }

  close(): void {
    this.flush();
    this.#file?.close();
  }

  #timesOf(key: string): number {
    return this.#times.get(key) ?? this.#before.get(key) ?? 0;
  }

  /** Names have any length; the file has entries of one. */
  #keyOf(id: string): string {
    return this.#file === undefined ? id : hash("sha1", id, "binary").slice(0, KEY_LENGTH);
  }
}
