import { randomBytes } from "node:crypto";
import { aborted } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { Complaints } from "../../base/complaints.ts";
import { codeOf, messageOf } from "../../base/errors.ts";
import type { Component } from "../../base/lifecycle.ts";
import type { Logger } from "../../base/log.ts";
import { formatBytes, formatDuration } from "../../base/units.ts";
import type { RelayConfig } from "../../config/relay-config.ts";
import { envelopeToKeep } from "../../sentry/envelope.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { titleAndLevel } from "./contents.ts";
import { MAX_ENVELOPE_BYTES, type KeptShipment } from "./kept-envelope.ts";
import { directoryIn, footprint, LetterFolder, type FolderContents } from "./letter-folder.ts";
import { letterId, readLetterId, shortOf } from "./letter-id.ts";
import type { Note } from "./note.ts";

const LOGS_PER_ENVELOPE = 100;
/** Others (`crumbtrail dlq`) remove letters too: the number is looked up again at most this often, when asked for. */
const LOOK_EVERY_MS = 5_000;
/** Of a directory that takes long to read, a smaller part of the time is spent on reading it. */
const LOOK_SHARE = 50;
/** How often old letters are looked for where nobody asks. */
const EXPIRE_EVERY_MS = 600_000;
/** After so long a file that is still unfinished has no writer any more. */
const UNFINISHED_MS = 3_600_000;
const TROUBLES = {
  not_kept: "a dead letter could not be kept",
  not_looked_after: "dead letters cannot be looked after",
  not_removed: "an old dead letter cannot be removed",
} as const;

export interface DeadLetterOptions {
  /** Made when missing. */
  readonly directory: string;
  /** Of disk: files count in whole blocks of 4 KiB. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the relay, for the `sdk` header. */
  readonly version: string;
}

/** The store of a configuration, below its `data_dir`; undefined without one: then none are kept. */
export function deadLettersOf(
  { dataDir, deadLetters }: Pick<RelayConfig, "dataDir" | "deadLetters">,
  { clock, log, version }: Pick<DeadLetterOptions, "clock" | "log" | "version">,
): DeadLetters | undefined {
  if (dataDir === undefined) return undefined;
  return new DeadLetters({ directory: directoryIn(dataDir), ...deadLetters, clock, log, version });
}

interface Kept {
  readonly bytes: number;
  readonly whole: boolean;
}

/**
 * Keeps what can never be delivered, within bytes and age: the oldest make room. Works on one thing after the other, so
 * that a tracker that refuses everything costs the disk queue no more than one thread's attention. Trouble with the
 * disk is logged and counted, and never keeps a parcel from leaving.
 */
export class DeadLetters implements Component {
  readonly #options: DeadLetterOptions;
  readonly #folder: LetterFolder;
  readonly #complaints: Complaints;
  /** Oldest first. */
  #kept = new Map<string, Kept>();
  #bytes = 0;
  #whole = 0;
  #lost = 0;
  #nextLook = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: DeadLetterOptions) {
    this.#options = options;
    this.#folder = new LetterFolder(options.directory);
    this.#complaints = new Complaints(options.log, options.clock);
  }

  /** Counts what is there. Never rejects: without a directory the relay runs all the same. */
  async start(): Promise<void> {
    await this.#next(async () => {
      await this.#folder.create();
      const { unfinished } = await this.#look();
      await this.#folder.sweep(unfinished, this.#options.clock.nowMs() - UNFINISHED_MS);
    });
    this.#timer = setInterval(() => this.#lookSoon(), EXPIRE_EVERY_MS).unref();
    this.#nextLook = this.#options.clock.tickMs() + LOOK_EVERY_MS;
  }

  /** Resolves once everything buried until now is kept, or at the deadline where the disk does not answer. */
  async stop(deadline: AbortSignal): Promise<void> {
    clearInterval(this.#timer);
    this.#nextLook = Infinity;
    await Promise.race([this.#work, aborted(deadline)]);
  }

  /** Keeps parcels: a file for each event, one for up to a hundred logs. Never rejects. */
  bury(letter: DeadLetter): Promise<void> {
    return this.#next(async () => {
      for (const shipment of shipmentsOf(letter)) {
        try {
          await this.#keep(letter, shipment);
        } catch (thrown) {
          this.#lost += 1;
          this.#troubled("not_kept", thrown);
        }
      }
    });
  }

  /** Letters there are; follows what other processes remove within seconds. */
  get count(): number {
    if (this.#options.clock.tickMs() >= this.#nextLook) this.#lookSoon();
    return this.#whole;
  }

  /** Letters that could not be kept, since start. */
  get lost(): number {
    return this.#lost;
  }

  #lookSoon(): void {
    const { clock } = this.#options;
    const started = clock.tickMs();
    this.#nextLook = Infinity;
    void this.#next(async () => void (await this.#look())).then(() => {
      const now = clock.tickMs();
      this.#nextLook = now + Math.max(LOOK_EVERY_MS, LOOK_SHARE * (now - started));
    });
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch((thrown: unknown) => this.#troubled("not_looked_after", thrown));
    return this.#work;
  }

  /** Reads names; sizes only of letters that were not there before. */
  async #look(): Promise<FolderContents> {
    const contents = await this.#folder.contents();
    const whole = new Set(contents.letters);
    const kept = new Map<string, Kept>();
    for (const id of [...contents.letters, ...contents.halves].toSorted()) {
      const before = this.#kept.get(id);
      const known = before !== undefined && before.whole === whole.has(id);
      kept.set(id, known ? before : { bytes: await this.#folder.bytesOf(id), whole: whole.has(id) });
    }
    this.#kept = kept;
    this.#whole = whole.size;
    this.#bytes = [...kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    await this.#expire();
    await this.#makeRoom(0);
    return contents;
  }

  async #keep(letter: DeadLetter, shipment: KeptShipment): Promise<void> {
    const { clock, maxBytes, version } = this.#options;
    const [first] = shipment.parcels;
    if (first === undefined) return;
    const envelope = envelopeToKeep(shipment, version);
    const note: Note = {
      upstream: letter.upstream,
      reason: letter.outcome,
      cause: letter.cause,
      status: letter.status,
      category: first.category,
      eventId: first.eventId,
      items: shipment.parcels.length,
      records: shipment.parcels.reduce((sum, { records }) => sum + records, 0),
      bornMs: first.bornMs,
      ...titleAndLevel(shipment.parcels),
      attempts: 0,
    };
    const id = this.#idFor(clock.nowMs(), first.eventId);
    const bytes = footprint(id, envelope, note);
    if (bytes > maxBytes || envelope.length > MAX_ENVELOPE_BYTES) {
      const most = formatBytes(Math.min(maxBytes, MAX_ENVELOPE_BYTES));
      throw new Error(`it takes ${formatBytes(bytes)}, more than the ${most} there may be (dead_letters.max_bytes)`);
    }
    await this.#expire();
    await this.#makeRoom(bytes);
    try {
      await this.#write(id, envelope, note);
    } catch (thrown) {
      // Without its note it would only take room.
      await this.#folder.remove(id).catch(() => undefined);
      throw thrown;
    }
    this.#kept.set(id, { bytes, whole: true });
    this.#bytes += bytes;
    this.#whole += 1;
  }

  async #write(id: string, envelope: Buffer, note: Note): Promise<void> {
    try {
      await this.#folder.write(id, envelope, note);
    } catch (thrown) {
      if (codeOf(thrown) !== "ENOENT") throw thrown;
      // Somebody has removed the directory.
      await this.#folder.create();
      await this.#folder.write(id, envelope, note);
    }
  }

  #idFor(diedMs: number, eventId: string): string {
    const id = letterId(diedMs, shortOf(eventId) ?? randomHex());
    return this.#kept.has(id) ? letterId(diedMs, randomHex()) : id;
  }

  /** Removes the oldest until there is room for so many bytes more. */
  async #makeRoom(bytes: number): Promise<void> {
    const { maxBytes } = this.#options;
    let removed = 0;
    for (const id of this.#kept.keys()) {
      if (this.#bytes + bytes <= maxBytes) break;
      await this.#remove(id);
      removed += 1;
    }
    if (removed === 0) return;
    const limit = `dead_letters.max_bytes is ${formatBytes(maxBytes)}`;
    this.#warn("dead_letters_full", `removed the ${removed} oldest to make room (${limit}); see crumbtrail dlq list`);
  }

  async #expire(): Promise<void> {
    const { clock, maxAgeMs } = this.#options;
    const before = clock.nowMs() - maxAgeMs;
    let removed = 0;
    for (const id of this.#kept.keys()) {
      if ((readLetterId(id)?.diedMs ?? 0) >= before) break;
      await this.#remove(id);
      removed += 1;
    }
    if (removed > 0) {
      this.#warn("dead_letters_old", `removed ${removed} older than dead_letters.max_age (${formatDuration(maxAgeMs)})`);
    }
  }

  /** One that cannot be removed is not counted until the next look, so that the search for room goes on. */
  async #remove(id: string): Promise<void> {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    await this.#folder.remove(id).catch((thrown: unknown) => this.#troubled("not_removed", thrown));
    this.#kept.delete(id);
    this.#bytes -= kept.bytes;
    if (kept.whole) this.#whole -= 1;
  }

  /** The warning of one trouble never mutes that of another, though both have one cause in the file system. */
  #troubled(trouble: keyof typeof TROUBLES, thrown: unknown): void {
    this.#warn(trouble, `${TROUBLES[trouble]}: ${messageOf(thrown)} (directory ${this.#folder.path})`);
  }

  #warn(cause: string, message: string): void {
    this.#complaints.warn("dead_letters", { cause, peer: "", message });
  }
}

/** Parcels of a letter as they go into files. */
function shipmentsOf({ parcels }: DeadLetter): KeptShipment[] {
  const events = parcels.filter(({ category }) => category === "error");
  const logs = parcels.filter(({ category }) => category === "log_item");
  const shipments: KeptShipment[] = events.map((event) => ({ kind: "event", parcels: [event] }));
  for (let from = 0; from < logs.length; from += LOGS_PER_ENVELOPE) {
    shipments.push({ kind: "logs", parcels: logs.slice(from, from + LOGS_PER_ENVELOPE) });
  }
  return shipments;
}

function randomHex(): string {
  return randomBytes(4).toString("hex");
}
