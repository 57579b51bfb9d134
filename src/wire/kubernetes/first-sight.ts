import type { PodDirectory } from "../../component/pods.ts";

/** Waits for the pods of a node to be known, once for all files of an input and for a bounded time. */
export class FirstSight {
  readonly #waitMs: number;
  #waiting: Promise<void> | undefined;
  #isOver = false;
  #end: () => void = () => {};

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
    this.#isOver = waitMs === 0;
  }

  /** Resolves when what is known may be asked for; undefined: it may be now, as from then on. The time begins with the first call. */
  of(pods: PodDirectory | undefined): Promise<void> | undefined {
    if (this.#isOver || pods === undefined) return undefined;
    this.#waiting ??= this.#wait(pods);
    return this.#waiting;
  }

  /** Nobody is to wait any longer. */
  end(): void {
    this.#isOver = true;
    this.#end();
  }

  async #wait({ ready }: PodDirectory): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#waitMs);
      this.#end = resolve;
    });
    await Promise.race([ready, late]);
    clearTimeout(timer);
    this.#isOver = true;
  }
}
