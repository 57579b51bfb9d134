/** Who lets go of what it holds, when it is asked to: closes a connection, ends a call, forgets the oldest. */
export type Evict = () => void;

/** Of the limit: what may wait for the queue, what open connections may take, and what unfinished messages always may. */
const FIRM_PART = 1 / 2;
const STANDING_PART = 3 / 4;
const LOOSE_PART = 1 / 4;
/** What all others may hold for one to be as good as alone. */
const ALONE_PART = 1 / 16;
/** Of what may wait for the queue: below it, reading goes on. */
const ROOMY_PART = 1 / 2;

/**
 * The bytes that all inputs together may hold between their sockets and the queue. Three kinds are told apart:
 *
 * - standing: what open connections cost. Beyond three quarters of the limit no more are let in, but each of n inputs is
 *   sure of an nth of these, so that those of one cannot keep out those of another.
 * - firm: whole messages that wait for the queue. Beyond half of the limit nothing more is read until they are fewer.
 * - loose: messages that have not come in whole. When there is no room for them, the input that holds most of them gives
 *   up the largest it has, and among equals the one that is unfinished for longest. So a sender of small messages, or one
 *   that ends what it begins, is never the first to go, whatever the others do.
 *
 * Asked for each read and each batch, never for each record.
 */
export class MemoryBudget {
  readonly #shares: MemoryShare[] = [];
  readonly #waiting = new Set<(crowded: boolean) => void>();
  readonly #full: number;
  #limit: number;
  #standing = 0;
  #firm = 0;
  #loose = 0;
  #isCrowded = false;
  #settling = false;
  /** While set, datagrams are dropped. */
  dropsDatagrams = false;

  constructor(limitBytes: number) {
    this.#full = limitBytes;
    this.#limit = limitBytes;
  }

  /** Bytes that may be held now. */
  get limit(): number {
    return this.#limit;
  }

  /** Bytes held now, of all kinds. */
  get held(): number {
    return this.#standing + this.#firm + this.#loose;
  }

  /** Whether so much waits for the queue that nothing more should be read. */
  get isCrowded(): boolean {
    return this.#isCrowded;
  }

  /** What one input holds of it. */
  share(): MemoryShare {
    const share = new MemoryShare(this, this.#ledger);
    this.#shares.push(share);
    return share;
  }

  /** Leaves only a part of the limit until it is called again; 1: all of it. What is loose beyond it goes at once. */
  narrow(part: number): void {
    this.#limit = this.#full * part;
    this.#settle();
  }

  /** Calls back whenever it becomes crowded, and when it no longer is. What is returned ends that. */
  watch(listener: (crowded: boolean) => void): () => void {
    this.#waiting.add(listener);
    return () => void this.#waiting.delete(listener);
  }

  readonly #ledger: Ledger = {
    stand: (bytes, own) => {
      const room = this.#limit * STANDING_PART;
      if (bytes > 0 && this.#standing + bytes > room && own + bytes > room / this.#shares.length) return false;
      this.#standing += bytes;
      if (bytes > 0) this.#settle();
      return true;
    },
    hasRoom: (bytes, own) => this.#firm - own <= this.#limit * ALONE_PART || this.#firm + bytes <= this.#limit * FIRM_PART,
    firm: (bytes) => {
      this.#firm += bytes;
      this.#settle();
    },
    loose: (bytes) => {
      this.#loose += bytes;
      if (bytes > 0) this.#settle();
    },
  };

  #settle(): void {
    // What is let go of gives back, which comes here again.
    if (this.#settling) return;
    this.#settling = true;
    while (this.#loose > Math.max(this.#limit * LOOSE_PART, this.#limit - this.#firm - this.#standing)) {
      const before = this.#loose;
      this.#greatest()?.evictLargest();
      if (this.#loose >= before) break;
    }
    this.#settling = false;
    const mark = this.#limit * FIRM_PART * (this.#isCrowded ? ROOMY_PART : 1);
    if (this.#firm >= mark === this.#isCrowded) return;
    this.#isCrowded = !this.#isCrowded;
    for (const listener of this.#waiting) listener(this.#isCrowded);
  }

  #greatest(): MemoryShare | undefined {
    let greatest: MemoryShare | undefined;
    for (const share of this.#shares) if (share.looseBytes > (greatest?.looseBytes ?? 0)) greatest = share;
    return greatest;
  }
}

/** How a share books with its budget. */
interface Ledger {
  stand(bytes: number, own: number): boolean;
  hasRoom(bytes: number, own: number): boolean;
  firm(bytes: number): void;
  loose(bytes: number): void;
}

/** What one input holds of a {@link MemoryBudget}. What is taken must be given back, on every way out. */
export class MemoryShare {
  readonly budget: MemoryBudget;
  readonly #ledger: Ledger;
  /** What holds something loose, by the power of two of its bytes; in each, the one that grew to it first comes first. */
  readonly #classes: Set<Holding>[] = [];
  #loose = 0;
  #standing = 0;
  #maxLoose = Infinity;

  /** To be had from {@link MemoryBudget.share}. */
  constructor(budget: MemoryBudget, ledger: Ledger) {
    this.budget = budget;
    this.#ledger = ledger;
  }

  /** Bytes of messages that have not come in whole. */
  get looseBytes(): number {
    return this.#loose;
  }

  /** Bytes of whole messages that may be taken, of all shares together. */
  get maxFirmBytes(): number {
    return this.budget.limit * FIRM_PART;
  }

  /** A limit of its own to those, whatever room there is beside. */
  limitLoose(maxBytes: number): void {
    this.#maxLoose = maxBytes;
  }

  /** Counts in what a connection costs; false when too many are open. */
  enter(bytes: number): boolean {
    if (!this.#ledger.stand(bytes, this.#standing)) return false;
    this.#standing += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#standing -= bytes;
    this.#ledger.stand(-bytes, 0);
  }

  /**
   * Takes bytes of a whole message, which has taken `own` already; false when there is no room. What is alone, or as good
   * as alone, always has room, or it would be turned away for ever.
   */
  take(bytes: number, own = 0): boolean {
    if (!this.#ledger.hasRoom(bytes, own)) return false;
    this.#ledger.firm(bytes);
    return true;
  }

  /** Takes bytes of a message that is here already, whether there is room or not. */
  hold(bytes: number): void {
    this.#ledger.firm(bytes);
  }

  /** Gives back what {@link take} or {@link hold} took. */
  give(bytes: number): void {
    this.#ledger.firm(-bytes);
  }

  /** What one sender will hold of messages that have not come in whole. `evict` is called when it has to let go of it. */
  holding(evict: Evict): Holding {
    return new Holding(evict, (holding, bytes) => this.#resize(holding, bytes));
  }

  /** Has the largest let go. */
  evictLargest(): void {
    for (let at = this.#classes.length - 1; at > 0; at -= 1) {
      for (const holding of this.#classes[at] ?? []) return holding.evict();
    }
  }

  #resize(holding: Holding, bytes: number): void {
    const [before, after] = [classOf(holding.bytes), classOf(bytes)];
    const change = bytes - holding.bytes;
    if (before !== after) {
      this.#classes[before]?.delete(holding);
      if (after > 0) (this.#classes[after] ??= new Set()).add(holding);
    }
    this.#loose += change;
    holding.bytes = bytes;
    this.#ledger.loose(change);
    while (this.#loose > this.#maxLoose) {
      const held = this.#loose;
      this.evictLargest();
      if (this.#loose >= held) break;
    }
  }
}

/** What one sender holds of messages that have not come in whole. */
export class Holding {
  /** To be changed by {@link resize} alone. */
  bytes = 0;
  readonly #evict: Evict;
  readonly #resize: (holding: Holding, bytes: number) => void;

  constructor(evict: Evict, resize: (holding: Holding, bytes: number) => void) {
    this.#evict = evict;
    this.#resize = resize;
  }

  /** It holds so many bytes from now on. It may be evicted for that before this returns. */
  resize(bytes: number): void {
    if (bytes !== this.bytes) this.#resize(this, bytes);
  }

  /** It holds nothing any more. */
  release(): void {
    this.resize(0);
  }

  /** Lets go of everything, or of a part where its owner has resized it meanwhile. */
  evict(): void {
    const { bytes } = this;
    this.#evict();
    if (this.bytes === bytes) this.release();
  }
}

/** 0 for nothing, else one more than the power of two. */
function classOf(bytes: number): number {
  return bytes <= 0 ? 0 : Math.floor(Math.log2(bytes)) + 1;
}
