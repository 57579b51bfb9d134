import { dirname } from "node:path";
import type { InputHost } from "../../component/host.ts";
import type { Provenance } from "../../record/provenance.ts";
import type { CarryBudget } from "../carry.ts";
import type { Buffers } from "./buffers.ts";
import type { FileCounts } from "../../component/following.ts";
import type { Lines } from "./lines.ts";
import { PartialLines, type PartialFormat } from "./partial-lines.ts";
import type { FirstSight } from "../kubernetes/first-sight.ts";
import { PlaceFacts } from "../kubernetes/place-facts.ts";
import { Progress } from "./progress.ts";
import type { Patience } from "./turns.ts";

/** What all files of an input share. */
export interface FilesContext {
  readonly host: InputHost;
  /** As in `Batch.codec`. */
  readonly codec: string;
  readonly maxLineBytes: number;
  /** How lines are split that have to be joined; undefined: they are not. */
  readonly partial: PartialFormat | undefined;
  readonly budget: CarryBudget;
  readonly buffers: Buffers;
  /** What lines of pods wait for. */
  readonly firstSight: FirstSight;
  readonly counts: { -readonly [Name in keyof FileCounts]: FileCounts[Name] };
}

export interface BatchSource {
  /** Path by which the file was found. */
  readonly path: string;
  /** As in `Batch.position`. */
  readonly position: string;
  /** What the path says, by record field name. */
  readonly place: ReadonlyMap<string, string>;
  /** Where reading begins. */
  readonly offset: number;
  /** Waits for the intake. */
  readonly patiently: Patience;
}

/** What the intake has taken. */
export interface Taken {
  /** Resolves when the bytes of the lines are not needed any more; undefined: they are not. */
  readonly held: Promise<unknown> | undefined;
}

/** Hands the lines of one file, from one beginning to its end or truncation, to the intake, one batch after the other. */
export class FileBatches {
  readonly progress: Progress;
  readonly #context: FilesContext;
  readonly #source: BatchSource;
  readonly #partial: PartialLines | undefined;
  readonly #facts: PlaceFacts;
  readonly #kin: string;
  #held: Promise<unknown> | undefined;

  constructor(context: FilesContext, source: BatchSource) {
    this.#context = context;
    this.#source = source;
    this.#facts = new PlaceFacts(source.place);
    this.#kin = kinOf(source);
    this.progress = new Progress(source.offset);
    const { partial: format, maxLineBytes, budget } = context;
    if (format !== undefined) {
      this.#partial = new PartialLines({ format, maxLineBytes, budget, tooLong: () => this.refuse(1) });
    }
  }

  /** Whether a trace waits for its next line. */
  get waits(): boolean {
    return this.#held !== undefined;
  }

  /** Whether a line waits for its other parts. */
  get isPartial(): boolean {
    return this.#partial?.waitsFrom !== undefined;
  }

  /** Takes lines; what they came from has been read up to `end`. Resolves once the intake has them. */
  take(lines: Lines, end: number): Promise<Taken> {
    const passed = this.#partial?.pass(lines) ?? lines;
    return this.#hand(passed, Math.min(end, this.#partial?.waitsFrom ?? end));
  }

  /** No more parts of lines will come: hands over what is there of them. */
  async finish(end: number): Promise<void> {
    const lines = this.#partial?.flush();
    if (lines !== undefined && lines.places.length > 0) await this.#hand(lines, end);
    else if (this.progress.committed < end) this.progress.pass(end);
  }

  /** Counts lines that are over the limit. */
  refuse(lines: number): void {
    const { host, maxLineBytes } = this.#context;
    host.refuse("too_large", lines);
    const message = `a line over max_line_bytes (${maxLineBytes} bytes) in ${this.#source.path} was skipped to its end`;
    host.complain({ cause: "too_large", peer: this.#source.path, message });
  }

  async #hand({ bytes, bounds, places }: Lines, end: number): Promise<Taken> {
    const first = places[0];
    if (first === undefined) {
      this.progress.pass(end);
      return NOT_HELD;
    }
    const { host, codec, firstSight } = this.#context;
    const { path, position } = this.#source;
    if (this.#facts.isOfPod) await firstSight.of(host.pods?.());
    const { metadata, upstream, excluded } = this.#facts.now(host.pods?.());
    if (excluded) {
      host.refuse("filtered", places.length);
      this.progress.pass(end);
      return NOT_HELD;
    }
    const from: Provenance = {
      input: host.name,
      peer: "",
      receivedMs: host.clock.nowMs(),
      tag: path,
      labels: host.labels,
      metadata: metadata.size === 0 ? undefined : metadata,
      place: this.#source.place,
      upstream,
    };
    const step = this.progress.begin(end);
    const given = host.intake({ codec, from, frames: { bytes, bounds }, position, places, kin: this.#kin });
    const receipt = given instanceof Promise ? await this.#source.patiently(given) : given;
    const { held } = receipt;
    // Without a word about where, all that is handed over now may wait.
    const waitsFrom = receipt.waitsFrom ?? (held === undefined ? end : first);
    this.progress.received(step, Math.min(end, waitsFrom), held);
    this.#held = held;
    void held?.then(() => {
      if (this.#held === held) this.#held = undefined;
    });
    return { held };
  }
}

const NOT_HELD: Taken = { held: undefined };

/** Containers of a pod, and files of a folder, tell of the same requests: their lines have to meet in one lane. */
function kinOf({ path, place }: BatchSource): string {
  const pod = place.get("pod");
  return pod === undefined ? dirname(path) : `${place.get("namespace") ?? ""}/${pod}`;
}
