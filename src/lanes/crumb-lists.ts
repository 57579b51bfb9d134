import { doubled } from "./columns.ts";

const FIRST_ROWS = 1_024;
const NONE = -1;

/** Which crumbs a trail holds, oldest first: lists of links in columns, by the trail's number. */
export class CrumbLists {
  /** Links of a trail: how many, the oldest, the newest. */
  #counts = new Int32Array(FIRST_ROWS);
  #firsts = new Int32Array(FIRST_ROWS);
  #lasts = new Int32Array(FIRST_ROWS);
  /** Of a link: its crumb, and the link of the next newer one, or of the next free one. */
  #crumbs = new Int32Array(FIRST_ROWS);
  #nexts = new Int32Array(FIRST_ROWS);
  #links = 0;
  #free = NONE;

  count(trail: number): number {
    return this.#counts[trail] ?? 0;
  }

  /** Adds the newest crumb. */
  add(trail: number, crumb: number): void {
    while (trail >= this.#counts.length) this.#growTrails();
    const link = this.#link();
    this.#crumbs[link] = crumb;
    const count = this.#counts[trail] as number;
    if (count === 0) this.#firsts[trail] = link;
    else this.#nexts[this.#lasts[trail] as number] = link;
    this.#lasts[trail] = link;
    this.#counts[trail] = count + 1;
  }

  /** Takes the oldest crumb out of a trail that has one. */
  takeOldest(trail: number): number {
    const link = this.#firsts[trail] as number;
    this.#firsts[trail] = this.#nexts[link] as number;
    this.#counts[trail] = (this.#counts[trail] as number) - 1;
    this.#nexts[link] = this.#free;
    this.#free = link;
    return this.#crumbs[link] as number;
  }

  /** The crumbs of a trail, oldest first. */
  of(trail: number): number[] {
    const crumbs: number[] = [];
    let link = this.#firsts[trail] as number;
    for (let left = this.count(trail); left > 0; left -= 1) {
      crumbs.push(this.#crumbs[link] as number);
      link = this.#nexts[link] as number;
    }
    return crumbs;
  }

  #link(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#nexts[free] as number;
      return free;
    }
    if (this.#links === this.#crumbs.length) {
      this.#crumbs = doubled(this.#crumbs);
      this.#nexts = doubled(this.#nexts);
    }
    this.#links += 1;
    return this.#links - 1;
  }

  #growTrails(): void {
    this.#counts = doubled(this.#counts);
    this.#firsts = doubled(this.#firsts);
    this.#lasts = doubled(this.#lasts);
  }
}
