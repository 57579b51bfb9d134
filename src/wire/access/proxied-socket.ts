import type { Socket } from "node:net";
import { readProxyHeader, type ProxyHeaderRead } from "../proxy-protocol.ts";

/** What came of waiting for a header: it, why it is none, or nothing within the time or before the connection ended. */
export type ProxyHeaderCame = Exclude<ProxyHeaderRead, undefined> | { readonly kind: "late" } | { readonly kind: "gone" };

/**
 * Reads the PROXY header off a new connection. What follows it goes back to the socket, for whoever reads it next. Errors of
 * the socket are taken care of from here on.
 */
export function proxyHeaderOf(socket: Socket, timeoutMs: number): Promise<ProxyHeaderCame> {
  return new Promise((resolve) => {
    let came: Buffer = Buffer.alloc(0);
    const finish = (result: ProxyHeaderCame): void => {
      clearTimeout(timer);
      socket.off("readable", read);
      socket.off("end", gone);
      socket.off("close", gone);
      resolve(result);
    };
    const gone = (): void => finish({ kind: "gone" });
    const timer = setTimeout(() => finish({ kind: "late" }), timeoutMs);
    const read = (): void => {
      const chunk: unknown = socket.read();
      if (!Buffer.isBuffer(chunk)) return;
      came = came.length === 0 ? chunk : Buffer.concat([came, chunk]);
      const header = readProxyHeader(came);
      if (header === undefined) return;
      if (header.kind === "header" && came.length > header.length) socket.unshift(came.subarray(header.length));
      finish(header);
    };
    socket.on("error", () => {});
    socket.on("readable", read);
    socket.on("end", gone);
    socket.on("close", gone);
  });
}
