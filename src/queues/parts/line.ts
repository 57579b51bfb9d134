import type { Lease } from "../../component/queue.ts";
import type { DataCategory, Parcel } from "../../record/parcel.ts";

/** A parcel and its place in the order of births. */
export interface Entry {
  readonly place: number;
  readonly parcel: Parcel;
}

/** Names the line of an upstream and a category. */
export function lineName(upstream: string, category: DataCategory): string {
  return `${category} ${upstream}`;
}

/** Which parcels to take from a line: at least one if there is any. */
export interface Portion {
  readonly count: number;
  readonly bytes: number;
  readonly bornBeforeMs?: number;
}

/** Waiting parcels of one upstream and category: a queue whose front also takes back what was on loan. */
export class Line<E extends Entry = Entry> {
  /** Taken ones are blanked, so that a body is not held longer than its lease. */
  #entries: (E | undefined)[] = [];
  #head = 0;
  /** Came back from a lease; sorted by place. All of them are older than the head, or were when they left. */
  #returned: E[] = [];

  get length(): number {
    return this.#entries.length - this.#head + this.#returned.length;
  }

  append(entry: E): void {
    this.#entries.push(entry);
  }

  first(): E | undefined {
    const returned = this.#returned[0];
    const head = this.#entries[this.#head];
    return returned !== undefined && (head === undefined || returned.place < head.place) ? returned : head;
  }

  /** Takes the oldest. */
  take({ count, bytes, bornBeforeMs = Infinity }: Portion): E[] {
    const taken: E[] = [];
    let size = 0;
    for (let first = this.first(); first !== undefined && taken.length < count; first = this.first()) {
      size += first.parcel.body.length;
      if ((taken.length > 0 && size > bytes) || first.parcel.bornMs >= bornBeforeMs) break;
      taken.push(first);
      if (first === this.#returned[0]) this.#returned.shift();
      else {
        this.#entries[this.#head] = undefined;
        this.#head += 1;
      }
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  putBack(entries: readonly E[]): void {
    this.#returned = [...this.#returned, ...entries].sort((a, b) => a.place - b.place);
  }
}

/** What happens to entries when their loan ends. */
export interface Loan<E extends Entry> {
  acked(entries: readonly E[]): void;
  released(entries: readonly E[]): void;
}

/** A lease of entries; whatever is called a second time does nothing. */
export function leaseOf<E extends Entry>(entries: readonly E[], loan: Loan<E>): Lease {
  let open = true;
  const end = (then: () => void): void => {
    if (!open) return;
    open = false;
    then();
  };
  return {
    parcels: entries.map(({ parcel }) => parcel),
    ack: () => end(() => loan.acked(entries)),
    release: () => end(() => loan.released(entries)),
    split(count) {
      open = false;
      return [leaseOf(entries.slice(0, count), loan), leaseOf(entries.slice(count), loan)];
    },
  };
}
