import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Batch } from "../../src/record/batch.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { prettyShipment } from "../../src/sentry/pretty.ts";
import { LineReader } from "../../src/wire/line-reader.ts";
import { ManualClock } from "../support/clock.ts";
import { defaultLane, defaultProcessors } from "../support/default-lane.ts";
import { ROOT } from "./sandbox.ts";

const SAMPLES = join(ROOT, "test", "golden", "issues");
/** When all samples arrive: after the last of them was written. */
const ARRIVAL_MS = Date.UTC(2026, 10, 20, 16, 45);
const FROM: Provenance = { input: "stdin", peer: "", receivedMs: ARRIVAL_MS, tag: "", labels: undefined, metadata: undefined };

/** What became of a sample. */
export interface Made {
  /** The fingerprint of each event. */
  readonly fingerprints: readonly (readonly string[])[];
  /** The console's print of each event, without its random id. */
  readonly prints: readonly string[];
  /** The events as they leave. */
  readonly bodies: readonly string[];
  /** What scrub replaced: "card in message". */
  readonly scrubbed: readonly string[];
}

/** Names of the samples, in order of the alphabet. */
export function sampleNames(): readonly string[] {
  return readdirSync(SAMPLES)
    .filter((file) => file.endsWith(".txt"))
    .map((file) => file.slice(0, -4))
    .toSorted();
}

/** What a program printed, as it printed it. */
export function sample(name: string): string {
  return readFileSync(join(SAMPLES, `${name}.txt`), "utf8");
}

/** Lines through a lane of a relay that was told nothing, as `crumbtrail pipe` reads them. */
export function made(text: string): Made {
  const clock = new ManualClock(ARRIVAL_MS);
  const processors = defaultProcessors(clock);
  const fingerprints: (readonly string[])[] = [];
  const scrubbed = new Set<string>();
  for (const processor of processors) processor.watch?.((rule, path) => scrubbed.add(`${rule} in ${path}`));
  const lane = defaultLane({
    clock,
    processors,
    observe({ interpretation, fate }) {
      if (interpretation !== undefined && fate === "issue") fingerprints.push(interpretation.fingerprint);
    },
  });
  const parcels = [...lane.run(batchOf(text), 1).parcels, ...lane.tick(true).parcels];
  const prints = parcels.map((parcel) => withoutId(prettyShipment({ kind: "event", parcels: [parcel] }, false)));
  const bodies = parcels.map(({ body }) => Buffer.from(body).toString("utf8"));
  return { fingerprints, prints, bodies, scrubbed: [...scrubbed] };
}

/** An event's print without its id, which no two runs share; its trace stays. */
export function withoutId(print: string): string {
  return print.replace(/^ {2}event [0-9a-f]{32}(?: {2}(trace .*))?\n/m, (_, trace: string | undefined) =>
    trace === undefined ? "" : `  ${trace}\n`,
  );
}

function batchOf(text: string): Batch {
  const reader = new LineReader(1 << 20, () => {
    throw new Error("a sample has a line that is too long");
  });
  const frames = reader.push(Buffer.from(text));
  if (frames === undefined || reader.end() !== undefined) throw new Error("a sample ends with a line end");
  return { codec: "auto", from: FROM, frames, position: undefined };
}
