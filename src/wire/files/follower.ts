import type { Component } from "../../base/lifecycle.ts";
import type { FileCounts, Following } from "../../component/following.ts";
import type { CheckpointFile } from "./checkpoint-file.ts";
import { Discovery, type DiscoveryOptions } from "./discovery.ts";
import type { FilesContext } from "./file-batches.ts";
import { FollowedFiles, type FollowedFilesOptions } from "./followed-files.ts";

/** How often files that are gone, or wait for something, are looked at. */
const TICK_MS = 250;
/** How often checkpoints are written at most, but for what cannot wait. */
const SAVE_MS = 1_000;
/** How soon after a new file has been met. */
const SOON_MS = 50;

export interface FollowerOptions
  extends Omit<DiscoveryOptions, "host" | "files" | "hurry">, Omit<FollowedFilesOptions, "context" | "save" | "saveSoon"> {
  readonly context: FilesContext;
  /** Undefined: checkpoints are forgotten with the process. */
  readonly checkpoints: CheckpointFile | undefined;
}

/** Follows all files that match, and remembers how far each of them has been read. */
export class Follower implements Component, Following {
  readonly #options: FollowerOptions;
  readonly #files: FollowedFiles;
  readonly #discovery: Discovery;
  readonly #patterns: string;
  #timer: NodeJS.Timeout | undefined;
  #searching: Promise<void> | undefined;
  #saving: Promise<unknown> = Promise.resolve();
  #savedMs = -Infinity;
  #state: "new" | "following" | "stopped" = "new";

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#patterns = JSON.stringify([options.include, options.exclude]);
    this.#files = new FollowedFiles({ ...options, save: () => this.#save(), saveSoon: () => this.#saveSoon() });
    const { host } = options.context;
    this.#discovery = new Discovery({ ...options, host, files: this.#files, hurry: () => this.#schedule() });
  }

  async start(): Promise<void> {
    const saved = await this.#options.checkpoints?.load();
    this.#state = "following";
    this.#searching = this.#discovery.begin(saved, this.#patterns);
    await this.#searching;
    // From here on a crash loses nothing: every file has a beginning.
    await this.#save();
    this.#searching = undefined;
    this.#schedule();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    if (this.#state !== "following") return;
    this.#state = "stopped";
    clearTimeout(this.#timer);
    this.#discovery.close();
    this.#options.context.firstSight.end();
    await this.#searching;
    await this.#files.stop(deadline);
    await this.#save();
    await this.#files.close();
  }

  fileCounts(): FileCounts {
    return this.#files.counts();
  }

  /** The next look is in a tick, or when a search is due before. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#state !== "following") return;
    const searchMs = this.#searching === undefined ? this.#discovery.dueMs - this.#now : TICK_MS;
    const saveMs = this.#savedMs + SAVE_MS - this.#now;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, Math.min(TICK_MS, searchMs, saveMs)));
  }

  #tick(): void {
    const now = this.#now;
    this.#files.tick();
    if (now >= this.#discovery.dueMs) {
      this.#searching ??= this.#discovery.search().finally(() => {
        this.#searching = undefined;
        this.#schedule();
      });
    }
    if (now - this.#savedMs >= SAVE_MS) void this.#save();
    this.#schedule();
  }

  #saveSoon(): void {
    if (this.#savedMs + SAVE_MS <= this.#now + SOON_MS) return;
    this.#savedMs = this.#now + SOON_MS - SAVE_MS;
    this.#schedule();
  }

  get #now(): number {
    return this.#options.context.host.clock.tickMs();
  }

  /** Writes what is known by then; one after the other. */
  async #save(): Promise<void> {
    const { checkpoints } = this.#options;
    this.#savedMs = this.#now;
    if (checkpoints === undefined) return;
    this.#saving = this.#saving.then(() => checkpoints.save({ patterns: this.#patterns, files: this.#files.checkpoints }));
    await this.#saving;
  }
}
