import { mkdir, open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { codeOf, messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";

/** What a tracker may be too old to know. */
const ITEMS = ["log", "client_report"] as const;
export type Item = (typeof ITEMS)[number];

/** After this a tracker is asked again: it may have been upgraded. */
const FORGET_AFTER_MS = 7 * 24 * 3_600_000;
/** Accounts remembered; beyond it the one learnt first is forgotten. */
const MAX_ACCOUNTS = 1_000;
const MAX_ACCOUNT_CHARS = 2_500;
const MAX_FILE_BYTES = 4 << 20;
const FILE = "upstreams.json";

export interface TraitsOptions {
  /** The data directory; undefined: what is learnt is forgotten with the process. */
  readonly directory: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * What was learnt about trackers by being refused, by account (`Upstream.account`), for seven days. Kept in
 * `upstreams.json` of the data directory: `{"version": 1, "refused": {"https://host/42#key": {"log": 1767323045000}}}` with
 * the moment it was learnt, Unix milliseconds.
 */
export class Traits {
  readonly #options: TraitsOptions;
  readonly #learnt = new Map<string, Map<Item, number>>();
  #writing: Promise<void> = Promise.resolve();
  /** Whether a write is to come that will hold what is learnt now. */
  #unwritten = false;
  #troubled = false;

  constructor(options: TraitsOptions) {
    this.#options = options;
  }

  /** Reads what an earlier process learnt. A file that cannot be read, or holds something else, is told of and passed over. */
  async start(): Promise<void> {
    const { directory } = this.#options;
    if (directory === undefined) return;
    const path = join(directory, FILE);
    try {
      this.#take(await beginning(path));
    } catch (thrown) {
      if (codeOf(thrown) === "ENOENT") return;
      this.#options.log.warn(`${path} is passed over, and written anew with what is learnt next: ${messageOf(thrown)}`);
    }
  }

  /** Resolves when what was learnt is written. */
  async stop(): Promise<void> {
    await this.#writing;
  }

  /** Whether this account is known to refuse such items. */
  lacks(account: string | undefined, item: Item): boolean {
    const at = account === undefined ? undefined : this.#learnt.get(account)?.get(item);
    return at !== undefined && this.#isFresh(at);
  }

  /** Remembers it; an upstream without an account has nothing to remember it by. */
  learn(account: string | undefined, item: Item): void {
    if (account === undefined) return;
    this.#remember(account, item, this.#options.clock.nowMs());
    const { directory } = this.#options;
    if (directory === undefined || this.#unwritten) return;
    this.#unwritten = true;
    // One after the other, so that the last state wins.
    this.#writing = this.#writing.then(() => this.#write(directory));
  }

  /** A time that lies ahead is of a clock that has been put back: it counts as long as it may be true. */
  #isFresh(at: number): boolean {
    return Math.abs(this.#options.clock.nowMs() - at) < FORGET_AFTER_MS;
  }

  #remember(account: string, item: Item, at: number): void {
    const items = this.#learnt.get(account) ?? new Map<Item, number>();
    this.#learnt.delete(account);
    this.#learnt.set(account, items.set(item, at));
    if (this.#learnt.size <= MAX_ACCOUNTS) return;
    for (const first of this.#learnt.keys()) {
      this.#learnt.delete(first);
      break;
    }
  }

  #take(text: string): void {
    const parsed: unknown = JSON.parse(text);
    const refused = isObject(parsed) ? parsed["refused"] : undefined;
    if (!isObject(refused)) throw new Error(`it has no object "refused"`);
    for (const [account, items] of Object.entries(refused)) {
      if (account.length > MAX_ACCOUNT_CHARS || !isObject(items)) continue;
      for (const item of ITEMS) {
        const at = items[item];
        if (typeof at === "number" && this.#isFresh(at)) this.#remember(account, item, at);
      }
    }
  }

  async #write(directory: string): Promise<void> {
    this.#unwritten = false;
    const path = join(directory, FILE);
    const refused = Object.fromEntries(
      [...this.#learnt].flatMap(([account, items]) => {
        const fresh = [...items].filter(([, at]) => this.#isFresh(at));
        return fresh.length === 0 ? [] : [[account, Object.fromEntries(fresh)]];
      }),
    );
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const draft = `${path}.${process.pid}.tmp`;
      await writeFile(draft, `${JSON.stringify({ version: 1, refused }, undefined, 2)}\n`, { mode: 0o600 });
      await rename(draft, path);
      this.#troubled = false;
    } catch (thrown) {
      if (!this.#troubled) this.#options.log.warn(`cannot keep what was learnt about trackers in ${path}: ${messageOf(thrown)}`);
      this.#troubled = true;
    }
  }
}

/** The text of a file that is not too long for what it should hold. */
async function beginning(path: string): Promise<string> {
  // Opening a pipe would wait for a writer.
  if (!(await stat(path)).isFile()) throw new Error("it is no file");
  const file = await open(path);
  try {
    if ((await file.stat()).size > MAX_FILE_BYTES) throw new Error(`it is longer than ${MAX_FILE_BYTES} bytes`);
    return await readFile(file, "utf8");
  } finally {
    await file.close();
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
