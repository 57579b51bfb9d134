import type { Clock } from "../../base/clock.ts";
import type { DropCause } from "../../component/host.ts";
import type { Parcel } from "../../record/parcel.ts";
import type { Budget } from "./budget.ts";

export type WhenFull = "block" | "drop_oldest" | "drop_newest";

export interface EntranceOptions {
  readonly budget: Budget;
  readonly whenFull: WhenFull;
  readonly clock: Clock;
  /** Bytes of the budget that a parcel takes. */
  size(parcel: Parcel): number;
  /** True while nothing is taken in, whatever room there is: everything waits, and nothing is dropped for it. */
  held?(): boolean;
  /** Takes in a parcel for which there is room, and adds it to the budget. */
  admit(parcel: Parcel): void;
  /** Drops the oldest waiting parcel of the upstreams that may lose one; false when there is none. */
  shed(mayLose: (upstream: string) => boolean): boolean;
  /** Settles parcels that did not get in. */
  turnedAway(parcels: readonly Parcel[], cause: DropCause): void;
}

/** A push of which not all has got in. */
interface Push {
  left: number;
  /** False once a part of it was given up. */
  safe: boolean;
  readonly untilMs: number;
  readonly done: (safe: boolean) => void;
}

interface Waiting {
  readonly parcel: Parcel;
  readonly push: Push;
}

/**
 * Lets parcels in as far as there is room, and does what `when_full` says with the others. Those of guests never wait for
 * room: somebody outside the configuration has chosen where they go, and must not be able to hold up who reads them.
 */
export class Entrance {
  readonly #options: EntranceOptions;
  /** By upstream, in the order in which they came: one that is full does not keep the others waiting. */
  readonly #waiting = new Map<string, Waiting[]>();
  #records = 0;
  #dropping = false;
  #timer: NodeJS.Timeout | undefined;
  #nextDeadline = Infinity;

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** Records that wait for room. */
  get records(): number {
    return this.#records;
  }

  /** True while parcels wait for room, or are being dropped for lack of it. */
  get full(): boolean {
    // A parcel that could never fit is dropped from an empty queue too, which is not full for that.
    return (this.#waiting.size > 0 && !this.#held) || (this.#dropping && this.#options.budget.total > 0);
  }

  get #held(): boolean {
    return this.#options.held?.() ?? false;
  }

  /** As `Queue.push`, but for the safety of what has got in. */
  push(parcels: readonly Parcel[], untilMs: number): true | Promise<boolean> {
    let push: Push | undefined;
    let whenDone: Promise<boolean> | undefined;
    for (const parcel of parcels) {
      if (this.#enter(parcel)) continue;
      whenDone ??= new Promise((done) => {
        push = { left: 0, safe: true, untilMs, done };
      });
      this.#wait(parcel, push as unknown as Push);
    }
    if (whenDone === undefined) return true;
    if (untilMs < this.#nextDeadline) this.#watchDeadlines();
    return whenDone;
  }

  /** There may be room: lets in what waits, in the order in which it came. */
  freed(): void {
    this.#dropping = false;
    this.resume();
  }

  /** What was held is let in as far as there is room. */
  resume(): void {
    for (const [upstream, line] of this.#waiting) {
      let next = 0;
      for (; next < line.length; next += 1) {
        const { parcel, push } = line[next] as Waiting;
        if (this.#held) break;
        const bytes = this.#options.size(parcel);
        const admitted = this.#makeRoom(upstream, bytes);
        // What may be held at most can have become less while it waited.
        const canFit = bytes <= this.#options.budget.maxBytesOf(upstream);
        if (!admitted && canFit && this.#waits(upstream)) break;
        if (admitted) this.#options.admit(parcel);
        else this.#dropNewest(parcel);
        this.#leave(parcel, push);
      }
      line.splice(0, next);
      if (line.length === 0) this.#waiting.delete(upstream);
    }
  }

  /** Gives up what waits; its senders are told that it is not safe. */
  close(): void {
    this.#giveUp(Infinity);
    clearTimeout(this.#timer);
  }

  /** False when it has to wait. */
  #enter(parcel: Parcel): boolean {
    const { budget } = this.#options;
    const bytes = this.#options.size(parcel);
    const mustWait = this.#held || this.#waiting.has(parcel.upstream);
    if (mustWait && bytes <= budget.maxBytesOf(parcel.upstream)) return false;
    if (this.#makeRoom(parcel.upstream, bytes)) this.#options.admit(parcel);
    else if (this.#waits(parcel.upstream) && bytes <= budget.maxBytesOf(parcel.upstream)) return false;
    else this.#dropNewest(parcel);
    return true;
  }

  /** Whether parcels of an upstream wait for room. */
  #waits(upstream: string): boolean {
    return this.#options.whenFull === "block" && !this.#options.budget.isGuest(upstream);
  }

  /** The relay does not look full for what guests lose: they have little room of their own. */
  #drops(upstream: string): void {
    this.#dropping ||= !this.#options.budget.isGuest(upstream);
  }

  #dropNewest(parcel: Parcel): void {
    this.#drops(parcel.upstream);
    this.#options.turnedAway([parcel], "full");
  }

  #makeRoom(upstream: string, bytes: number): boolean {
    const { budget, whenFull } = this.#options;
    while (!budget.fits(upstream, bytes)) {
      if (whenFull !== "drop_oldest" || bytes > budget.maxBytesOf(upstream)) return false;
      // What others hold is no room for one that has all it may have of the room of guests.
      const alone = budget.isGreedy(upstream, bytes);
      const mayLose = (name: string): boolean => name === upstream || (!alone && budget.isOver(name));
      if (!this.#options.shed(mayLose)) return false;
      this.#drops(upstream);
    }
    return true;
  }

  #wait(parcel: Parcel, push: Push): void {
    const line = this.#waiting.get(parcel.upstream);
    if (line === undefined) this.#waiting.set(parcel.upstream, [{ parcel, push }]);
    else line.push({ parcel, push });
    push.left += 1;
    this.#records += parcel.records;
  }

  #leave(parcel: Parcel, push: Push): void {
    this.#records -= parcel.records;
    push.left -= 1;
    if (push.left === 0) push.done(push.safe);
  }

  /** One timer, for the next deadline of all that wait. */
  #watchDeadlines(): void {
    let next = Infinity;
    for (const line of this.#waiting.values()) for (const { push } of line) next = Math.min(next, push.untilMs);
    clearTimeout(this.#timer);
    this.#nextDeadline = next;
    if (next === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#giveUp(this.#options.clock.tickMs());
        this.#watchDeadlines();
      },
      Math.max(1, Math.ceil(next - this.#options.clock.tickMs())),
    );
  }

  /** Turns away what waits and whose deadline is not after a moment. */
  #giveUp(nowMs: number): void {
    for (const [upstream, line] of this.#waiting) {
      const late = line.filter(({ push }) => push.untilMs <= nowMs);
      if (late.length === 0) continue;
      const rest = line.filter(({ push }) => push.untilMs > nowMs);
      if (rest.length === 0) this.#waiting.delete(upstream);
      else this.#waiting.set(upstream, rest);
      this.#options.turnedAway(
        late.map(({ parcel }) => parcel),
        "late",
      );
      for (const { parcel, push } of late) {
        push.safe = false;
        this.#leave(parcel, push);
      }
    }
  }
}
