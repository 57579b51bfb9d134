import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../../src/base/clock.ts";
import type { Complaint } from "../../../src/base/complaints.ts";
import { createLogger } from "../../../src/base/log.ts";
import type { DropCause } from "../../../src/component/host.ts";
import type { Queue } from "../../../src/component/queue.ts";
import { disk } from "../../../src/queues/disk.ts";
import type { Parcel, ParcelFacts } from "../../../src/record/parcel.ts";
import { parcel } from "../../support/parcels.ts";

const NEVER = new AbortController().signal;

/** Where memory is a file system, hundreds of stores cost no wait for a disk. */
const ROOT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A directory that goes away with the process. */
export function temporary(): string {
  const folder = mkdtempSync(join(ROOT, "crumbtrail-disk-"));
  folders.push(folder);
  return folder;
}

export interface Opened {
  readonly queue: Queue;
  readonly dropped: (ParcelFacts & { readonly cause: DropCause })[];
  readonly complaints: Complaint[];
  /** What was logged at warning and above. */
  readonly logged: string[];
}

export interface Settings {
  readonly max_bytes?: number;
  readonly when_full?: "block" | "drop_oldest" | "drop_newest";
}

/** A queue on a directory, not started. */
export function queueIn(directory: string, settings: Settings = {}): Opened {
  const dropped: Opened["dropped"] = [];
  const complaints: Complaint[] = [];
  const logged: string[] = [];
  const log = createLogger("silent");
  log.warn = (...words: unknown[]) => void logged.push(String(words.at(-1)));
  log.error = log.warn;
  const queue = disk.create(disk.config.parse({ directory, ...settings }), {
    name: "queue",
    clock: systemClock,
    log,
    complain: (complaint) => void complaints.push(complaint),
    upstreams: ["default"],
    dropped: (parcels, cause) => void dropped.push(...parcels.map((facts) => ({ ...facts, cause }))),
  });
  return { queue, dropped, complaints, logged };
}

/** A queue on a directory, started. */
export async function open(directory: string, settings: Settings = {}): Promise<Opened> {
  const opened = queueIn(directory, settings);
  await opened.queue.start(NEVER);
  return opened;
}

export async function close({ queue }: Opened): Promise<void> {
  await queue.stop(AbortSignal.timeout(5_000));
}

let made = 0;

/** A parcel whose body has so many bytes and is like no other. */
export function sized(bytes: number, overrides: Partial<Parcel> = {}): Parcel {
  made += 1;
  return parcel({ body: Buffer.from(`${made} `.padEnd(bytes, `${made % 10}`)), ...overrides });
}

/** What tells a parcel from every other. */
export function wordOf({ eventId, body, bornMs, records, issue, upstream, category, input }: Parcel): string {
  return JSON.stringify([eventId, Buffer.from(body).toString("latin1"), bornMs, records, issue, upstream, category, input]);
}

/** Leases and acknowledges until nothing is left; the parcels in the order in which they came. */
export async function drain({ queue }: Opened, upstream = "default"): Promise<Parcel[]> {
  const parcels: Parcel[] = [];
  const until = performance.now() + 20_000;
  while (queue.peek(upstream, "error") !== undefined || queue.peek(upstream, "log_item") !== undefined) {
    let some = false;
    for (const category of ["error", "log_item"] as const) {
      const lease = queue.lease({ upstream, category, count: 10, bytes: 1 << 20 });
      if (lease === undefined) continue;
      some = true;
      parcels.push(...lease.parcels.map((one) => ({ ...one, body: Buffer.from(one.body) })));
      lease.ack();
    }
    if (!some) await pause(1);
    if (performance.now() > until) throw new Error("the queue does not come to an end");
  }
  return parcels;
}

/** Waits until something holds. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (const until = performance.now() + 20_000; !holds();) {
    if (performance.now() > until) throw new Error(`waited in vain: ${what}`);
    await pause(2);
  }
}

export function filesIn(directory: string, extension: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(extension))
    .toSorted()
    .map((name) => join(directory, name));
}
