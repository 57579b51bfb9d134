/** How the sender wants one message acknowledged. */
export interface ForwardChunk {
  /** Names the chunk; not longer than a few hundred characters. Empty: it has an answer but no name. */
  readonly id: string;
  /** The whole answer: a map whose `ack` is the sender's value byte for byte, in msgpack or JSON as the connection speaks. */
  readonly answer: Buffer;
}

/** What a message carries. */
export type ForwardBody =
  /** Entries already cut, each `[time, record]` or, in Message mode, `time record [option]`. May grow until it is handed over. */
  | { readonly kind: "frames"; readonly bytes: Buffer; readonly bounds: number[] }
  /** Entries one after the other. */
  | { readonly kind: "entries"; readonly bytes: Buffer; readonly start: number; readonly end: number }
  /** Entries one after the other, compressed with gzip. */
  | { readonly kind: "gzip"; readonly bytes: Buffer }
  /** Nothing that could be read, and why. */
  | { readonly kind: "malformed"; readonly reason: string; readonly sample: Buffer };

/** One message of the Fluentd forward protocol, whole. */
export interface ForwardMessage {
  readonly tag: string;
  readonly body: ForwardBody;
  /** Undefined when the sender wants no acknowledgement. */
  readonly chunk: ForwardChunk | undefined;
  /** False for metrics, traces and the like (`fluent_signal`), which are acknowledged and passed over. */
  readonly isLogs: boolean;
}

/** Why a stream cannot be read on. */
export interface ForwardFault {
  readonly outcome: "malformed" | "too_large";
  /** A stable word for the warning. */
  readonly cause: string;
  readonly message: string;
}

/** Cuts the bytes of one connection into messages. */
export interface ForwardSource {
  /** The messages that these bytes complete, in order. Nothing more comes after a fault. */
  push(chunk: Buffer): readonly ForwardMessage[];
  /** Bytes kept of a message that has not come in whole. */
  readonly heldBytes: number;
  /** Forgets that message; nothing more is to come. */
  forget(): void;
  /** No more bytes will come: what is left over is a fault, if anything is. */
  end(): void;
  readonly fault: ForwardFault | undefined;
}

const MAX_TAG_LENGTH = 1_024;

/** A tag that is kept with every record: cut where it is absurdly long. */
export function trimTag(tag: string): string {
  return tag.length > MAX_TAG_LENGTH ? `${tag.slice(0, MAX_TAG_LENGTH)}...` : tag;
}
