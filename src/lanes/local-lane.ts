import type { Clock } from "../base/clock.ts";
import { excerpt } from "../base/complaints.ts";
import { messageOf } from "../base/errors.ts";
import { isMalformed, NOTHING, type Codec } from "../component/codec.ts";
import type { Processor } from "../component/processor.ts";
import { frameCount, type Batch } from "../record/batch.ts";
import { Correlator, type Observer } from "./correlator.ts";
import { CrumbRenderer } from "./crumb-renderer.ts";
import { Joiner, type Arrival } from "./joiner.ts";
import { emptyYield, settle, type Lane, type LaneStats, type Yield } from "./lane.ts";
import { processOf, trailKeys } from "./keys.ts";
import { QuietPath } from "./quiet-path.ts";
import { refine } from "./refinement.ts";
import { restate } from "./server-lines.ts";
import { pieces, type SavedPiece } from "./saved-trails.ts";
import type { LaneSettings } from "./settings.ts";
import { holdsNoSecret } from "./trail-secrecy.ts";
import { TrailReader } from "./trail-reader.ts";
import { Trails } from "./trails.ts";

export interface LocalLaneOptions {
  readonly settings: LaneSettings;
  readonly codecs: ReadonlyMap<string, Codec>;
  readonly processors: readonly Processor[];
  readonly clock: Clock;
  /** Sees what becomes of each record; `explain` listens here. */
  readonly observe?: Observer;
  /** False keeps the fast path out of the way; output and ledger must not differ. */
  readonly glance?: boolean;
}

/** Warnings of one batch: a hostile one could make thousands, of which one a minute is told. */
const MAX_REMARKS = 8;

/** A lane that is a function call: bytes to records to events, in this thread. */
export class LocalLane implements Lane {
  readonly #options: LocalLaneOptions;
  readonly #trails: Trails;
  readonly #joiner: Joiner;
  readonly #crumbs: CrumbRenderer;
  readonly #correlator: Correlator;
  readonly #quiet: QuietPath | undefined;
  /** Index of the first of the processors at the end that are all deferrable. */
  readonly #deferred: number;
  #yield: Yield = emptyYield();
  readonly #emit = (arrival: Arrival): void => this.#complete(arrival);
  #batch = -1;
  #saving: Iterator<Uint8Array, undefined> | undefined;
  #restoring: TrailReader | undefined;

  constructor(options: LocalLaneOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.#trails = new Trails(settings.trail);
    this.#joiner = new Joiner(settings.join, settings.issue, clock);
    this.#crumbs = new CrumbRenderer(options.processors, options.glance !== false);
    this.#correlator = new Correlator({
      settings,
      clock,
      trails: this.#trails,
      render: this.#crumbs.render,
      observe: options.observe,
    });
    this.#deferred = options.processors.findLastIndex((processor) => processor.deferrable !== true) + 1;
    if (options.glance !== false && options.observe === undefined && QuietPath.possible(settings, options.processors)) {
      this.#quiet = new QuietPath({ settings, trails: this.#trails, joiner: this.#joiner });
    }
  }

  run(batch: Batch, id: number): Yield {
    const result = this.#begin(id);
    const codec = this.#options.codecs.get(batch.codec);
    if (codec === undefined) throw new Error(`no codec named ${batch.codec}`);
    const { bytes, bounds } = batch.frames;
    const quiet = this.#quiet?.begin(codec, batch) === true ? this.#quiet : undefined;
    let absorbed = 0;
    for (let i = 0; i < bounds.length; i += 2) {
      const start = bounds[i] as number;
      const end = bounds[i + 1] as number;
      if (quiet !== undefined && quiet.absorb(bytes, start, end)) absorbed += 1;
      else this.#decode(codec, batch, i >>> 1);
    }
    quiet?.end();
    this.#countReplaced(result);
    result.records += absorbed;
    if (absorbed > 0) settle(result, "absorbed", absorbed);
    if (result.held > 0 && batch.places !== undefined) result.waitsFrom = this.#joiner.waitsFrom(batch.position);
    this.#batch = -1;
    return result;
  }

  tick(final: boolean): Yield {
    const result = this.#begin(-1);
    this.#joiner.expire(final, this.#emit);
    this.#countReplaced(result);
    return result;
  }

  stats(): LaneStats {
    return { held: this.#joiner.held, trailKeys: this.#trails.keys, trailBytes: this.#trails.bytes };
  }

  shrinkTrails(maxBytes: number): void {
    this.#trails.shrink(maxBytes);
  }

  save(): Uint8Array | undefined {
    const { processors, settings, clock } = this.#options;
    const mayBeWritten = (key: string): boolean => holdsNoSecret(key, settings.trail.keys, processors);
    this.#saving ??= pieces(this.#trails.save(clock.nowMs(), this.#crumbs.renderSafely, mayBeWritten));
    const { value } = this.#saving.next();
    if (value === undefined) this.#saving = undefined;
    return value;
  }

  restore(piece: SavedPiece | undefined): void {
    this.#restoring ??= new TrailReader(this.#options.settings.trail);
    if (piece !== undefined) {
      this.#restoring.read(piece);
      return;
    }
    this.#trails.restore(this.#restoring.finish(), this.#options.clock.nowMs());
    this.#restoring = undefined;
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {}

  #begin(id: number): Yield {
    this.#batch = id;
    this.#yield = emptyYield();
    return this.#yield;
  }

  #countReplaced({ replaced }: Yield): void {
    for (const processor of this.#options.processors) {
      const counts = processor.takeCounts?.();
      if (counts === undefined) continue;
      for (const [rule, count] of counts) replaced.set(rule, (replaced.get(rule) ?? 0) + count);
    }
  }

  #decode(codec: Codec, batch: Batch, index: number): void {
    const result = this.#yield;
    const start = batch.frames.bounds[index * 2] as number;
    const end = batch.frames.bounds[index * 2 + 1] as number;
    const decoded = codec.decode(batch.frames.bytes, start, end, batch.from);
    if (decoded === NOTHING) return;
    result.records += 1;
    if (isMalformed(decoded)) {
      result.malformed += 1;
      settle(result, "malformed", 1);
      const frame = batch.frames.bytes.subarray(start, end);
      const message = `${decoded.malformed}; frame ${index + 1} of ${frameCount(batch.frames)}, ${frame.length} bytes: ${excerpt(frame)}`;
      if (result.remarks.length < MAX_REMARKS)
        result.remarks.push({ cause: `malformed ${codec.name}`, peer: batch.from.peer, message });
      this.#options.observe?.({ record: undefined, interpretation: undefined, fate: "malformed", note: decoded.malformed });
      return;
    }
    // Before the text is asked, which may name another process than the one that sends it.
    const process = processOf(decoded);
    refine(decoded);
    const { position, places } = batch;
    const frame = batch.frames.bytes.subarray(start, end);
    const origin = position === undefined ? undefined : { position, place: places?.[index] ?? index, frame };
    result.held += 1;
    this.#joiner.offer({ record: decoded, lines: 1, owed: new Map([[this.#batch, 1]]), origin, process }, this.#emit);
  }

  /** A record, or a joined trace, that waits for nothing more. */
  #complete(arrival: Arrival): void {
    const result = this.#yield;
    for (const [batch, records] of arrival.owed) {
      if (batch === this.#batch) result.held -= records;
      else result.releases.push({ batch, records });
    }
    try {
      this.#decide(arrival, result);
    } catch (thrown) {
      // A mistake of ours with one odd record must cost that record only.
      settle(result, "malformed", arrival.lines);
      const message = `a record could not be turned into an event, please report this: ${messageOf(thrown)}`;
      if (result.remarks.length < MAX_REMARKS) result.remarks.push({ cause: "bug", peer: arrival.record.from.peer, message });
    }
  }

  #decide(arrival: Arrival, result: Yield): void {
    restate(arrival.record);
    const { processors, settings } = this.#options;
    let keys: readonly string[] = [];
    for (let i = 0; i <= processors.length; i += 1) {
      // Trail keys are what the record says before deferrable processors (scrub) have changed it, as on the quiet path.
      if (i === this.#deferred) keys = trailKeys(arrival.record, settings.trail.keys);
      const verdict = processors[i]?.process(arrival.record) ?? "keep";
      if (verdict === "keep") continue;
      this.#correlator.drop(arrival, verdict, result);
      return;
    }
    this.#correlator.take(arrival, keys, result);
  }
}
