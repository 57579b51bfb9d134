import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { pino, type Logger } from "pino";
import type { Lane, Yield } from "../../src/lanes/lane.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import { restoreTrails, saveTrails } from "../../src/pipeline/trail-file.ts";
import { packFrames, type Batch } from "../../src/record/batch.ts";
import { codecs } from "../../src/registry.ts";
import { ManualClock } from "./clock.ts";
import { laneSettingsFor } from "./lane-settings.ts";
import { provenance } from "./provenance.ts";

/** Stands still unless told. */
export const clock = new ManualClock();
export const noDeadline = (): AbortSignal => new AbortController().signal;

export function lanes(count: number): readonly LocalLane[] {
  return Array.from({ length: count }, () => new LocalLane({ settings: laneSettingsFor(), codecs, processors: [], clock }));
}

/** A record of the trace of that letter. */
export function batch(message: string, level: number, trace: string): Batch {
  const frames = packFrames([
    Buffer.from(JSON.stringify({ host: "web1", short_message: message, level, _trace_id: trace.repeat(32) })),
  ]);
  return { codec: "gelf", from: provenance({ receivedMs: clock.nowMs() }), frames, position: undefined };
}

/** The messages that an error of a trace would take along. */
export function trailIn(lane: LocalLane, trace: string): readonly string[] {
  const { parcels }: Yield = lane.run(batch("boom", 3, trace), 0);
  const { breadcrumbs } = JSON.parse(Buffer.from(parcels[0]?.body ?? []).toString("utf8")) as {
    breadcrumbs?: { values: readonly { message: string }[] };
  };
  return breadcrumbs?.values.map(({ message }) => message) ?? [];
}

/** A data directory that ends with the test, and what is logged about it. */
export class Place {
  readonly folder: string;
  readonly lines: { readonly level: number; readonly msg: string }[] = [];
  readonly log: Logger = pino({ level: "info" }, { write: (line) => void this.lines.push(JSON.parse(line) as never) });

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), "crumbtrail-trails-"));
    t.after(() => {
      chmodSync(this.folder, 0o700);
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get file(): string {
    return join(this.folder, "trails.jsonl");
  }

  get names(): readonly string[] {
    return readdirSync(this.folder).toSorted();
  }

  get warnings(): readonly string[] {
    return this.lines.filter(({ level }) => level >= 40).map(({ msg }) => msg);
  }

  save(from: readonly Lane[], deadline = noDeadline(), dataDir: string | undefined = this.folder): Promise<void> {
    return saveTrails({ lanes: from, dataDir, maxBytes: 64 << 20, log: this.log }, deadline);
  }

  restore(to: readonly Lane[], maxBytes = 64 << 20): Promise<void> {
    return restoreTrails({ lanes: to, dataDir: this.folder, maxBytes, log: this.log });
  }

  /** A file with one breadcrumb, "quiet", in the trail of trace a. */
  async filled(): Promise<Buffer> {
    const [lane] = lanes(1);
    lane?.run(batch("quiet", 6, "a"), 0);
    await this.save([lane as LocalLane]);
    return readFileSync(this.file);
  }
}
