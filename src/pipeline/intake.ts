import type { Clock } from "../base/clock.ts";
import type { Complaint } from "../base/complaints.ts";
import type { MemoryShare } from "../base/memory-budget.ts";
import type { Queue } from "../component/queue.ts";
import type { Lane, Yield } from "../lanes/lane.ts";
import type { Batch, Receipt } from "../record/batch.ts";
import type { Ledger } from "../record/ledger.ts";
import type { Parcel } from "../record/parcel.ts";
import { destinationOf } from "../record/rationed.ts";
import { withStormReport } from "../sentry/storm-report.ts";
import type { Discards } from "./delivery/discards.ts";
import type { Admission, StormGate } from "./storm.ts";
import { WaitingBatches } from "./waiting-batches.ts";

/** How often traces that wait for their next line are looked at while there are any. */
const TICK_MS = 50;

export interface IntakeOptions {
  readonly lanes: readonly Lane[];
  readonly queue: Queue;
  /** Undefined: storm control is off. */
  readonly storm: StormGate | undefined;
  readonly ledger: Ledger;
  readonly discards: Discards;
  /** Books events that wait for room in the queue. */
  readonly memory: MemoryShare;
  readonly clock: Clock;
  complain(input: string, complaint: Complaint): void;
  /** Seconds from a batch's arrival to its receipt. */
  took(seconds: number): void;
  eventsCreated(count: number): void;
  /** Secrets that lanes replaced, by rule. */
  replaced(counts: ReadonlyMap<string, number>): void;
}

interface Held {
  records: number;
  safe: boolean;
  readonly untilMs: number;
  readonly released: (safe: boolean) => void;
}

interface Admitted {
  readonly parcels: readonly Parcel[];
  /** By the index of the lane's parcel; undefined for a log. Empty without storm control. */
  readonly admissions: readonly (Admission | undefined)[];
}

/** Where batches enter: picks the lane, books the ledger, applies storm control, and hands parcels to the queue. */
export class IntakePort {
  readonly #options: IntakeOptions;
  readonly #held = new Map<number, Held>();
  readonly #busy = new Set<Promise<unknown>>();
  readonly #waiting: WaitingBatches;
  #nextBatch = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#waiting = new WaitingBatches(options.memory, options.clock);
  }

  readonly intake = (batch: Batch): Receipt | Promise<Receipt> => {
    const started = this.#options.clock.tickMs();
    const id = this.#nextBatch;
    this.#nextBatch += 1;
    const turn = this.#waiting.turn(batch.untilMs);
    const receipt = turn === undefined ? this.#run(batch, id) : turn.then((comes) => (comes ? this.#run(batch, id) : LATE));
    if (!(receipt instanceof Promise)) {
      this.#options.took((this.#options.clock.tickMs() - started) / 1_000);
      return receipt;
    }
    return this.#track(
      receipt.then((done) => {
        this.#options.took((this.#options.clock.tickMs() - started) / 1_000);
        return done;
      }),
    );
  };

  /** Lets go of every trace that waits for lines, and waits until all parcels are in the queue or the deadline aborts. */
  async drain(deadline: Promise<void>): Promise<void> {
    clearTimeout(this.#timer);
    await this.#tick(true);
    while (this.#busy.size > 0) {
      const ended = await Promise.race([Promise.all(this.#busy).then(() => false), deadline.then(() => true)]);
      if (ended) return this.#waiting.close();
    }
  }

  #run(batch: Batch, id: number): Receipt | Promise<Receipt> {
    const result = this.#laneOf(batch).run(batch, id);
    return result instanceof Promise ? this.#later(batch, id, result) : this.#take(batch, id, result);
  }

  #laneOf(batch: Batch): Lane {
    const { lanes } = this.#options;
    return lanes[lanes.length === 1 ? 0 : hash(batch.kin ?? batch.from.peer) % lanes.length] as Lane;
  }

  async #later(batch: Batch, id: number, result: Promise<Yield>): Promise<Receipt> {
    return this.#take(batch, id, await result);
  }

  #take(batch: Batch, id: number, result: Yield): Receipt | Promise<Receipt> {
    const { ledger } = this.#options;
    ledger.receive(batch.from.input, result.records);
    const held =
      result.held === 0
        ? undefined
        : new Promise<boolean>((released) => {
            this.#held.set(id, { records: result.held, safe: true, untilMs: batch.untilMs ?? Infinity, released });
          });
    if (held !== undefined) this.#wake();
    for (const remark of result.remarks) this.#options.complain(batch.from.input, remark);
    const { malformed, waitsFrom } = result;
    const waits = waitsFrom === undefined ? {} : { waitsFrom };
    const receipt: Receipt = { accepted: result.records - malformed, malformed, safe: true, held, ...waits };
    const pushed = this.#book(result, batch.untilMs);
    return pushed === true ? receipt : pushed.then((safe) => (safe ? receipt : { ...receipt, safe }));
  }

  /** Settles what a lane settled and queues its parcels; a promise while that takes time. False: not safe in time. */
  #book(result: Yield, untilMs: number | undefined): true | Promise<boolean> {
    const { ledger, discards, queue } = this.#options;
    for (const [outcome, records] of result.settled) ledger.settle(outcome, records);
    for (const { upstream, outcome, quantity } of result.dropped) {
      discards.add(destinationOf(upstream), outcome, "error", quantity);
    }
    if (result.events > 0) this.#options.eventsCreated(result.events);
    if (result.replaced.size > 0) this.#options.replaced(result.replaced);
    const { parcels, admissions } = this.#admitted(result);
    const pushed = parcels.length === 0 ? true : queue.push(parcels, untilMs);
    if (pushed !== true) {
      this.#waiting.count(
        parcels.reduce((total, { body }) => total + body.length, 0),
        pushed,
      );
      return pushed.then((safe) => {
        if (!safe) this.#retract(result, admissions);
        return this.#release(result, safe);
      });
    }
    this.#release(result, true);
    return true;
  }

  /** Records of several batches: the latest of their deadlines, because what is given up for one is lost to the others. */
  #untilMs(result: Yield): number {
    return Math.max(...result.releases.map(({ batch }) => this.#held.get(batch)?.untilMs ?? Infinity));
  }

  #release(result: Yield, safe: boolean): boolean {
    for (const { batch, records } of result.releases) {
      const held = this.#held.get(batch);
      if (held === undefined) continue;
      held.safe &&= safe;
      held.records -= records;
      if (held.records > 0) continue;
      this.#held.delete(batch);
      held.released(held.safe);
    }
    return safe;
  }

  /** What may pass of a lane's parcels, and what storm control said of each of them. */
  #admitted({ parcels, hosts }: Yield): Admitted {
    const { storm, clock } = this.#options;
    if (storm === undefined || parcels.length === 0) return { parcels: parcels.map(addressed), admissions: [] };
    const now = clock.tickMs();
    const admitted: Parcel[] = [];
    const admissions = parcels.map((parcel, index) => {
      const admission = parcel.category === "error" ? storm.admit(parcel, hosts[index] ?? "", now) : undefined;
      if (admission === undefined) admitted.push(addressed(parcel));
      else if (!admission.passes) this.#holdBack(parcel);
      else if (admission.told === undefined) admitted.push(addressed(parcel));
      else admitted.push({ ...addressed(parcel), body: withStormReport(parcel.body, admission.told) });
      return admission;
    });
    return { parcels: admitted, admissions };
  }

  #holdBack(parcel: Parcel): void {
    this.#options.ledger.settle("storm", parcel.records);
    this.#options.discards.add(destinationOf(parcel.upstream), "storm", "error", 1);
  }

  /** The last first: what one told may have been held back in this very batch. */
  #retract({ parcels, hosts }: Yield, admissions: Admitted["admissions"]): void {
    const { storm } = this.#options;
    for (const [index, parcel] of [...parcels.entries()].toReversed()) {
      const admission = admissions[index];
      if (admission?.passes === true) storm?.retract(admission);
      else if (admission !== undefined) storm?.retractHeld(parcel, hosts[index] ?? "");
    }
  }

  #wake(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#track(this.#tick(false));
    }, TICK_MS);
  }

  async #tick(final: boolean): Promise<void> {
    const waiting = this.#options.lanes.filter((lane) => lane.stats().held > 0);
    if (waiting.length > 0 && !final) this.#wake();
    await Promise.all(
      waiting.map(async (lane) => {
        const result = await lane.tick(final);
        return this.#book(result, this.#untilMs(result));
      }),
    );
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#busy.add(work);
    void work.finally(() => this.#busy.delete(work));
    return work;
  }
}

/** Of a batch that was not begun before its deadline. */
const LATE: Receipt = { accepted: 0, malformed: 0, safe: false, held: undefined };

/** Storm control has seen it: what has a ration goes to its upstream. */
function addressed(parcel: Parcel): Parcel {
  const upstream = destinationOf(parcel.upstream);
  return upstream === parcel.upstream ? parcel : { ...parcel, upstream };
}

function hash(text: string): number {
  let value = 0;
  for (let i = 0; i < text.length; i += 1) value = (Math.imul(value, 31) + text.charCodeAt(i)) >>> 0;
  return value;
}
