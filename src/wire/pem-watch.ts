import { messageOf } from "../base/errors.ts";

export interface PemWatchOptions<Read> {
  /** Reads all files and checks that they fit each other; rejects with words for a person. */
  readonly read: () => Promise<Read>;
  /** The same text for the same contents. */
  readonly identify: (read: Read) => string;
  /** What is in use now. */
  readonly current: Read;
  readonly changed: (read: Read) => void;
  /** The files changed and are of no use; called once until something else is wrong with them. */
  readonly broken: (why: string) => void;
  readonly everyMs?: number;
}

/** Often enough for certificates, which are replaced hours before the old ones expire. */
const EVERY_MS = 5_000;

/**
 * Notices that PEM files have other contents. It reads them every few seconds rather than ask the kernel to tell:
 * Kubernetes swaps a symbolic link above the file, others write in place or rename over it, and on some file systems
 * nobody is told of either. They are a few kilobytes.
 */
export class PemWatch<Read> {
  readonly #options: PemWatchOptions<Read>;
  readonly #timer: NodeJS.Timeout;
  #known: string;
  /** What was wrong at the last look, and what was complained about. */
  #wrong = "";
  #told = "";
  #looking = false;
  #stopped = false;

  constructor(options: PemWatchOptions<Read>) {
    this.#options = options;
    this.#known = options.identify(options.current);
    this.#timer = setInterval(() => void this.#look(), options.everyMs ?? EVERY_MS).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      this.#take(await this.#options.read());
    } catch (error) {
      this.#doubt(messageOf(error));
    } finally {
      this.#looking = false;
    }
  }

  #take(read: Read): void {
    if (this.#stopped) return;
    this.#wrong = "";
    this.#told = "";
    const identity = this.#options.identify(read);
    if (identity === this.#known) return;
    this.#options.changed(read);
    this.#known = identity;
  }

  /** Certificate and key are two files, and one is written after the other: trouble counts when it is still there at the next look. */
  #doubt(why: string): void {
    if (this.#stopped) return;
    if (this.#wrong === why && this.#told !== why) {
      this.#told = why;
      this.#options.broken(why);
    }
    this.#wrong = why;
  }
}
