import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { codeOf, messageOf } from "../../base/errors.ts";

/** What a search came to. */
export interface Search {
  /** Paths that match, absolute and in order; whether a file is there, and which, is for the caller to see. */
  readonly paths: readonly string[];
  /** Directories in which something that matches may turn up. */
  readonly directories: readonly string[];
  /** Directories that could not be read, with the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Whether there was more than is looked at. */
  readonly cut: boolean;
}

type Test = (text: string) => boolean;
/** One part of a pattern between slashes: a plain name, a glob, or `**`. */
type Level = string | Test | undefined;

const MAX_PATHS = 100_000;
const MAX_DIRECTORIES = 20_000;
const SPECIAL = /[*?[\]{}()\\!]/;
/** A compressed file is read only as the predecessor of the file that it was. */
const COMPRESSED = /\.(?:gz|bz2|xz|zst|lz4|zip|Z)$/;

/** What is wrong with a pattern; undefined for nothing. */
export function patternMistake(pattern: string): string | undefined {
  if (pattern.trim() === "") return "expected a path such as /var/log/app/*.log";
  if (pattern.endsWith("/")) return `${JSON.stringify(pattern)} names a directory; for the files in it write ${pattern}*.log`;
  let depth = 0;
  for (const character of pattern) {
    if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    else if (character === "/" && depth > 0) return `braces cannot hold a "/": write ${JSON.stringify(pattern)} as two patterns`;
  }
  return undefined;
}

/** Finds files by globs: `*`, `?`, `[ab]`, `{a,b}`, and `**` for any number of directories. Directories that no pattern leads into are not read. */
export class FileGlob {
  readonly #patterns: readonly (readonly Level[])[];
  readonly #isExcluded: Test;

  private constructor(patterns: readonly (readonly Level[])[], isExcluded: Test) {
    this.#patterns = patterns;
    this.#isExcluded = isExcluded;
  }

  /** Relative patterns begin in the working directory; an `exclude` without a slash is compared with the name alone. */
  static async compile(include: readonly string[], exclude: readonly string[]): Promise<FileGlob> {
    // Loaded on first use: a relay that follows no file does without.
    const { default: picomatch } = await import("picomatch");
    const levelOf = (part: string): Level => {
      if (part === "**") return undefined;
      return SPECIAL.test(part) ? picomatch(part) : part;
    };
    const excluded = exclude.map((pattern): Test => {
      if (!pattern.includes("/")) {
        const isNamed = picomatch(pattern, { dot: true });
        return (path) => isNamed(basename(path));
      }
      return picomatch(resolve(pattern), { dot: true });
    });
    const patterns = include.map((pattern) => resolve(pattern).split("/").slice(1).map(levelOf));
    return new FileGlob(patterns, (path) => COMPRESSED.test(path) || excluded.some((test) => test(path)));
  }

  /** Looks now. Never rejects. */
  async find(): Promise<Search> {
    const walk = new Walk(this.#isExcluded);
    for (const levels of this.#patterns) await walk.into("/", levels, 0);
    return {
      paths: [...walk.paths].toSorted(),
      directories: [...walk.directories],
      unreadable: walk.unreadable,
      cut: walk.isFull,
    };
  }
}

class Walk {
  readonly paths = new Set<string>();
  readonly directories = new Set<string>();
  readonly unreadable = new Map<string, string>();
  readonly #isExcluded: Test;
  /** Read once a search, whatever the number of patterns. */
  readonly #entries = new Map<string, readonly Dirent[]>();

  constructor(isExcluded: Test) {
    this.#isExcluded = isExcluded;
  }

  get isFull(): boolean {
    return this.paths.size >= MAX_PATHS || this.#entries.size >= MAX_DIRECTORIES;
  }

  async into(directory: string, levels: readonly Level[], index: number): Promise<void> {
    const level = levels[index];
    const isLast = index === levels.length - 1;
    if (typeof level === "string") {
      const path = join(directory, level);
      if (isLast) this.#add(directory, path);
      else await this.into(path, levels, index + 1);
      return;
    }
    // Any number of directories may be none.
    if (level === undefined && !isLast) await this.into(directory, levels, index + 1);
    for (const entry of await this.#read(directory)) {
      const { name } = entry;
      const path = join(directory, name);
      if (level !== undefined) {
        if (!level(name)) continue;
        if (!isLast) {
          if (entry.isDirectory() || entry.isSymbolicLink()) await this.into(path, levels, index + 1);
        } else if (!entry.isDirectory()) this.#add(directory, path);
        continue;
      }
      if (name.startsWith(".")) continue;
      // Links to directories are not followed here: they may lead in circles.
      if (entry.isDirectory()) await this.into(path, levels, index);
      else if (isLast) this.#add(directory, path);
    }
  }

  #add(directory: string, path: string): void {
    this.directories.add(directory);
    if (this.paths.size < MAX_PATHS && !this.#isExcluded(path)) this.paths.add(path);
  }

  async #read(directory: string): Promise<readonly Dirent[]> {
    const known = this.#entries.get(directory);
    if (known !== undefined) return known;
    if (this.#entries.size >= MAX_DIRECTORIES) return [];
    let entries: readonly Dirent[] = [];
    try {
      entries = await readdir(directory, { withFileTypes: true });
      this.directories.add(directory);
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code !== "ENOENT" && code !== "ENOTDIR") this.unreadable.set(directory, messageOf(thrown));
    }
    this.#entries.set(directory, entries);
    return entries;
  }
}
