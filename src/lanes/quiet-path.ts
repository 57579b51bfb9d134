import type { Codec, Glancer } from "../component/codec.ts";
import type { Processor } from "../component/processor.ts";
import type { Batch } from "../record/batch.ts";
import type { Provenance } from "../record/provenance.ts";
import { mayBelongToTrace } from "../text/join.ts";
import { BatchKeys } from "./batch-keys.ts";
import type { Joiner } from "./joiner.ts";
import { keyOf, STREAM_FIELDS } from "./keys.ts";
import { LastStream } from "./last-stream.ts";
import type { LaneSettings } from "./settings.ts";
import { TrailKey } from "./trail-key.ts";
import type { Trails } from "./trails.ts";

export interface QuietPathOptions {
  readonly settings: LaneSettings;
  readonly trails: Trails;
  readonly joiner: Joiner;
}

/**
 * The fast path of quiet records: a glance at the bytes tells severity and trail keys, and the bytes themselves join the
 * trails. Output and ledger are the same as by the slow path; a property test holds that.
 */
export class QuietPath {
  readonly #options: QuietPathOptions;
  /** "host", then what names a stream, then the other trail keys; `LastStream` reads the first ones. */
  readonly #wanted: readonly string[];
  readonly #glancers = new Map<Codec, Glancer | undefined>();
  /** Wanted names that are trail keys of their own: index, and the key that is looked up. */
  readonly #keys: readonly { readonly slot: number; readonly key: TrailKey }[];
  /** Keys of those names that the batch gives to records without. */
  readonly #given: BatchKeys;
  readonly #byStream: boolean;
  #from!: Provenance;
  #view!: DataView;
  #glancer!: Glancer;
  /** The stream of the frame before, since a sender's frames mostly share it. */
  readonly #last = new LastStream();

  constructor(options: QuietPathOptions) {
    this.#options = options;
    const { keys } = options.settings.trail;
    const own = keys.filter((name) => name !== "stream");
    this.#wanted = ["host", ...new Set([...STREAM_FIELDS, ...own])];
    this.#keys = own.map((name) => ({ slot: this.#wanted.indexOf(name), key: new TrailKey(keyOf(name, "")) }));
    this.#given = new BatchKeys(own, this.#wanted);
    this.#byStream = keys.includes("stream");
  }

  /** Whether quiet records need not be seen by anything but their trail. */
  static possible(settings: LaneSettings, processors: readonly Processor[]): boolean {
    const { keys } = settings.trail;
    const plain = keys.every((name) => ["trace_id", "request_id", "stream"].includes(name));
    return plain && settings.log === Infinity && processors.every((processor) => processor.deferrable === true);
  }

  /** Readies it for a batch; false when the codec has no glance, or the batch says things its frames do not. */
  begin(codec: Codec, batch: Batch): boolean {
    const { from, frames } = batch;
    if (!this.#given.read(from, codec)) return false;
    if (!this.#glancers.has(codec)) this.#glancers.set(codec, codec.glancer?.(this.#wanted));
    const glancer = this.#glancers.get(codec);
    if (glancer === undefined) return false;
    this.#options.trails.read({ origin: { codec, from }, bytes: frames.bytes, end: frames.bounds.at(-1) ?? 0 });
    const { bytes } = frames;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#from = from;
    this.#glancer = glancer;
    return true;
  }

  /** Lets go of the batch. */
  end(): void {
    this.#options.trails.read(undefined);
  }

  /** Takes a frame into its trails; false when it has to go the slow path. */
  absorb(bytes: Buffer, start: number, end: number): boolean {
    const glancer = this.#glancer;
    const { settings, joiner, trails } = this.#options;
    if (end - start > trails.maxFrameBytes || !glancer.look(bytes, start, end)) return false;
    const { seen } = glancer;
    if (seen.severity >= settings.issue || seen.severity < settings.breadcrumb) return false;
    for (let i = 0; i < seen.messages; i += 1) {
      if (mayMeanMore(bytes, seen.messageStarts[i] as number, seen.messageEnds[i] as number)) return false;
    }
    const stream = this.#last.name(this.#from, seen, bytes);
    // What the place of a line decides, a look at its bytes does not tell.
    if (joiner.busy && joiner.waits(stream)) return false;
    const { receivedMs } = this.#from;
    const crumb = trails.keepFrame(start, end);
    if (this.#byStream) trails.put(this.#last.trail(trails, receivedMs), crumb);
    for (let i = 0; i < this.#keys.length; i += 1) {
      const key = this.#key(i);
      if (key !== undefined) trails.put(trails.open(key, receivedMs), crumb);
    }
    trails.kept(crumb);
    return true;
  }

  /** The frame's trail key by its index among the own ones; undefined when neither it nor its batch says one. */
  #key(index: number): TrailKey | undefined {
    const { slot, key } = this.#keys[index] as { slot: number; key: TrailKey };
    const { starts, ends } = this.#glancer.seen;
    const start = starts[slot] as number;
    return start < 0 ? this.#given.get(index) : key.take(this.#view, start, ends[slot] as number);
  }
}

/** Whether a message may open or continue a stack trace, or be a web server's error line. */
function mayMeanMore(bytes: Buffer, start: number, end: number): boolean {
  return mayBelongToTrace(bytes, start, end) || mayBeNginx(bytes, start, end);
}

/** `2026/01/02 ...`, `nginx: ...`, or Apache's `[Wed Oct 11 ...`. */
function mayBeNginx(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 8) return false;
  const first = bytes[start] as number;
  if (first === 0x5b) return bytes[start + 4] === 0x20;
  return first === 0x6e || (first >= 0x30 && first <= 0x39 && bytes[start + 4] === 0x2f);
}
