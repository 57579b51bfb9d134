import type { FollowedFile } from "./followed-file.ts";

/** Keeps the number of open files within a bound: the one that was unused for longest is closed, and opened again when it grows. */
export class OpenFiles {
  readonly #max: number;
  readonly #mayClose: (file: FollowedFile) => boolean;
  /** In the order of use. */
  readonly #open = new Set<FollowedFile>();

  /** `mayClose` says whether a file can be done without for now. */
  constructor(max: number, mayClose: (file: FollowedFile) => boolean) {
    this.#max = max;
    this.#mayClose = mayClose;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Opens a file, or notes that it is used; false when it cannot be opened. */
  async use(file: FollowedFile): Promise<boolean> {
    if (!file.isOpen) {
      await this.#makeRoom();
      if (!(await file.open())) return false;
    }
    this.#open.delete(file);
    this.#open.add(file);
    return true;
  }

  async close(file: FollowedFile): Promise<void> {
    this.#open.delete(file);
    await file.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map((file) => this.close(file)));
  }

  async #makeRoom(): Promise<void> {
    if (this.#open.size < this.#max) return;
    // What is gone from its path cannot be opened again: it goes last.
    const closable = [...this.#open].filter((file) => this.#mayClose(file));
    const oldest = closable.find((file) => file.goneSinceMs === undefined) ?? closable[0];
    if (oldest !== undefined) await this.close(oldest);
  }
}
