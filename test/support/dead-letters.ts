import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createLogger } from "../../src/base/log.ts";
import type { DeadLetter } from "../../src/pipeline/dead-letters/dead-letter.ts";
import { DeadLetters } from "../../src/pipeline/dead-letters/dead-letters.ts";
import { directoryIn } from "../../src/pipeline/dead-letters/letter-folder.ts";
import { ManualClock } from "./clock.ts";
import { parcel } from "./parcels.ts";

/** A `data_dir` with dead letters in it, written by the store itself, and a configuration that names it. */
export class Morgue {
  readonly dataDir: string;
  readonly config: string;
  readonly #store: DeadLetters;
  readonly #clock = new ManualClock(Date.now());

  private constructor(folder: string) {
    this.dataDir = join(folder, "data");
    this.config = join(folder, "relay.yml");
    const directory = directoryIn(this.dataDir);
    const limits = { maxBytes: 1 << 26, maxAgeMs: Infinity };
    this.#store = new DeadLetters({ directory, ...limits, clock: this.#clock, log: createLogger("silent"), version: "0.1.0" });
  }

  /** `upstreams` as in the configuration: `default: { type: sentry, dsn: ... }`. */
  static async open(t: TestContext, ...upstreams: readonly string[]): Promise<Morgue> {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const morgue = new Morgue(folder);
    const lines = [`data_dir: ${JSON.stringify(morgue.dataDir)}`, "upstreams:", ...upstreams.map((line) => `  ${line}`)];
    writeFileSync(morgue.config, upstreams.length === 0 ? `${lines[0]}\n` : `${lines.join("\n")}\n`);
    await morgue.#store.start();
    t.after(() => morgue.#store.stop(AbortSignal.timeout(5_000)));
    return morgue;
  }

  /** Buries a letter that died so many milliseconds ago; gives its id. */
  async bury(letter: Partial<DeadLetter> = {}, agoMs = 0): Promise<string> {
    const before = new Set(this.ids);
    this.#clock.wallMs = Date.now() - agoMs;
    const base = { upstream: "default", outcome: "rejected", cause: "HTTP 413: too large", status: 413 } as const;
    await this.#store.bury({ ...base, parcels: [event("a message")], ...letter });
    const [id] = this.ids.filter((one) => !before.has(one));
    if (id === undefined) throw new Error("the store has kept nothing");
    return id;
  }

  get directory(): string {
    return directoryIn(this.dataDir);
  }

  /** Of whole letters, oldest first. */
  get ids(): readonly string[] {
    const names = readdirSync(this.directory);
    return names
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.slice(0, -".json".length))
      .toSorted();
  }
}

let made = 0;

/** An event as trackers take it. */
export function event(message: string): ReturnType<typeof parcel> {
  made += 1;
  const eventId = `${(0xabc0_0000 + made).toString(16)}${"0".repeat(24)}`;
  const body = {
    event_id: eventId,
    timestamp: 1_767_322_000.5,
    platform: "other",
    level: "error",
    logentry: { formatted: message, message },
    tags: { input: "edge" },
    breadcrumbs: { values: [] },
    fingerprint: [message],
    sdk: { name: "crumbtrail", version: "0.1.0" },
    extra: {},
  };
  return parcel({ eventId, body: Buffer.from(JSON.stringify(body)) });
}

/** An entry of a log container as trackers take it. */
export function logEntry(body: string): ReturnType<typeof parcel> {
  const entry = {
    timestamp: 1_767_322_000.5,
    trace_id: "5b8efff798038103d269b633813fc60c",
    level: "info",
    severity_number: 9,
    body,
  };
  return parcel({ category: "log_item", eventId: "", body: Buffer.from(JSON.stringify({ ...entry, attributes: {} })) });
}
