import PQueue from "p-queue";
import { Acknowledged } from "../../src/wire/acknowledged.ts";
import { AnswerDeadline } from "../../src/wire/answer-deadline.ts";
import { CarryBudget } from "../../src/wire/carry.ts";
import type { ForwardContext } from "../../src/wire/forward-context.ts";
import { ForwardSession } from "../../src/wire/forward-session.ts";
import { RecordingHost } from "./input-host.ts";

/** A session whose connection writes down what is sent. */
export class Line {
  readonly host = new RecordingHost();
  readonly written: string[] = [];
  closed = false;
  /** Closed after what was written is sent. */
  finished = false;
  /** False keeps what is written from reaching the kernel. */
  reads = true;
  readonly acknowledged: Acknowledged;
  readonly session: ForwardSession;

  constructor(context: Partial<ForwardContext> = {}) {
    const isOpen = (): boolean => !this.closed && !this.finished;
    const connection = {
      peer: "10.0.0.7",
      took: () => {},
      write: (bytes: Uint8Array, sent?: () => void) => {
        this.written.push(Buffer.from(bytes).toString("hex"));
        if (this.reads) sent?.();
      },
      get isOpen() {
        return isOpen();
      },
      close: () => {
        this.closed = true;
      },
      finish: () => {
        this.finished = true;
      },
    };
    this.acknowledged = context.acknowledged ?? new Acknowledged();
    this.session = new ForwardSession(connection, {
      host: this.host,
      acknowledged: this.acknowledged,
      deadline: new AnswerDeadline(this.host.clock, 60_000),
      maxOverdueBytes: 1 << 20,
      budget: new CarryBudget(1 << 24),
      lineBudget: new CarryBudget(1 << 24),
      unpacking: new PQueue({ concurrency: 4 }),
      maxMessageBytes: 1 << 20,
      maxDecompressedBytes: 1 << 20,
      partTimeoutMs: 20,
      ...context,
    });
  }

  get positions(): (string | undefined)[] {
    return this.host.batches.map(({ position }) => position);
  }

  get counts(): number[] {
    return this.host.batches.map(({ frames }) => frames.bounds.length / 2);
  }
}
