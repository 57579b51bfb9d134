import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Complaint } from "../../src/base/complaints.ts";
import { MemoryBudget, type MemoryShare } from "../../src/base/memory-budget.ts";
import { createLogger } from "../../src/base/log.ts";
import type { InputHost } from "../../src/component/host.ts";
import type { Batch, Intake, Receipt } from "../../src/record/batch.ts";

/** An InputHost that writes down what an input does. Its intake takes everything at once unless `answer` says otherwise. */
export class RecordingHost implements InputHost {
  readonly name = "edge";
  readonly log = createLogger("silent");
  memory: MemoryShare = new MemoryBudget(Infinity).share();
  readonly clock: Clock;
  labels: ReadonlyMap<string, string> | undefined = undefined;
  dataDir: string | undefined = undefined;
  readonly batches: Batch[] = [];
  readonly refused: Record<string, number> = {};
  readonly counted: Record<string, number> = {};
  readonly complaints: Complaint[] = [];
  bytes = 0;
  /** Connections open now, and ever opened. */
  open = 0;
  opened = 0;
  answer: Intake = allTaken;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
  }

  readonly intake: Intake = (batch) => {
    this.batches.push(batch);
    return this.answer(batch);
  };

  complain(complaint: Complaint): void {
    this.complaints.push(complaint);
  }

  refuse(outcome: string, records = 1): void {
    this.refused[outcome] = (this.refused[outcome] ?? 0) + records;
  }

  receivedBytes(bytes: number): void {
    this.bytes += bytes;
  }

  connections(change: 1 | -1): void {
    this.open += change;
    if (change === 1) this.opened += 1;
  }

  count(metric: string, result: string, by = 1): void {
    const key = `${metric} ${result}`;
    this.counted[key] = (this.counted[key] ?? 0) + by;
  }

  ended(): void {}

  /** Every frame so far, as text. */
  get frames(): string[] {
    return this.batches.flatMap(framesOf);
  }
}

/** The frames of a batch as text. */
export function framesOf({ frames: { bytes, bounds } }: Batch): string[] {
  return Array.from({ length: bounds.length / 2 }, (_, i) => bytes.toString("utf8", bounds[2 * i], bounds[2 * i + 1]));
}

/** The receipt of an intake that takes every frame as a record. */
export function allTaken(batch: Batch): Receipt {
  return { accepted: batch.frames.bounds.length / 2, malformed: 0, safe: true, held: undefined };
}

/** Waits until something holds; fails the test when it never does. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 2_000; turn += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain: ${what}`);
}

/** The port in an address such as "udp:127.0.0.1:40000". */
export function portOf(address: string | undefined): number {
  return Number(address?.split(":").at(-1));
}
