import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { TestContext } from "node:test";

/** A UDP socket that is connected, so that what it sends is with the kernel when `send` returns. Closed with the test. */
export class DatagramSender {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async to(t: TestContext, port: number, from = "127.0.0.1"): Promise<DatagramSender> {
    const socket = createSocket("udp4");
    t.after(() => socket.close());
    socket.bind(0, from);
    await once(socket, "listening");
    socket.connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new DatagramSender(socket);
  }

  send(...datagrams: readonly (string | Uint8Array)[]): void {
    for (const datagram of datagrams) this.#socket.send(datagram);
  }
}
