import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../../base/clock.ts";
import type { ApiClient, ApiTrouble, Query } from "./api-client.ts";
import { Backoff, type BackoffPace } from "./backoff.ts";
import { listAt, memberAt, numberAt, textAt } from "./json.ts";

/** Where the objects go. */
export interface Collection<T> {
  /** All there are now; whatever was there before and is not among them is gone. */
  replaced(objects: readonly T[]): void;
  changed(object: T): void;
  removed(object: T): void;
}

export interface ListWatchOptions<T> {
  readonly client: ApiClient;
  /** "/api/v1/pods". */
  readonly path: string;
  /** Selectors. */
  readonly query: Query;
  /** What is kept of an object; undefined: nothing. */
  readonly read: (object: unknown) => T | undefined;
  readonly collection: Collection<T>;
  readonly backoff: BackoffPace;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Something went wrong; it is tried again. */
  readonly troubled: (doing: "list" | "watch", trouble: ApiTrouble) => void;
}

const PAGE = "250";
/** The server ends a watch after so long, a little more or less for each, so that they do not all come back at once. */
const WATCH_S = 300;
/** Bookmarks come about each minute; a server that says nothing for longer than its watch lasts is gone. */
const IDLE_GRACE_S = 30;
/** A watch that ends sooner, without an event, was refused in effect. */
const BRIEF_MS = 1_000;
/** Most objects that are kept of all pages, and most pages. */
const MAX_OBJECTS = 10_000;
const MAX_PAGES = 1_000;
const GONE = 410;

/** From where to go on. */
interface Listed {
  readonly version: string;
}

/**
 * Keeps a collection the same as what the API server has: lists it, then follows each change from there on, and lists
 * again when the server no longer knows the changes since (410 Gone).
 */
export class ListWatch<T> {
  readonly #options: ListWatchOptions<T>;
  readonly #backoff: Backoff;

  constructor(options: ListWatchOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff, () => options.random());
  }

  /** Resolves once the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    // The first list may come from the server's cache, which costs it little; after a 410 that would be too old.
    let from = "0";
    while (!signal.aborted) {
      const listed = await this.#list(from, signal);
      if ("kind" in listed) {
        if (listed.status === GONE) from = "";
        await this.#wait("list", listed, signal);
        continue;
      }
      await this.#follow(listed.version, signal);
      from = "";
    }
  }

  async #list(from: string, signal: AbortSignal): Promise<Listed | ApiTrouble> {
    const { client, path, query, read, collection } = this.#options;
    const objects: T[] = [];
    let next = "";
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const place: Query = next === "" ? (from === "" ? {} : { resourceVersion: from }) : { continue: next };
      const answer = await client.get(path, { ...query, limit: PAGE, ...place }, signal);
      if (answer.kind === "trouble") return answer;
      const items = memberAt(answer.value, "items");
      const version = textAt(answer.value, "metadata", "resourceVersion");
      // An empty list is `"items": null` where the server was built without care for it.
      if (version === "" || (items !== null && !Array.isArray(items))) return unreadable("the answer is no list");
      for (const item of listAt(answer.value, "items")) {
        const object = read(item);
        if (object !== undefined && objects.length < MAX_OBJECTS) objects.push(object);
      }
      next = textAt(answer.value, "metadata", "continue");
      if (next !== "") continue;
      if (!signal.aborted) collection.replaced(objects);
      return { version };
    }
    return unreadable(`the list has no end after ${MAX_PAGES} pages`);
  }

  /** Follows the changes since a version until they have to be listed anew. */
  async #follow(since: string, signal: AbortSignal): Promise<void> {
    const { client, path, query, clock, random } = this.#options;
    let version = since;
    while (!signal.aborted) {
      const seconds = Math.round(WATCH_S * (1 + random()));
      const startedMs = clock.tickMs();
      let heard = false;
      let lost = false;
      const changes: Query = { ...query, resourceVersion: version, allowWatchBookmarks: "true", timeoutSeconds: String(seconds) };
      const end = await client.watch(path, changes, (seconds + IDLE_GRACE_S) * 1_000, {
        signal,
        event: (event) => {
          const reached = this.#take(event);
          if (reached === undefined) {
            lost = true;
            return "stop";
          }
          heard = true;
          version = reached;
          return undefined;
        },
      });
      if (signal.aborted) return;
      const isBrief = !heard && clock.tickMs() - startedMs < BRIEF_MS;
      if (heard || (end === "ended" && !lost && !isBrief)) this.#backoff.reset();
      const isGone = lost || (end !== "ended" && end.status === GONE);
      if (end !== "ended" && !isGone) await this.#wait("watch", end, signal);
      // Never in a circle without a pause, whatever the server says.
      else if (isGone || isBrief) await this.#pause(0, signal);
      if (isGone) return;
    }
  }

  /** Takes one event of a watch; the version it leads to, or undefined where the watch is of no use any more. */
  #take(event: unknown): string | undefined {
    const { read, collection } = this.#options;
    const object = memberAt(event, "object");
    const version = textAt(object, "metadata", "resourceVersion");
    const type = textAt(event, "type");
    if (type === "ERROR") {
      const status = numberAt(object, "code") ?? 0;
      if (status !== GONE)
        this.#options.troubled("watch", { kind: "trouble", status, message: textAt(object, "message"), retryAfterMs: 0 });
      return undefined;
    }
    if (version === "" || !TYPES.has(type)) {
      this.#options.troubled("watch", unreadable("an event is none of the API"));
      return undefined;
    }
    if (type === "BOOKMARK") return version;
    const found = read(object);
    if (found === undefined) return version;
    if (type === "DELETED") collection.removed(found);
    else collection.changed(found);
    return version;
  }

  async #wait(doing: "list" | "watch", trouble: ApiTrouble, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#options.troubled(doing, trouble);
    await this.#pause(trouble.retryAfterMs, signal);
  }

  async #pause(leastMs: number, signal: AbortSignal): Promise<void> {
    try {
      await pause(Math.max(leastMs, this.#backoff.next()), undefined, { signal });
    } catch {
      // The relay is stopping.
    }
  }
}

const TYPES: ReadonlySet<string> = new Set(["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]);

function unreadable(message: string): ApiTrouble {
  return { kind: "trouble", status: 0, message, retryAfterMs: 0 };
}
