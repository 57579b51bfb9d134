import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Address } from "../base/units.ts";
import type { InputHost } from "../component/host.ts";
import type { TlsFiles } from "../component/tls.ts";
import type { Access } from "./access/access.ts";
import { Door } from "./access/door.ts";
import { listenError } from "./listen-error.ts";
import { TlsListener } from "./tls-listener.ts";

export interface GrpcConnectionOptions {
  readonly address: Address;
  readonly maxConnections: number;
  readonly host: InputHost;
  readonly access: Access;
  /** Speak TLS; undefined: plain HTTP/2. */
  readonly tls?: TlsFiles | undefined;
  /** Hands a socket to the gRPC server. */
  readonly serve: (socket: Socket) => void;
}

/** Calls that one connection may begin in a second without a batch. */
const MAX_WASTED = 200;
const SECOND_MS = 1_000;

/** One connection of a sender. */
export class GrpcConnection {
  /** Address without port. */
  readonly peer: string;
  readonly #socket: Socket;
  readonly #host: InputHost;
  readonly #access: Access;
  #counted = 0;
  #wasted = 0;
  #wastedSinceMs = 0;

  constructor(socket: Socket, peer: string, { host, access }: GrpcConnectionOptions) {
    this.peer = peer;
    this.#socket = socket;
    this.#host = host;
    this.#access = access;
  }

  /** A batch has come. */
  brought(): void {
    this.#wasted = Math.max(0, this.#wasted - 1);
    this.count();
  }

  /** Counts what was read since the last time. HTTP/2 takes the bytes below the level where they could be seen pass. */
  count(): void {
    const news = this.#socket.bytesRead - this.#counted;
    if (news <= 0) return;
    this.#counted += news;
    this.#host.receivedBytes(news);
    this.#access.rates?.bytes(this.peer, news);
  }

  /** A call has begun. Too many that bring no batch end the connection: who resets calls at once is never waited for. */
  began(): void {
    const nowMs = this.#host.clock.tickMs();
    if (nowMs - this.#wastedSinceMs >= SECOND_MS) {
      this.#wastedSinceMs = nowMs;
      this.#wasted = 0;
    }
    this.#wasted += 1;
    if (this.#wasted <= MAX_WASTED || this.#socket.destroyed) return;
    const message = `more than ${MAX_WASTED} calls of one connection began in a second and brought no batch; it was closed`;
    this.#access.turnAway("rate_limited", this.peer, message);
    this.#socket.destroy();
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
  readonly #door: Door;
  #server: Server | undefined;
  #tls: TlsListener | undefined;

  constructor(options: GrpcConnectionOptions) {
    this.#options = options;
    this.#door = new Door({ ...options, memory: options.host.memory, isTls: options.tls !== undefined });
  }

  /** Resolves with the bound port; rejects with a RelayError that says what to do. */
  async listen(): Promise<number> {
    const { address, host } = this.#options;
    const server = await this.#created();
    this.#door.guard(server);
    return new Promise((resolve, reject) => {
      server.once("error", (error) => {
        this.#tls?.close();
        reject(listenError(host.name, "tcp", address, error));
      });
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

  /** grpc-js gets what is inside TLS, so that handshakes, refusals and new certificates are those of every other input. */
  async #created(): Promise<Server> {
    const { host, tls: files } = this.#options;
    const sockets = { noDelay: true, keepAlive: true };
    if (files === undefined) return createServer(sockets, (socket) => this.#accept(socket));
    const tls = new TlsListener({ files, place: `inputs.${host.name}.tls`, host });
    const server = createTlsServer({ ...sockets, ...(await tls.read()), ALPNProtocols: ["h2"] });
    tls.attach(server, (socket) => this.#door.peerOf(socket));
    this.#tls = tls;
    server.on("secureConnection", (socket: TLSSocket) => (tls.admits(socket) ? this.#accept(socket) : undefined));
    return server;
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
    this.#tls?.close();
    this.#door.close();
    await Promise.all(closed);
  }

  #accept(socket: Socket): void {
    const { host, serve } = this.#options;
    const connection = new GrpcConnection(socket, this.#door.peerOf(socket), this.#options);
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
