import { status, type Metadata } from "@grpc/grpc-js";

/** How a call ends. */
export interface Ending {
  readonly code: status;
  readonly details: string;
  /** Sent along. */
  readonly metadata?: Metadata;
}

export const OK: Ending = { code: status.OK, details: "OK" };
export const DRAINING: Ending = {
  code: status.UNAVAILABLE,
  details: "the relay is stopping; send what was not acknowledged again",
};
export const SEND_WITHOUT_BATCH: Ending = {
  code: status.INVALID_ARGUMENT,
  details: "Send takes one Batch; there was none",
};
export const SEND_WITH_SEVERAL: Ending = {
  code: status.INVALID_ARGUMENT,
  details: "Send takes one Batch; use Stream for many",
};

export function tooMuchMetadata(bytes: number, maxBytes: number): Ending {
  return {
    code: status.RESOURCE_EXHAUSTED,
    details: `request metadata of ${bytes} bytes; at most ${maxBytes} are taken (max_metadata_bytes)`,
  };
}
