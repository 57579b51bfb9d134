import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as z from "zod";
import type { Component } from "../../src/base/lifecycle.ts";
import { file } from "../../src/inputs/file.ts";
import type { Batch } from "../../src/record/batch.ts";
import { RecordingHost } from "./input-host.ts";

/** A folder of log files, and a relay's data directory beside it. */
export class FollowedFolder {
  readonly root = mkdtempSync(join(tmpdir(), "crumbtrail-files-"));
  readonly logs = this.root;
  readonly dataDir = join(this.root, "data");
  readonly #running = new Set<Component>();

  path(name: string): string {
    return join(this.logs, name);
  }

  /** Follows `*.log` unless told otherwise. */
  async follow(
    config: Partial<z.input<typeof file.config>> = {},
    host: RecordingHost = this.host(),
  ): Promise<{ readonly host: RecordingHost; readonly input: Component; readonly stop: () => Promise<void> }> {
    const parsed = file.config.parse({ include: [join(this.logs, "*.log")], rotate_wait: "300ms", ...config });
    const input = file.create(parsed, host);
    this.#running.add(input);
    await input.start(new AbortController().signal);
    return { host, input, stop: () => input.stop(AbortSignal.timeout(5_000)) };
  }

  host(): RecordingHost {
    const host = new RecordingHost();
    host.dataDir = this.dataDir;
    return host;
  }

  async remove(): Promise<void> {
    for (const input of this.#running) await input.stop(AbortSignal.timeout(1_000));
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Names of the places of a batch's frames, as event ids are made from them. */
export function placesOf({ position, places = [] }: Batch): string[] {
  return places.map((place) => `${position}@${place}`);
}
