import { hash } from "node:crypto";
import { join } from "node:path";
import type { InputHost } from "../component/host.ts";
import { AcknowledgedFile, type AcknowledgedEntry } from "./acknowledged-file.ts";

/** Ids remembered at least; at most twice as many. */
const CAPACITY = 10_000;
const KEY_LENGTH = 8;

/** How long an acknowledgement must have been out before it is taken for read, should the process be killed. */
const READ_AFTER_MS = 5_000;

/**
 * How often each id was acknowledged. A sender that repeats a batch before it got an answer repeats the same delivery;
 * one that uses an id again after an answer sends something new. The longest unused ids are forgotten.
 *
 * With a file the count outlives the process. An id is written down seconds after its acknowledgement went out: what
 * the kernel had not yet delivered when the process was killed is lost with the connection, and the sender repeats the
 * batch, which must then be the same delivery. A graceful end writes everything.
 */
export class Acknowledged {
  readonly #capacity: number;
  readonly #file: AcknowledgedFile | undefined;
  readonly #readAfterMs: number;
  // Two generations, because a map whose oldest entries are deleted one by one gets slow at finding the next.
  #times = new Map<string, number>();
  #before: ReadonlyMap<string, number> = new Map();
  /** Given, and not yet written down: in this interval, and in the one before. */
  #fresh: AcknowledgedEntry[] = [];
  #ripe: AcknowledgedEntry[] = [];
  #writing: NodeJS.Timeout | undefined;

  constructor(capacity = CAPACITY, file?: AcknowledgedFile, readAfterMs = READ_AFTER_MS) {
    this.#capacity = capacity;
    this.#file = file;
    this.#readAfterMs = readAfterMs;
    for (const { key, times } of file?.open() ?? []) this.#times.set(key, times);
  }

  /** What an input remembers in its data directory, where it has one. */
  static of(host: InputHost, readAfterMs = READ_AFTER_MS): Acknowledged {
    if (host.dataDir === undefined) return new Acknowledged();
    const file = new AcknowledgedFile({
      path: join(host.dataDir, `acknowledged-${host.name}`),
      capacity: CAPACITY,
      clock: host.clock,
      trouble: (message) => host.complain({ cause: "acknowledged_file", peer: "", message }),
    });
    return new Acknowledged(CAPACITY, file, readAfterMs);
  }

  times(id: string): number {
    return this.#timesOf(this.#keyOf(id));
  }

  /** The acknowledgement of an id was given. */
  add(id: string): void {
    const key = this.#keyOf(id);
    const times = this.#timesOf(key) + 1;
    this.#times.set(key, times);
    if (this.#file !== undefined) this.#writeLater({ key, times });
    if (this.#times.size < this.#capacity) return;
    this.#before = this.#times;
    this.#times = new Map();
  }

  close(): void {
    clearTimeout(this.#writing);
    this.#write([...this.#ripe, ...this.#fresh]);
    this.#ripe = [];
    this.#fresh = [];
    this.#file?.close();
  }

  #writeLater(entry: AcknowledgedEntry): void {
    this.#fresh.push(entry);
    this.#writing ??= setTimeout(() => this.#turnOver(), this.#readAfterMs).unref();
  }

  /** Writes what was given in the interval before last. */
  #turnOver(): void {
    this.#write(this.#ripe);
    this.#ripe = this.#fresh;
    this.#fresh = [];
    this.#writing = this.#ripe.length === 0 ? undefined : setTimeout(() => this.#turnOver(), this.#readAfterMs).unref();
  }

  #write(entries: readonly AcknowledgedEntry[]): void {
    if (entries.length > 0) this.#file?.append(entries);
  }

  #timesOf(key: string): number {
    return this.#times.get(key) ?? this.#before.get(key) ?? 0;
  }

  /** Names have any length; the file has entries of one. */
  #keyOf(id: string): string {
    return this.#file === undefined ? id : hash("sha1", id, "binary").slice(0, KEY_LENGTH);
  }
}
