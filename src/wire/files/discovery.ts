import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf, messageOf } from "../../base/errors.ts";
import type { InputHost } from "../../component/host.ts";
import type { Checkpoint, Checkpoints } from "./checkpoint-file.ts";
import { DirectoryWatches } from "./directory-watches.ts";
import type { FollowedFile } from "./followed-file.ts";
import type { FollowedFiles } from "./followed-files.ts";
import { FileGlob } from "./glob.ts";
import { idOf } from "./open-file.ts";
import { Neighbours, type Neighbour } from "./neighbours.ts";
import { atEnd, atStart, isCopyOf, matched, type Sight } from "./registration.ts";

/** What is watched is looked at so much more rarely than what cannot be. */
const WATCHED_FACTOR = 10;
/** After a search it rests for so many times as long as the search took. */
const REST_FACTOR = 4;
/** Files that are looked at together. */
const LOOKS_AT_ONCE = 16;
/** How soon a file is looked at again that may be a copy in the making. */
const SUSPECT_MS = 250;

export interface DiscoveryOptions {
  readonly host: InputHost;
  readonly files: FollowedFiles;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Where files begin that are there at the first start. */
  readonly readFrom: "end" | "start";
  /** A file that was last written to longer ago is taken as read. */
  readonly ignoreOlderMs: number | undefined;
  readonly scanIntervalMs: number;
  /** A search is due earlier than it was. */
  readonly hurry: () => void;
}

/** Finds files that match, those that came and those that went. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #files: FollowedFiles;
  readonly #watches: DirectoryWatches;
  /** By where they are now. */
  #byTarget: ReadonlyMap<string, FollowedFile> = new Map();
  /** Files that may be copies in the making, and since when. */
  readonly #suspects = new Map<string, number>();
  #glob: FileGlob | undefined;
  #restUntilMs = 0;
  #watched = 0;
  /** When the next search is due, monotonic. */
  dueMs = 0;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#files = options.files;
    this.#watches = new DirectoryWatches({
      changed: (directory, name, moved) => this.#changed(directory, name, moved),
      limited: (text) => {
        const message = `the kernel watches no more directories (fs.inotify.max_user_watches and max_user_instances), so the others are looked at every scan_interval: ${text}`;
        this.#complain("watch_limit", "", message);
      },
    });
  }

  /** The first search. `saved` is what an earlier run left. */
  async begin(saved: Checkpoints | undefined, patterns: string): Promise<void> {
    this.#glob = await FileGlob.compile(this.#options.include, this.#options.exclude);
    const isSame = saved?.patterns === patterns;
    await this.#search((fresh) => this.#registerFirst(fresh, saved?.files ?? [], isSame));
  }

  /** Looks again. Never rejects. */
  async search(): Promise<void> {
    try {
      await this.#search(async (fresh) => {
        const neighbours = this.#neighbours([]);
        for (const sight of fresh) await this.#register(sight, () => atStart(sight), neighbours);
      });
    } catch (thrown) {
      this.dueMs = this.#now + this.#options.scanIntervalMs;
      this.#complain("unreadable", "", `the search for files failed and is tried again: ${messageOf(thrown)}`);
    }
  }

  close(): void {
    this.#watches.close();
  }

  async #search(register: (fresh: readonly Sight[]) => Promise<void>): Promise<void> {
    const started = this.#now;
    this.dueMs = Infinity;
    const found = await this.#glob?.find();
    if (found === undefined) return;
    for (const [directory, why] of found.unreadable)
      this.#complain("unreadable", directory, `${directory} is not searched: ${why}`);
    if (found.cut)
      this.#complain("too_many", "", "include matches more files than are looked at: narrow it, or split it over several inputs");
    const seen = new Set<FollowedFile>();
    const fresh = new Map<string, Sight>();
    for (const sight of await this.#look(found.paths)) {
      const file = this.#files.get(idOf(sight.stats));
      if (file !== undefined) this.#meet(file, sight, seen);
      // The same file may have several names.
      else if (!fresh.has(idOf(sight.stats))) fresh.set(idOf(sight.stats), sight);
    }
    for (const file of this.#files.values()) file.goneSinceMs = seen.has(file) ? undefined : (file.goneSinceMs ?? this.#now);
    await register([...fresh.values()]);
    for (const id of this.#suspects.keys()) if (!fresh.has(id)) this.#suspects.delete(id);
    await this.#watch(found.directories, started);
  }

  async #look(paths: readonly string[]): Promise<readonly Sight[]> {
    const sights: Sight[] = [];
    for (let i = 0; i < paths.length; i += LOOKS_AT_ONCE) {
      const looks = paths.slice(i, i + LOOKS_AT_ONCE).map(async (path) => {
        try {
          const stats = await stat(path, { bigint: true });
          if (stats.isFile()) sights.push({ path, stats });
        } catch (thrown) {
          this.#unreadable(path, thrown);
        }
      });
      await Promise.all(looks);
    }
    return sights.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  #meet(file: FollowedFile, { path, stats }: Sight, seen: Set<FollowedFile>): void {
    if (!seen.has(file) || path === file.path) file.currentPath = path;
    seen.add(file);
    if (file.sees(Number(stats.size))) this.#files.wake(file);
  }

  /** Of files that an earlier run knew the checkpoints hold; of the others nothing is read that was there before. */
  async #registerFirst(fresh: readonly Sight[], before: readonly Checkpoint[], isSame: boolean): Promise<void> {
    const { readFrom } = this.#options;
    const { known, left, unknown } = await matched(fresh, before);
    for (const checkpoint of left) if (!checkpoint.isCopy) this.#files.remember(checkpoint);
    for (const { sight, checkpoint } of known) {
      const file = this.#files.add(checkpoint);
      file.currentPath = sight.path;
      this.#files.wake(file);
    }
    const paths = new Set(before.map(({ path }) => path));
    const neighbours = this.#neighbours(left);
    const generations = new Map(left.map(({ id, generation }) => [id, generation]));
    for (const sight of unknown) {
      const isNew = readFrom === "start" || isSame || paths.has(sight.path);
      const begin = async (): Promise<Checkpoint> => {
        const checkpoint = isNew ? await atStart(sight) : await atEnd(sight);
        // Not under the name of what had its inode.
        const generation = Math.max(checkpoint.generation, (generations.get(checkpoint.id) ?? -1) + 1);
        return { ...checkpoint, generation };
      };
      await this.#register(sight, begin, neighbours);
    }
  }

  async #register(sight: Sight, begin: () => Promise<Checkpoint>, neighbours: Neighbours): Promise<void> {
    const { ignoreOlderMs, host } = this.#options;
    const { path, stats } = sight;
    const id = idOf(stats);
    try {
      const suspectMs = this.#suspects.get(id) ?? this.#now;
      const copy = await isCopyOf(sight, neighbours, this.#now - suspectMs);
      if (copy === "perhaps") {
        this.#suspects.set(id, suspectMs);
        return;
      }
      const isOld = ignoreOlderMs !== undefined && host.clock.nowMs() - Number(stats.mtimeMs) > ignoreOlderMs;
      const checkpoint = isOld || copy === "copy" ? await atEnd(sight) : await begin();
      const file = this.#files.add(copy === "copy" ? { ...checkpoint, isCopy: true } : checkpoint);
      neighbours.add(neighbourOf(file));
      this.#files.wake(file);
    } catch (thrown) {
      this.#unreadable(path, thrown);
    }
  }

  /** What a new file may be a copy of: followed files, and those that are gone. */
  #neighbours(left: readonly Checkpoint[]): Neighbours {
    const neighbours = new Neighbours();
    for (const { target, head } of left) neighbours.add({ target, heads: [head] });
    for (const file of this.#files.values()) neighbours.add(neighbourOf(file));
    return neighbours;
  }

  async #watch(directories: readonly string[], started: number): Promise<void> {
    const wanted = new Set(directories);
    const byTarget = new Map<string, FollowedFile>();
    for (const file of this.#files.values()) {
      byTarget.set(file.currentTarget, file);
      if (file.goneSinceMs === undefined) wanted.add(dirname(file.currentTarget));
    }
    this.#byTarget = byTarget;
    await this.#watches.set(wanted);
    const now = this.#now;
    this.#restUntilMs = now + REST_FACTOR * (now - started);
    const { scanIntervalMs } = this.#options;
    const next = this.#watches.isComplete ? scanIntervalMs * WATCHED_FACTOR : scanIntervalMs;
    // What came between the search and a new watch was told to nobody.
    const isNew = this.#watches.begun !== this.#watched;
    this.#watched = this.#watches.begun;
    const soon = isNew ? this.#restUntilMs : this.#suspects.size > 0 ? now + SUSPECT_MS : now + next;
    this.dueMs = Math.min(this.dueMs, soon);
  }

  #changed(directory: string, name: string | undefined, moved: boolean): void {
    const file = name === undefined ? undefined : this.#byTarget.get(join(directory, name));
    if (file !== undefined) this.#files.wake(file);
    if (!moved) return;
    const dueMs = Math.max(this.#now, this.#restUntilMs);
    if (dueMs >= this.dueMs) return;
    this.dueMs = dueMs;
    this.#options.hurry();
  }

  get #now(): number {
    return this.#options.host.clock.tickMs();
  }

  #unreadable(path: string, thrown: unknown): void {
    const code = codeOf(thrown);
    if (code !== "ENOENT" && code !== "ENOTDIR")
      this.#complain("unreadable", path, `${path} cannot be followed: ${messageOf(thrown)}`);
  }

  #complain(cause: string, peer: string, message: string): void {
    this.#options.host.complain({ cause, peer, message });
  }
}

function neighbourOf({ target, head }: FollowedFile): Neighbour {
  return {
    target,
    get heads() {
      return [head.print, ...head.former];
    },
  };
}
