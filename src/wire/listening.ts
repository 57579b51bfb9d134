import type { Server } from "node:net";
import type { Address } from "../base/units.ts";
import { listenError } from "./listen-error.ts";

/** Has a server listen. Resolves with the bound port, or rejects with a text for a person. */
export function listening(server: Server, input: string, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(input, "tcp", address, error)));
    server.listen({ host: address.host, port: address.port, backlog: 1024 }, () => {
      server.removeAllListeners("error");
      // After a successful bind the only errors are of accept(), e.g. no file descriptors left: the next one may succeed.
      server.on("error", () => {});
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : address.port);
    });
  });
}
