interface Step {
  /** Where to begin again once all steps before are done and this one is received. */
  resume: number;
  readonly end: number;
  received: boolean;
  /** Nothing of it waits for the rest of a trace any more. */
  done: boolean;
}

/**
 * How far a file has been read for good. Lines are handed over in steps; what may be forgotten is everything before the
 * first line whose record is not queued or accounted for yet. To begin again there joins the same traces, so that what is
 * repeated has the ids that it had.
 */
export class Progress {
  readonly #steps: Step[] = [];
  readonly #drains: (() => void)[] = [];
  #committed: number;

  constructor(offset: number) {
    this.#committed = offset;
  }

  /** The offset to begin at after a crash. */
  get committed(): number {
    return this.#committed;
  }

  /** Whether everything that was handed over is done. */
  get isDrained(): boolean {
    return this.#steps.length === 0;
  }

  /** Lines up to `end` are being handed over. */
  begin(end: number): Step {
    const step: Step = { resume: this.#committed, end, received: false, done: false };
    this.#steps.push(step);
    return step;
  }

  /** Up to `end` there is nothing that becomes a record. */
  pass(end: number): void {
    this.received(this.begin(end), end, undefined);
  }

  /** The intake has the lines; from `resume` on some may wait for the rest of a trace, until `held` resolves. */
  received(step: Step, resume: number, held: Promise<unknown> | undefined): void {
    step.resume = resume;
    step.received = true;
    step.done = held === undefined;
    this.#commit();
    void held?.then(() => {
      step.done = true;
      this.#commit();
    });
  }

  /** Resolves when everything that was handed over so far is done. */
  drained(): Promise<void> {
    return this.isDrained ? Promise.resolve() : new Promise((resolve) => this.#drains.push(resolve));
  }

  #commit(): void {
    for (let step = this.#steps[0]; step !== undefined && step.received; step = this.#steps[0]) {
      this.#committed = Math.max(this.#committed, step.resume);
      if (!step.done) return;
      // Behind its last line nothing was handed over, so no trace can go on there.
      if (this.#steps.length === 1) this.#committed = Math.max(this.#committed, step.end);
      this.#steps.shift();
    }
    if (this.isDrained) for (const drained of this.#drains.splice(0)) drained();
  }
}
