import type { IncomingMessage } from "node:http";
import type { HttpRoom } from "./http-room.ts";

/** The body, or why there is none: over the limit, no room for it now, or the sender left in the middle of it. */
export type ReadBody = Buffer | "too_large" | "no_room" | "gone";

/**
 * Reads the body of a request whole, as long as there is room for it. `came` is told of each piece. What is over a limit is
 * not read on; Node discards the rest once the answer is sent.
 */
export function readBody(
  request: IncomingMessage,
  { maxBytes, room, came }: { readonly maxBytes: number; readonly room: HttpRoom; readonly came: (bytes: number) => void },
): Promise<ReadBody> {
  return new Promise((resolve) => {
    let parts: Buffer[] = [];
    let length = 0;
    const finish = (result: ReadBody): void => {
      request.off("data", data);
      // Who still waits for the answer must not keep them.
      parts = [];
      resolve(result);
    };
    const data = (part: Buffer): void => {
      length += part.length;
      came(part.length);
      if (length > maxBytes) finish("too_large");
      else if (!room.arrived(part.length)) finish("no_room");
      else parts.push(part);
    };
    if (request.destroyed) {
      finish("gone");
      return;
    }
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
      finish("too_large");
      return;
    }
    request.on("data", data);
    request.once("end", () => {
      if (!room.whole()) finish("no_room");
      else finish(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts));
    });
    room.onEvicted = () => finish("no_room");
    request.once("error", () => finish("gone"));
    request.once("close", () => finish("gone"));
  });
}
