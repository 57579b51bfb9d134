import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { Address } from "../base/units.ts";

/**
 * Whether a port could be listened on, by doing so for a moment: undefined when it could, else the code of the error,
 * such as "EADDRINUSE" or "EACCES".
 */
export function tryPort(protocol: "tcp" | "udp", { host, port }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    if (protocol === "tcp") {
      const server = createServer();
      server.once("error", failed);
      server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
      return;
    }
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.once("error", (error) => {
      socket.close();
      failed(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}
