import { watch, type FSWatcher } from "node:fs";
import { statfs } from "node:fs/promises";
import { basename } from "node:path";
import { codeOf, messageOf } from "../../base/errors.ts";

/** File systems whose changes on another machine the kernel does not tell of (statfs(2)): NFS, SMB, CIFS, 9p, FUSE, Ceph, AFS. */
const REMOTE: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0x00c36400, 0x5346414f,
]);
/** No room for more watches (inotify's limits) or descriptors. */
const LIMITS: ReadonlySet<string> = new Set(["ENOSPC", "EMFILE", "ENFILE", "ENOMEM"]);

export interface WatchesOptions {
  /** Something of that name was written to, or, when `moved`, came, went or was renamed. */
  readonly changed: (directory: string, name: string | undefined, moved: boolean) => void;
  /** Told once: no further directory can be watched. */
  readonly limited: (text: string) => void;
}

/** Watches directories, as many as the kernel lets it; the others have to be looked at from time to time. */
export class DirectoryWatches {
  readonly #options: WatchesOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Directories that are on another machine. */
  readonly #remote = new Set<string>();
  #wanted: ReadonlySet<string> = new Set();
  /** Watches begun so far. */
  begun = 0;
  #isLimited = false;
  #isClosed = false;

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /** Whether every directory that was asked for tells of its changes. */
  get isComplete(): boolean {
    for (const directory of this.#wanted) if (!this.#watchers.has(directory)) return false;
    return true;
  }

  /** Watches these and no others. */
  async set(directories: ReadonlySet<string>): Promise<void> {
    this.#wanted = directories;
    for (const [directory, watcher] of this.#watchers) if (!directories.has(directory)) this.#end(directory, watcher);
    for (const directory of directories) {
      if (this.#isClosed || this.#isLimited) return;
      if (!this.#watchers.has(directory) && !(await this.#isRemote(directory))) this.#begin(directory);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const [directory, watcher] of this.#watchers) this.#end(directory, watcher);
  }

  async #isRemote(directory: string): Promise<boolean> {
    if (this.#remote.has(directory)) return true;
    try {
      const { type } = await statfs(directory);
      if (!REMOTE.has(type)) return false;
      this.#remote.add(directory);
      return true;
    } catch {
      // It is not there; a watch would fail too.
      return true;
    }
  }

  #begin(directory: string): void {
    if (this.#isClosed) return;
    try {
      const watcher = watch(directory, { persistent: false }, (event, name) => {
        // A directory that is moved or deleted tells so by its own name, and then tells nothing more.
        if (event === "rename" && name === basename(directory)) this.#end(directory, watcher);
        this.#options.changed(directory, name ?? undefined, event === "rename");
      });
      watcher.on("error", () => this.#end(directory, watcher));
      this.#watchers.set(directory, watcher);
      this.begun += 1;
    } catch (thrown) {
      if (!LIMITS.has(codeOf(thrown))) return;
      this.#isLimited = true;
      this.#options.limited(`${directory}: ${messageOf(thrown)}`);
    }
  }

  #end(directory: string, watcher: FSWatcher): void {
    if (this.#watchers.get(directory) === watcher) this.#watchers.delete(directory);
    watcher.close();
  }
}
