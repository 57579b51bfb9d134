import { skipValue } from "../scan/msgpack.ts";
import { groupMetadata } from "./forward-group.ts";
import { isGroupMark, MAX_CUT } from "./forward-parser.ts";

/** Entries that go together. */
export interface EntryCut {
  /** Start and end of each, as in `Frames`; may be empty. */
  readonly bounds: readonly number[];
  /** What Fluent Bit says once for all of them; undefined where it says nothing. */
  readonly metadata: ReadonlyMap<string, string> | undefined;
}

/**
 * Cuts entries that lie one after the other, so many at a time. Group markers are left out; what they say goes with the
 * entries in the group.
 */
export class ForwardEntries {
  /** Why the rest could not be cut; undefined as long as it can. */
  broken: string | undefined = undefined;
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #metadata: ReadonlyMap<string, string> | undefined;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end || this.broken !== undefined;
  }

  /** The next entries. Call it until `done`. */
  next(): EntryCut {
    const bytes = this.#bytes;
    const metadata = this.#metadata;
    const bounds: number[] = [];
    while (this.#at < this.#end && bounds.length < MAX_CUT * 2) {
      const start = this.#at;
      const next = skipValue(bytes, start, this.#end);
      if (next < 0) {
        this.broken = `entries that are no msgpack or cut off, from byte ${start} on`;
        break;
      }
      this.#at = next;
      if (isGroupMark(bytes, start)) {
        this.#metadata = bytes[start + 7] === 0xff ? groupMetadata(bytes, start, next) : undefined;
        break;
      }
      bounds.push(start, next);
    }
    return { bounds, metadata };
  }
}
