import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface GelfFields {
  readonly [name: string]: unknown;
}

/** A plain GELF TCP sender. */
export class GelfSender {
  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async connect(port: number): Promise<GelfSender> {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    return new GelfSender(socket);
  }

  /** Sends messages, NUL after each; resolves once the kernel has them. */
  async send(...messages: readonly GelfFields[]): Promise<void> {
    const bytes = messages
      .map((message) => `${JSON.stringify({ version: "1.1", host: "web1", level: 3, ...message })}\0`)
      .join("");
    await new Promise<void>((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  async end(): Promise<void> {
    if (this.socket.closed) return;
    this.socket.end();
    await once(this.socket, "close");
  }
}
