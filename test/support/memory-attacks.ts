// Senders that want memory: each begins what it never ends, and comes again when it is let go of.
import { createSocket } from "node:dgram";
import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { connect, type Socket } from "node:net";

/** What each sends of its message at once, and how often: all of them together would otherwise take the whole processor. */
const PIECE_EVERY_MS = 1_000;
const PIECE = Buffer.alloc(64 << 10, "x");

/** How senders of one kind behave. */
interface Greed {
  readonly port: number;
  /** Senders at once. */
  readonly senders: number;
  /** What each begins with. */
  readonly head: Buffer;
  /** Bytes that each sends after it, and then no more. */
  readonly bytes: number;
}

/** Attacks until they are stopped. */
export class MemoryAttacks {
  /** Connections that were made, and those that the relay closed. */
  opened = 0;
  closed = 0;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ClientHttp2Session>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  /** Messages over TCP that begin and never end. */
  unfinished(greed: Greed): void {
    for (let i = 0; i < greed.senders; i += 1) this.#begin(greed, i);
  }

  /** Streams of gRPC whose message is never whole. */
  streams(port: number, sessions: number, each: number): void {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(3_900_000, 1);
    for (let i = 0; i < sessions; i += 1) {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      session.on("error", () => {});
      this.#sessions.add(session);
      session.once("connect", () => {
        for (let stream = 0; stream < each; stream += 1) this.#stream(session, head);
      });
    }
  }

  /** Chunks of messages of which the last chunk never comes. */
  chunks(port: number): void {
    const socket = createSocket("udp4");
    let id = 0;
    const flood = (): void => {
      for (let i = 0; i < 16; i += 1) {
        const chunk = Buffer.concat([Buffer.from([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128]), PIECE.subarray(0, 8_000)]);
        chunk.writeUInt32BE((id += 1), 4);
        socket.send(chunk, port, "127.0.0.1");
      }
    };
    const timer = setInterval(flood, 20);
    this.#timers.add(timer);
    timer.unref();
    socket.unref();
  }

  /** Lets go of everything. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
    for (const session of this.#sessions) session.destroy();
  }

  #begin(greed: Greed, index: number): void {
    if (this.#stopped) return;
    const socket = connect({ port: greed.port, host: "127.0.0.1", localAddress: `127.0.2.${1 + (index % 200)}` });
    this.#sockets.add(socket);
    let left = greed.bytes;
    const pour = (): void => {
      if (left <= 0 || socket.writableNeedDrain) return;
      left -= PIECE.length;
      socket.write(PIECE);
    };
    const pouring = setInterval(pour, PIECE_EVERY_MS + (index % 100)).unref();
    socket.on("error", () => {});
    socket.once("connect", () => {
      this.opened += 1;
      socket.write(greed.head);
      pour();
    });
    socket.resume();
    socket.once("close", () => {
      clearInterval(pouring);
      this.closed += 1;
      this.#sockets.delete(socket);
      setTimeout(() => this.#begin(greed, index), 500).unref();
    });
  }

  #stream(session: ClientHttp2Session, head: Buffer): void {
    if (session.destroyed || this.#stopped) return;
    const request = session.request({
      ":method": "POST",
      ":path": "/crumbtrail.v1.LogRelay/Stream",
      "content-type": "application/grpc",
      te: "trailers",
    });
    request.on("error", () => {});
    request.resume();
    let left = 3_800_000;
    const pour = (): void => {
      if (left <= 0 || request.destroyed || !request.writable || request.writableNeedDrain) return;
      left -= PIECE.length;
      request.write(PIECE);
    };
    const pouring = setInterval(pour, PIECE_EVERY_MS).unref();
    request.once("response", () => {
      this.closed += 1;
      request.close();
    });
    request.once("close", () => {
      clearInterval(pouring);
      setTimeout(() => this.#stream(session, head), 500).unref();
    });
    request.write(head);
    pour();
  }
}
