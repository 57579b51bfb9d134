import type { Frames, Receipt } from "../record/batch.ts";
import { ProtobufReader, SPAN } from "../scan/protobuf.ts";

// A `crumbtrail.v1.Batch` is walked by its lengths and an `Ack` is written by hand, so that a batch of a thousand records
// costs a list of numbers here; the records themselves are decoded where they are needed.
//
//   Batch { string id = 1; repeated Record records = 2; }    Ack { string id = 1; uint32 accepted = 2, malformed = 3; }

export interface OpenedBatch {
  /** The id as sent; a copy, so that remembering it does not keep the whole message. */
  readonly id: Buffer;
  /** One frame for each record. */
  readonly frames: Frames;
}

/** A batch that was taken and is not yet acknowledged. */
export interface Taken {
  readonly id: Buffer;
  /** The id as text of one character a byte. */
  readonly key: string;
  /** Until when it has to be safe, on the monotonic clock. */
  readonly untilMs: number;
  /** The bytes of the answer once it may be sent. */
  ack: Buffer | undefined;
  /** Set when it was not safe in time. */
  failed: boolean;
}

/** What becomes of a batch without records. */
export const NOTHING_IN_IT: Receipt = { accepted: 0, malformed: 0, safe: true, held: undefined };

/** Ids wait for their Ack and are remembered beyond it. */
const MAX_ID_BYTES = 1_024;

const reader = new ProtobufReader();

/** Finds the id and the records of a Batch. A string says why the bytes are none. */
export function openBatch(bytes: Buffer): OpenedBatch | string {
  let idStart = 0;
  let idStop = 0;
  const bounds: number[] = [];
  reader.over(bytes, 0, bytes.length);
  while (reader.next()) {
    if (reader.wire !== SPAN) continue;
    if (reader.field === 2) {
      bounds.push(reader.start, reader.stop);
    } else if (reader.field === 1) {
      idStart = reader.start;
      idStop = reader.stop;
    }
  }
  reader.release();
  if (reader.fault !== undefined) return reader.fault;
  if (idStop - idStart > MAX_ID_BYTES) return `an id of ${idStop - idStart} bytes (at most ${MAX_ID_BYTES})`;
  return { id: Buffer.from(bytes.subarray(idStart, idStop)), frames: { bytes, bounds } };
}

/** The bytes of an Ack. */
export function encodeAck(id: Buffer, accepted: number, malformed: number): Buffer {
  const ack: number[] = [];
  if (accepted > 0) pushVarint(ack, 2 << 3, accepted);
  if (malformed > 0) pushVarint(ack, 3 << 3, malformed);
  if (id.length === 0) return Buffer.from(ack);
  const head: number[] = [];
  pushVarint(head, (1 << 3) | SPAN, id.length);
  return Buffer.concat([Buffer.from(head), id, Buffer.from(ack)]);
}

function pushVarint(target: number[], tag: number, value: number): void {
  target.push(tag);
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target.push((rest % 0x80) | 0x80);
  target.push(rest);
}
