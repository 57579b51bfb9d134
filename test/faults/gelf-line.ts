import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { gelfLine, type Line, type Source } from "./flow.ts";
import { gelf } from "./records.ts";

/** GELF over TCP: nothing is answered, so a connection is closed politely and what was written counts as taken. */
export class GelfTcpLine implements Line {
  readonly #source: Source;
  #socket: Socket | undefined;
  #connected = false;
  #isFull = false;
  #closeAt = Infinity;

  constructor(source: Source) {
    this.#source = source;
    this.#open();
  }

  get isIdle(): boolean {
    return this.#socket === undefined || this.#socket.writableLength === 0;
  }

  pump(): void {
    const socket = this.#socket;
    if (socket === undefined || !this.#connected) return;
    if (performance.now() > this.#closeAt) {
      this.#connected = false;
      socket.end();
      return;
    }
    while (!this.#isFull) {
      const batch = this.#source.next();
      if (batch === undefined) return;
      this.#isFull = !socket.write(gelfLine(batch));
    }
  }

  async end(): Promise<void> {
    const socket = this.#socket;
    this.#connected = false;
    if (socket === undefined || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      socket.end();
    });
  }

  #open(): void {
    const { plan } = this.#source;
    const socket = connect(plan.port, "127.0.0.1");
    this.#socket = socket;
    socket.resume();
    socket.on("connect", () => {
      this.#connected = true;
      this.#isFull = false;
      this.#source.connections += 1;
      if (plan.reconnectMs !== undefined) this.#closeAt = performance.now() + plan.reconnectMs * (0.5 + Math.random());
    });
    socket.on("drain", () => (this.#isFull = false));
    socket.on("error", (error) => {
      throw error;
    });
    socket.on("close", () => {
      this.#socket = undefined;
      if (!this.#source.isStopping) this.#open();
    });
  }
}

/** GELF over UDP, one record a datagram. */
export class GelfUdpLine implements Line {
  readonly #source: Source;
  readonly #socket = createSocket("udp4");
  #open = 0;

  constructor(source: Source) {
    this.#source = source;
    source.connections += 1;
  }

  get isIdle(): boolean {
    return this.#open === 0;
  }

  pump(): void {
    for (let batch = this.#source.next(); batch !== undefined; batch = this.#source.next()) {
      for (const fields of batch.fields) {
        this.#open += 1;
        this.#socket.send(gelf(fields), this.#source.plan.port, "127.0.0.1", (error) => {
          this.#open -= 1;
          if (error !== null) throw error;
        });
      }
    }
  }

  async end(): Promise<void> {
    this.#socket.close();
  }
}
