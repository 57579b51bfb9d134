import { Worker } from "node:worker_threads";
import { configText, type Right } from "../config/config.ts";
import type { Batch } from "../record/batch.ts";
import type { Provenance } from "../record/provenance.ts";
import type { Lane, LaneStats, Yield } from "./lane.ts";
import type { SavedPiece } from "./saved-trails.ts";

/** What a lane's thread is told once. */
export interface ThreadSettings {
  /** The effective configuration as YAML: the thread parses it again, so that nothing but text and bytes crosses. */
  readonly config: string;
  readonly version: string;
}

/** What a lane's thread is asked; answered in order. */
export type Question =
  | {
      readonly ask: "run";
      readonly id: number;
      readonly codec: string;
      readonly from: Provenance;
      readonly bytes: Uint8Array;
      readonly bounds: readonly number[];
      readonly position: string | undefined;
      readonly places: readonly number[] | undefined;
    }
  | { readonly ask: "tick"; readonly final: boolean }
  | { readonly ask: "shrink"; readonly maxBytes: number }
  | { readonly ask: "save" }
  | { readonly ask: "restore"; readonly piece: SavedPiece | undefined };

export interface Answer {
  /** Of a batch or a tick. */
  readonly result?: Yield;
  /** Of a save. */
  readonly saved?: Uint8Array | undefined;
  readonly stats: LaneStats;
}

/** A lane in another thread: frames go there in one block, parcels come back. A crash of it is a crash of the relay. */
export class ThreadLane implements Lane {
  readonly #settings: ThreadSettings;
  readonly #maxHeapBytes: number;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #worker: Worker | undefined;
  #stats: LaneStats = { held: 0, trailKeys: 0, trailBytes: 0 };

  /** `maxHeapBytes`: what its heap may grow to; V8 collects the harder the nearer it comes. */
  constructor(loaded: Pick<Right, "written">, version: string, maxHeapBytes: number) {
    this.#maxHeapBytes = maxHeapBytes;
    this.#settings = { config: configText(loaded.written), version };
  }

  async start(): Promise<void> {
    const worker = new Worker(new URL("./lane-thread.js", import.meta.url), {
      workerData: this.#settings,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(this.#maxHeapBytes / (1 << 20)) },
    });
    this.#worker = worker;
    worker.on("message", (answer: Answer) => {
      this.#stats = answer.stats;
      this.#waiting.shift()?.(answer);
    });
    await new Promise<void>((resolve, reject) => {
      worker.once("online", resolve);
      worker.once("error", reject);
    });
    worker.removeAllListeners("error");
    worker.on("error", (error) => {
      throw error;
    });
  }

  run(batch: Batch, id: number): Promise<Yield> {
    const { bytes, bounds } = packed(batch);
    const { codec, from, position, places } = batch;
    const question = { ask: "run", id, codec, from, bytes, bounds, position, places } as const;
    return this.#ask(question, resultOf, [bytes.buffer]);
  }

  tick(final: boolean): Promise<Yield> {
    return this.#ask({ ask: "tick", final }, resultOf);
  }

  shrinkTrails(maxBytes: number): void {
    void this.#ask({ ask: "shrink", maxBytes }, () => undefined);
  }

  save(): Promise<Uint8Array | undefined> {
    return this.#ask({ ask: "save" }, ({ saved }) => saved);
  }

  restore(piece: SavedPiece | undefined): Promise<void> {
    return this.#ask({ ask: "restore", piece }, () => undefined);
  }

  stats(): LaneStats {
    return this.#stats;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask<T>(question: Question, read: (answer: Answer) => T, transfer: ArrayBuffer[] = []): Promise<T> {
    return new Promise((resolve) => {
      this.#waiting.push((answer) => resolve(read(answer)));
      this.#worker?.postMessage(question, transfer);
    });
  }
}

function resultOf({ result }: Answer): Yield {
  if (result === undefined) throw new Error("a lane's thread answered a batch with nothing");
  return result;
}

/** The frames' bytes in a block of their own, which can be given away. */
function packed(batch: Batch): { bytes: Uint8Array<ArrayBuffer>; bounds: readonly number[] } {
  const { bytes, bounds } = batch.frames;
  const start = bounds[0] ?? 0;
  const end = bounds.at(-1) ?? 0;
  const block = new Uint8Array(end - start);
  block.set(bytes.subarray(start, end));
  return { bytes: block, bounds: start === 0 ? bounds : bounds.map((bound) => bound - start) };
}
