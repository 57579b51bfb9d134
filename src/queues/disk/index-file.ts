import { open, writeFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import * as z from "zod";
import { MAX_PARCELS, type Frame } from "./frame.ts";
import { readUpTo } from "./scan.ts";
import { change, segmentPath, type Segment } from "./segment.ts";

// Beside each sealed segment, so that a start need not read it: 0 magic, 4 length of the head, 8 crc32 of the head,
// 12 crc32 of the table, 16 head (JSON), then the table with five numbers a parcel: sequence, crc32 of the payload,
// bytes of the frame, records, and which group of the head it belongs to. An index is never needed: what is missing or
// damaged is made again from the segment.

const MAGIC = 0x43544958;
const PREFIX_BYTES = 16;
const MAX_HEAD_BYTES = 1 << 20;
const ENTRY_BYTES = 20;
const FIRST_READ_BYTES = 4 << 10;

const count = z.int().nonnegative();
const headSchema = z.object({
  segment: count,
  /** Length of the segment; another one says that the index belongs to something else. */
  bytes: count,
  next_sequence: count.max(MAX_PARCELS),
  entries: count.max(MAX_PARCELS),
  groups: z.array(
    z.object({
      upstream: z.string(),
      category: z.enum(["error", "log_item"]),
      input: z.string(),
      born_ms: z.number(),
      parcels: count,
      bytes: count,
      records: count,
    }),
  ),
});
type Head = z.output<typeof headSchema>;

/** The table of a segment while it is written or scanned. */
export class IndexTable {
  #bytes = Buffer.alloc(ENTRY_BYTES * 64);
  #groups: Head["groups"] = [];
  readonly #byName = new Map<string, number>();
  #entries = 0;
  #nextSequence = 0;

  add(frame: Pick<Frame, "upstream" | "category" | "input" | "bornMs" | "records" | "bytes" | "sequence" | "crc">): void {
    const { upstream, category, input, records, bytes, bornMs } = frame;
    const name = `${category} ${upstream}\n${input}`;
    let index = this.#byName.get(name);
    if (index === undefined) {
      index = this.#groups.length;
      this.#byName.set(name, index);
      this.#groups.push({ upstream, category, input, born_ms: bornMs, parcels: 0, bytes: 0, records: 0 });
    }
    const group = this.#groups[index];
    if (group !== undefined) {
      group.parcels += 1;
      group.bytes += bytes;
      group.records += records;
    }
    if ((this.#entries + 1) * ENTRY_BYTES > this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const at = this.#entries * ENTRY_BYTES;
    this.#bytes.writeUInt32BE(frame.sequence, at);
    this.#bytes.writeUInt32BE(frame.crc, at + 4);
    this.#bytes.writeUInt32BE(bytes, at + 8);
    this.#bytes.writeUInt32BE(records, at + 12);
    this.#bytes.writeUInt32BE(index, at + 16);
    this.#entries += 1;
    this.#nextSequence = Math.max(this.#nextSequence, frame.sequence + 1);
  }

  /** Tells a segment what is in it, with none acknowledged. */
  describe(segment: Segment): void {
    fillFrom(segment, this.#groups);
    segment.nextSequence = this.#nextSequence;
  }

  /** Takes out of a filled segment what was acknowledged. */
  acknowledge(segment: Segment, acks: ReadonlyMap<number, number>): void {
    acknowledgeIn(segment, acks, { groups: this.#groups, table: this.#bytes.subarray(0, this.#entries * ENTRY_BYTES) });
  }

  /** The bytes of the index file. */
  encode(segment: Segment): Buffer {
    const head = Buffer.from(
      JSON.stringify({
        segment: segment.id,
        bytes: segment.bytes,
        next_sequence: this.#nextSequence,
        entries: this.#entries,
        groups: this.#groups,
      } satisfies Head),
    );
    const table = this.#bytes.subarray(0, this.#entries * ENTRY_BYTES);
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(MAGIC, 0);
    prefix.writeUInt32BE(head.length, 4);
    prefix.writeUInt32BE(crc32(head), 8);
    prefix.writeUInt32BE(crc32(table), 12);
    return Buffer.concat([prefix, head, table]);
  }
}

export async function writeIndex(directory: string, segment: Segment, table: IndexTable): Promise<void> {
  await writeFile(segmentPath(directory, segment.id, "idx"), table.encode(segment), { mode: 0o600 });
}

/**
 * Fills a segment from its index, less what was acknowledged; false when the index is missing, damaged, or that of
 * another state of the segment, which is then as it was.
 */
export async function readIndex(directory: string, segment: Segment, acks: ReadonlyMap<number, number>): Promise<boolean> {
  try {
    const file = await open(segmentPath(directory, segment.id, "idx"), "r");
    try {
      let bytes = await readUpTo(file, FIRST_READ_BYTES);
      if (bytes.length < PREFIX_BYTES || bytes.readUInt32BE(0) !== MAGIC) return false;
      const tableAt = PREFIX_BYTES + bytes.readUInt32BE(4);
      if (tableAt > PREFIX_BYTES + MAX_HEAD_BYTES) return false;
      if (bytes.length < tableAt) bytes = await readUpTo(file, tableAt);
      const head = headIn(bytes.subarray(PREFIX_BYTES, tableAt), bytes.readUInt32BE(8));
      if (head === undefined || head.segment !== segment.id || head.bytes !== segment.bytes) return false;
      const table = acks.size === 0 ? undefined : await readUpTo(file, tableAt + head.entries * ENTRY_BYTES);
      if (table !== undefined && crc32(table.subarray(tableAt)) !== bytes.readUInt32BE(12)) return false;
      fillFrom(segment, head.groups);
      segment.nextSequence = head.next_sequence;
      if (table !== undefined) acknowledgeIn(segment, acks, { groups: head.groups, table: table.subarray(tableAt) });
      return true;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

function headIn(bytes: Buffer, crc: number): Head | undefined {
  if (crc32(bytes) !== crc) return undefined;
  return headSchema.safeParse(JSON.parse(bytes.toString("utf8"))).data;
}

function fillFrom(segment: Segment, groups: Head["groups"]): void {
  for (const { upstream, category, input, born_ms: bornMs, parcels, bytes, records } of groups) {
    const group = segment.groupOf({ upstream, category, input, bornMs });
    for (const tally of [group.live, group.unread, segment.live]) change(tally, { parcels, bytes, records }, 1);
  }
}

/** An entry that names no parcel by number and checksum is none: a false one would lose a parcel. */
function acknowledgeIn(
  segment: Segment,
  acks: ReadonlyMap<number, number>,
  { groups, table }: { readonly groups: Head["groups"]; readonly table: Buffer },
): void {
  for (let at = 0; at + ENTRY_BYTES <= table.length; at += ENTRY_BYTES) {
    const sequence = table.readUInt32BE(at);
    if (acks.get(sequence) !== table.readUInt32BE(at + 4) || segment.acked.has(sequence)) continue;
    const named = groups[table.readUInt32BE(at + 16)];
    if (named === undefined) continue;
    const group = segment.groupOf({ ...named, bornMs: named.born_ms });
    const tally = { parcels: 1, bytes: table.readUInt32BE(at + 8), records: table.readUInt32BE(at + 12) };
    for (const sum of [group.live, group.unread, segment.live]) change(sum, tally, -1);
    segment.acked.add(sequence);
  }
}
