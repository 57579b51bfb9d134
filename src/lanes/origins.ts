import type { Codec } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { doubled } from "./columns.ts";

/** What a kept frame needs to be decoded: one object for all frames of a batch. */
export interface Origin {
  readonly codec: Codec;
  readonly from: Provenance;
}

/**
 * The origins of the crumbs that trails hold, by number. A column of objects would make each record a pointer from the old
 * generation to the young one, which every small collection has to look at.
 */
export class Origins {
  readonly #origins: (Origin | undefined)[] = [];
  /** Who still needs an origin: crumbs, and the batch that is read now. */
  #holds = new Int32Array(64);
  readonly #free: number[] = [];

  /** A number for an origin, held once. */
  add(origin: Origin): number {
    const number = this.#free.pop() ?? this.#origins.length;
    if (number === this.#holds.length) this.#holds = doubled(this.#holds);
    this.#origins[number] = origin;
    this.#holds[number] = 1;
    return number;
  }

  get(number: number): Origin {
    return this.#origins[number] as Origin;
  }

  hold(number: number): void {
    this.#holds[number] = (this.#holds[number] as number) + 1;
  }

  /** The last one who lets go frees the number. */
  release(number: number): void {
    const left = (this.#holds[number] as number) - 1;
    this.#holds[number] = left;
    if (left > 0) return;
    this.#origins[number] = undefined;
    this.#free.push(number);
  }
}
