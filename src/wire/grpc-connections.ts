import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "../base/units.ts";
import type { InputHost } from "../component/host.ts";
import { listenError } from "./listen-error.ts";

export interface GrpcConnectionOptions {
  readonly address: Address;
  readonly maxConnections: number;
  readonly host: InputHost;
  /** Hands a socket to the gRPC server. */
  readonly serve: (socket: Socket) => void;
}

/** One connection of a sender. */
export class GrpcConnection {
  /** Address without port. */
  readonly peer: string;
  readonly #socket: Socket;
  readonly #host: InputHost;
  #counted = 0;

  constructor(socket: Socket, host: InputHost) {
    const address = socket.remoteAddress ?? "";
    this.peer = address.startsWith("::ffff:") ? address.slice(7) : address;
    this.#socket = socket;
    this.#host = host;
  }

  /** Counts what was read since the last time. HTTP/2 takes the bytes below the level where they could be seen pass. */
  count(): void {
    const read = this.#socket.bytesRead;
    if (read > this.#counted) this.#host.receivedBytes(read - this.#counted);
    this.#counted = read;
  }
}

/**
 * The listening socket of a gRPC server. It is ours and not grpc-js's, so that connections and bytes can be counted and
 * limited, and an address that cannot be bound is told like that of any other input.
 */
export class GrpcConnections {
  readonly #options: GrpcConnectionOptions;
  readonly #open = new Map<string, GrpcConnection>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(options: GrpcConnectionOptions) {
    this.#options = options;
  }

  /** Resolves with the bound port; rejects with a RelayError that says what to do. */
  listen(): Promise<number> {
    const { address, host, maxConnections } = this.#options;
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    server.maxConnections = maxConnections;
    server.on("drop", (dropped) => {
      const message = `more than ${maxConnections} connections (max_connections); the new one was closed`;
      host.complain({ cause: "too_many_connections", peer: dropped?.remoteAddress ?? "", message });
    });
    return new Promise((resolve, reject) => {
      server.once("error", (error) => reject(listenError(host.name, "tcp", address, error)));
      server.listen({ host: address.host, port: address.port, backlog: 1024 }, () => {
        server.removeAllListeners("error");
        // After a successful bind the only errors are of accept(), e.g. no file descriptors left: the next one may succeed.
        server.on("error", () => {});
        this.#server = server;
        const bound = server.address();
        resolve(typeof bound === "object" && bound !== null ? bound.port : address.port);
      });
    });
  }

  /** The connection of a call, by `getPeer()`: "10.0.0.7:51234". */
  of(peer: string): GrpcConnection | undefined {
    return this.#open.get(peer);
  }

  /** Accepts no more. */
  close(): void {
    this.#server?.close();
  }

  /** Lets go of every connection at once; resolves when all are closed. */
  async destroy(): Promise<void> {
    const closed = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #accept(socket: Socket): void {
    const { host, serve } = this.#options;
    const connection = new GrpcConnection(socket, host);
    const key = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#open.set(key, connection);
    this.#sockets.add(socket);
    host.connections(1);
    // A reset is an end like any other.
    socket.on("error", () => {});
    socket.on("close", () => {
      connection.count();
      this.#sockets.delete(socket);
      this.#open.delete(key);
      host.connections(-1);
    });
    serve(socket);
  }
}
