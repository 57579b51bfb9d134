import { crc32 } from "node:zlib";

/** Why a chunk was counted. Every chunk is `received`; later it is counted once more, under the way it left. */
export const CHUNK_RESULTS = ["received", "completed", "expired", "duplicate", "evicted", "invalid"] as const;
export type ChunkResult = (typeof CHUNK_RESULTS)[number];

export interface ChunkLimits {
  /** How long a set may take from its first chunk to its last, in milliseconds. */
  readonly timeoutMs: number;
  /** Unfinished sets held at once. */
  readonly maxSets: number;
  /** Bytes of all unfinished sets together, headers included. */
  readonly maxBytes: number;
}

/** A message of which too few chunks came. */
export interface LostMessage {
  readonly peer: string;
  /** The message id, 16 hex digits. */
  readonly id: string;
  readonly got: number;
  readonly expected: number;
  readonly reason: "expired" | "evicted";
}

export interface ChunkReport {
  /** So many chunks met this result. */
  count(result: ChunkResult, chunks: number): void;
  /** A set was given up. Told once for each set. */
  lost(message: LostMessage): void;
  /** A datagram with the chunk magic that is no chunk, or does not fit its set. */
  invalid(peer: string, why: string): void;
}

const HEADER_BYTES = 12;
/** What a chunk costs beside its bytes: a buffer of its own. */
const CHUNK_COST_BYTES = 256;
const MAX_CHUNKS = 128;
/** What a set starts from; copying it is several times faster than making an array. */
const NO_PARTS: readonly (Buffer | undefined)[] = Array.from({ length: MAX_CHUNKS }, () => undefined);

interface PendingSet {
  readonly key: string;
  readonly peer: string;
  readonly id: string;
  readonly firstMs: number;
  readonly parts: (Buffer | undefined)[];
  got: number;
  bytes: number;
}

/** What a finished message was made of, kept for a while to know a chunk that the network delivered twice. */
interface Finished {
  readonly untilMs: number;
  readonly sums: readonly number[];
}

/** Whether a datagram is a chunk of a GELF message. */
export function isChunk(datagram: Buffer): boolean {
  return datagram[0] === 0x1e && datagram[1] === 0x0f;
}

/**
 * Puts chunked GELF messages together (GELF 1.1, "Chunking"): two bytes of magic, eight of message id, one of sequence
 * number, one of sequence count (1 to 128), then data, which may be empty. Chunks come in any order; a set that is not
 * complete `timeoutMs` after its FIRST chunk is dropped whole.
 *
 * Sets are told apart by sender, port and id, because several senders make ids of little randomness. When there is no
 * room the oldest other set goes; a chunk of a set that is already held is never refused. Time is a parameter; it must
 * not run backwards.
 */
export class GelfChunks {
  readonly #limits: ChunkLimits;
  readonly #report: ChunkReport;
  /** In order of their first chunk, so the first one is the oldest. */
  readonly #sets = new Map<string, PendingSet>();
  /** In order of their end. At most `maxSets`. */
  readonly #finished = new Map<string, Finished>();
  #bytes = 0;

  constructor(limits: ChunkLimits, report: ChunkReport) {
    this.#limits = limits;
    this.#report = report;
  }

  /** Unfinished sets. */
  get sets(): number {
    return this.#sets.size;
  }

  /** Bytes of the unfinished sets, with what chunks cost beside theirs. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest set expires, in the caller's milliseconds; undefined when none is pending. */
  get expiresMs(): number | undefined {
    for (const oldest of this.#sets.values()) return oldest.firstMs + this.#limits.timeoutMs;
    return undefined;
  }

  /** The whole message when this chunk completes it. The chunk belongs to the set from now on. */
  add(chunk: Buffer, peer: string, port: number, nowMs: number): Buffer | undefined {
    this.#report.count("received", 1);
    const sequence = chunk[10] ?? 0;
    const expected = chunk[11] ?? 0;
    const broken = headerTrouble(chunk.length, sequence, expected);
    if (broken !== undefined) return this.#invalid(peer, broken);
    this.sweep(nowMs);
    const key = `${peer} ${port} ${chunk.toString("latin1", 2, 10)}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      if (this.#isEcho(key, chunk, sequence, expected)) return this.#duplicate();
      set = this.#open(key, peer, chunk, nowMs);
    }
    if (set.parts.length !== expected) {
      return this.#invalid(peer, `chunk of message ${set.id} says ${expected} chunks, an earlier one ${set.parts.length}`);
    }
    if (set.parts[sequence] !== undefined) return this.#duplicate();
    set.parts[sequence] = chunk;
    set.got += 1;
    set.bytes += chunk.length + CHUNK_COST_BYTES;
    this.#bytes += chunk.length + CHUNK_COST_BYTES;
    if (set.got === expected) return this.#finish(set, nowMs);
    this.#makeRoom(set);
    return undefined;
  }

  /** Gives up the sets whose time is over. */
  sweep(nowMs: number): void {
    for (const set of this.#sets.values()) {
      if (nowMs - set.firstMs < this.#limits.timeoutMs) break;
      this.#drop(set, "expired");
    }
    for (const [key, finished] of this.#finished) {
      if (nowMs < finished.untilMs) break;
      this.#finished.delete(key);
    }
  }

  /** Gives up the oldest sets until so many bytes are left at most. */
  shrink(maxBytes: number): void {
    for (const set of this.#sets.values()) {
      if (this.#bytes <= maxBytes) return;
      this.#drop(set, "evicted");
    }
  }

  /** Gives up everything: no more chunks will come. */
  clear(): void {
    for (const set of this.#sets.values()) this.#drop(set, "expired");
    this.#finished.clear();
  }

  #open(key: string, peer: string, chunk: Buffer, nowMs: number): PendingSet {
    const parts = NO_PARTS.slice(0, chunk[11] ?? 0);
    const set = { key, peer, id: chunk.toString("hex", 2, 10), firstMs: nowMs, parts, got: 0, bytes: 0 };
    this.#sets.set(key, set);
    return set;
  }

  #finish(set: PendingSet, nowMs: number): Buffer {
    this.#sets.delete(set.key);
    this.#bytes -= set.bytes;
    this.#report.count("completed", set.got);
    const data: Buffer[] = [];
    const sums: number[] = [];
    for (const part of set.parts) {
      // A complete set has no holes.
      const bytes = part === undefined ? Buffer.alloc(0) : part.subarray(HEADER_BYTES);
      data.push(bytes);
      sums.push(crc32(bytes));
    }
    this.#finished.delete(set.key);
    this.#finished.set(set.key, { untilMs: nowMs + this.#limits.timeoutMs, sums });
    if (this.#finished.size > this.#limits.maxSets) this.#finished.delete(firstOf(this.#finished.keys()) ?? "");
    return data.length === 1 && data[0] !== undefined ? data[0] : Buffer.concat(data);
  }

  /** The same chunk of a message that is complete already. A new message under an old id has other bytes. */
  #isEcho(key: string, chunk: Buffer, sequence: number, expected: number): boolean {
    const sums = this.#finished.get(key)?.sums;
    return sums !== undefined && sums.length === expected && sums[sequence] === crc32(chunk.subarray(HEADER_BYTES));
  }

  #makeRoom(keep: PendingSet): void {
    if (this.#sets.size <= this.#limits.maxSets && this.#bytes <= this.#limits.maxBytes) return;
    for (const set of this.#sets.values()) {
      if (set !== keep) this.#drop(set, "evicted");
      if (this.#sets.size <= this.#limits.maxSets && this.#bytes <= this.#limits.maxBytes) return;
    }
    this.#drop(keep, "evicted");
  }

  #drop(set: PendingSet, reason: "expired" | "evicted"): void {
    this.#sets.delete(set.key);
    this.#bytes -= set.bytes;
    this.#report.count(reason, set.got);
    this.#report.lost({ peer: set.peer, id: set.id, got: set.got, expected: set.parts.length, reason });
  }

  #duplicate(): undefined {
    this.#report.count("duplicate", 1);
  }

  #invalid(peer: string, why: string): undefined {
    this.#report.count("invalid", 1);
    this.#report.invalid(peer, why);
  }
}

function headerTrouble(length: number, sequence: number, expected: number): string | undefined {
  if (length < HEADER_BYTES) return `a chunk of ${length} bytes; its header alone takes ${HEADER_BYTES}`;
  if (expected < 1 || expected > MAX_CHUNKS) return `a chunk of a message of ${expected} chunks; 1 to ${MAX_CHUNKS} are allowed`;
  return sequence >= expected ? `chunk number ${sequence} (counted from 0) of a message of ${expected} chunks` : undefined;
}

function firstOf(keys: Iterable<string>): string | undefined {
  for (const key of keys) return key;
  return undefined;
}
