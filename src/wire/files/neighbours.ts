import { basename, dirname, posix } from "node:path";
import type { Fingerprint } from "./fingerprint.ts";
import { isRotatedName } from "./rotated-names.ts";

/** A followed file, as far as one that is new has to be compared with it. */
export interface Neighbour {
  readonly target: string;
  /** How it begins, and began before it was truncated. */
  readonly heads: readonly Fingerprint[];
}

/** Followed files, found by the names that rotation may give to what they were: their number does not matter. */
export class Neighbours {
  /** By the folder and what stays of the name. */
  readonly #byStem = new Map<string, Neighbour[]>();

  add(neighbour: Neighbour): void {
    const stem = stemOf(neighbour.target);
    const same = this.#byStem.get(stem);
    if (same === undefined) this.#byStem.set(stem, [neighbour]);
    else same.push(neighbour);
  }

  /** Those whose name rotation may have changed to that of a path. */
  of(path: string): readonly Neighbour[] {
    const name = basename(path);
    const found: Neighbour[] = [];
    for (let end = path.length - name.length + 1; end <= path.length; end += 1) {
      for (const neighbour of this.#byStem.get(path.slice(0, end)) ?? []) {
        if (isRotatedName(basename(neighbour.target), name)) found.push(neighbour);
      }
    }
    return found;
  }
}

/** Every name that rotation makes begins so. */
function stemOf(target: string): string {
  return posix.join(dirname(target), basename(target, posix.extname(target)));
}
