import type { IncomingMessage } from "node:http";

/** The body, or why there is none: over the limit, no room for it now, or the sender left in the middle of it. */
export type ReadBody = Buffer | "too_large" | "no_room" | "gone";

/**
 * Reads the body of a request whole. `take` is told of each piece and says whether there is room for it. What is over a
 * limit is not read on; Node discards the rest once the answer is sent.
 */
export function readBody(request: IncomingMessage, maxBytes: number, take: (bytes: number) => boolean): Promise<ReadBody> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    const finish = (result: ReadBody): void => {
      request.off("data", data);
      resolve(result);
    };
    const data = (part: Buffer): void => {
      length += part.length;
      if (length > maxBytes) finish("too_large");
      else if (!take(part.length)) finish("no_room");
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
    request.once("end", () => finish(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)));
    request.once("error", () => finish("gone"));
    request.once("close", () => finish("gone"));
  });
}
