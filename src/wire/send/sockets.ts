import { createSocket } from "node:dgram";
import { createConnection } from "node:net";
import type { Address } from "../../base/units.ts";
import { attempt } from "./attempt.ts";

/** How long the kernel may take to say that nobody listens; on one machine it does so at once. */
const LISTEN_FOR_REFUSAL_MS = 200;

/** Sends datagrams over UDP. Resolves when they are sent and nobody refused them at once; UDP has no acknowledgement. */
export async function sendDatagrams(target: Address, datagrams: readonly Uint8Array[], timeoutMs: number): Promise<void> {
  const socket = createSocket(target.host.includes(":") ? "udp6" : "udp4");
  let listening: NodeJS.Timeout | undefined;
  try {
    await attempt({ target, timeoutMs: timeoutMs + LISTEN_FOR_REFUSAL_MS }, (resolve, reject) => {
      socket.on("error", reject);
      socket.once("connect", () => {
        for (const datagram of datagrams) socket.send(datagram);
        listening = setTimeout(resolve, LISTEN_FOR_REFUSAL_MS);
      });
      socket.connect(target.port, target.host);
    });
  } finally {
    clearTimeout(listening);
    socket.close();
  }
}

/** Sends bytes over a TCP connection of their own. Resolves when the relay has closed its side too: it has read everything. */
export async function sendStream(target: Address, bytes: Uint8Array, timeoutMs: number): Promise<void> {
  const socket = createConnection({ host: target.host, port: target.port });
  try {
    await attempt({ target, timeoutMs }, (resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => resolve());
      // An end is only noticed by who reads.
      socket.resume();
      socket.end(bytes);
    });
  } finally {
    socket.destroy();
  }
}
