import { isDeepStrictEqual } from "node:util";
import { readsFlat } from "../codec/flat-frame.ts";
import { isMalformed, NOTHING, type Codec } from "../component/codec.ts";
import type { Processor } from "../component/processor.ts";
import type { Provenance } from "../record/provenance.ts";
import type { LogRecord } from "../record/record.ts";
import { breadcrumbJson } from "../sentry/breadcrumb.ts";
import { saidOf } from "./interpretation.ts";
import { refine } from "./refinement.ts";
import { restate } from "./server-lines.ts";
import type { FrameView } from "./stencil.ts";
import type { Screen } from "./stencil-hole.ts";
import { Stencils } from "./stencils.ts";
import type { Frame, Render, Rendered } from "./trails.ts";

const UNREADABLE: Rendered = { json: '{"level":"info","message":"(unreadable)"}', timeMs: 0 };
/** Longer frames are rare, and mostly hold something that is clipped. */
const MAX_STENCIL_BYTES = 4_096;

/**
 * Makes breadcrumbs of quiet frames that an event takes along, as if they had been decoded on arrival. A frame that is
 * like others before it goes a shorter way, by a stencil; what comes of it is the same, and a property test holds that.
 */
export class CrumbRenderer {
  readonly #processors: readonly Processor[];
  readonly #screen: Screen | undefined;
  /** By codec and name of the input. */
  readonly #stencils = new Map<Codec, Map<string, Stencils>>();

  /** A view of the buffer that the frame before lay in: one of those of trails, so that it keeps nothing alive. */
  #viewOf: Buffer | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(processors: readonly Processor[], stencils = true) {
    this.#processors = processors;
    if (stencils) this.#screen = screenOf(processors);
  }

  readonly render: Render = (frame, codec, from) => {
    const stencils = this.#stencilsFor(frame, codec, from);
    if (stencils === undefined) return this.#rendered(this.#decoded(frame, codec, from));
    const viewed = this.#viewed(frame);
    const known = stencils.render(viewed, from.receivedMs);
    if (known !== undefined) return known;
    const record = this.#decoded(frame, codec, from);
    const rendered = this.#rendered(record);
    if (record !== undefined && stencils.wants) this.#learn(stencils, { frame: viewed, codec, record, rendered });
    return rendered;
  };

  /** A mistake of ours with one odd record must not cost the other trails. */
  readonly renderSafely: Render = (frame, codec, from) => {
    try {
      return this.render(frame, codec, from);
    } catch {
      return UNREADABLE;
    }
  };

  #viewed({ bytes, start, end }: Frame): FrameView {
    if (this.#viewOf !== bytes) {
      this.#viewOf = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return { bytes, view: this.#view, start, end };
  }

  #stencilsFor({ start, end }: Frame, codec: Codec, { metadata, place, input }: Provenance): Stencils | undefined {
    if (this.#screen === undefined || metadata !== undefined || end - start > MAX_STENCIL_BYTES) return undefined;
    if (place !== undefined && !isFileAlone(place)) return undefined;
    const byInput = this.#stencils.get(codec);
    const known = byInput?.get(input);
    if (known !== undefined || !readsFlat(codec)) return known;
    const made = new Stencils();
    this.#stencils.set(codec, (byInput ?? new Map<string, Stencils>()).set(input, made));
    return made;
  }

  #learn(stencils: Stencils, { frame, codec, record, rendered }: Learning): void {
    const { from } = record;
    // What was scrubbed once would be counted each time.
    if (this.#screen === undefined || !isDeepStrictEqual(this.#read(frame, codec, from), record)) return;
    const { input, receivedMs } = from;
    const bytes = frame.bytes.subarray(frame.start, frame.end);
    stencils.learn(frame, { codec, frame: bytes, input, receivedMs, screen: this.#screen }, rendered);
  }

  #read({ bytes, start, end }: Frame, codec: Codec, from: Provenance): LogRecord | undefined {
    const decoded = codec.decode(bytes, start, end, from);
    // The glance keeps only frames that decode, so this does not happen; if it does, it costs one breadcrumb's text.
    if (decoded === NOTHING || isMalformed(decoded)) return undefined;
    refine(decoded);
    restate(decoded);
    return decoded;
  }

  #decoded(frame: Frame, codec: Codec, from: Provenance): LogRecord | undefined {
    const record = codec.brief?.(frame.bytes, frame.start, frame.end, from) ?? this.#read(frame, codec, from);
    if (record !== undefined) for (const processor of this.#processors) processor.process(record);
    return record;
  }

  #rendered(record: LogRecord | undefined): Rendered {
    return record === undefined ? UNREADABLE : { json: breadcrumbJson(record, saidOf(record)), timeMs: record.timeMs };
  }
}

/** A place that no breadcrumb shows. */
function isFileAlone(place: ReadonlyMap<string, string>): boolean {
  return place.size === 1 && place.has("log_file");
}

/** Undefined where a processor may change anything. */
function screenOf(processors: readonly Processor[]): Screen | undefined {
  const screens = processors.flatMap(({ leaves, leavesAt }) =>
    leaves === undefined || leavesAt === undefined ? [] : [{ leaves, leavesAt }],
  );
  if (screens.length < processors.length) return undefined;
  const [only] = screens;
  if (only !== undefined && screens.length === 1) return only;
  return {
    leaves: (value, field) => screens.every((one) => one.leaves(value, field)),
    leavesAt: (view, start, end, field) => screens.every((one) => one.leavesAt(view, start, end, field)),
  };
}

interface Learning {
  readonly frame: FrameView;
  readonly codec: Codec;
  readonly record: LogRecord;
  readonly rendered: Rendered;
}
