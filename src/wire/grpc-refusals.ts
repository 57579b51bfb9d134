import { status } from "@grpc/grpc-js";
import type { InputHost } from "../component/host.ts";
import type { Ending } from "./grpc-endings.ts";

/** Counts what grpc-js refused of itself, where that was a batch: one over the limit, or one that cannot be unpacked. */
export function countRefused({ code, details }: Ending, peer: string, host: InputHost): void {
  const isTooLarge = code === status.RESOURCE_EXHAUSTED;
  const isUnreadable = code === status.UNIMPLEMENTED || details.includes("decompress");
  if (!isTooLarge && !isUnreadable) return;
  host.refuse(isTooLarge ? "too_large" : "malformed");
  const advice = isTooLarge ? " (max_message_bytes); send smaller batches" : "";
  host.complain({ cause: isTooLarge ? "too_large" : "unreadable", peer, message: `${details}${advice}` });
}
