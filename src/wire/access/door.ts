import type { Server, Socket } from "node:net";
import type { MemoryShare } from "../../base/memory-budget.ts";
import { plainAddress } from "../../base/networks.ts";
import { formatDuration } from "../../base/units.ts";
import type { Access } from "./access.ts";
import { proxyHeaderOf, type ProxyHeaderCame } from "./proxied-socket.ts";

export interface DoorOptions {
  readonly access: Access;
  /** Connections held at once; more are closed on arrival and complained about. */
  readonly maxConnections: number;
  /** Connections that still count though their sockets are closed. */
  readonly busy?: () => number;
  /** Where connections are booked. */
  readonly memory: MemoryShare;
  readonly isTls: boolean;
}

/** How long a proxy may take for its header. */
const HEADER_TIMEOUT_MS = 10_000;
/** What a connection costs on both sides of the language: measured 7 to 11 KiB, of TLS with its buffers four times that. */
const CONNECTION_BYTES = 8 * 1_024;
const TLS_CONNECTION_BYTES = 40 * 1_024;

/** Stands before a listening server: sees each connection before anything of it is read, also below TLS. */
export class Door {
  readonly #options: DoorOptions;
  readonly #sockets = new Set<Socket>();
  /** Senders behind proxies, by the ends of their connections. */
  readonly #behind = new Map<string, string>();

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** To be called once the server has its own listeners: these see a connection when it has passed. */
  guard(server: Server): void {
    const { maxConnections } = this.#options;
    const inside = server.listeners("connection");
    server.removeAllListeners("connection");
    server.on("connection", (socket) =>
      this.#meet(socket, () => {
        for (const listener of inside) Reflect.apply(listener, server, [socket]);
      }),
    );
    server.maxConnections = maxConnections;
    server.on("drop", (dropped) => this.#full(plainAddress(dropped?.remoteAddress)));
  }

  /** Address of the sender at the other end of a connection, without its port; "" once it is closed. */
  peerOf(socket: Socket): string {
    const named = this.#behind.size === 0 ? undefined : this.#behind.get(endOf(socket));
    return named ?? plainAddress(socket.remoteAddress);
  }

  /** Lets go of every connection at once. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #full(peer: string): void {
    const { access, maxConnections } = this.#options;
    access.turnAway(
      "too_many_connections",
      peer,
      `more than ${maxConnections} connections (max_connections); the new one was closed`,
    );
  }

  #meet(socket: Socket, pass: () => void): void {
    const { access, maxConnections, busy } = this.#options;
    const address = plainAddress(socket.remoteAddress);
    if ((busy?.() ?? 0) >= maxConnections) {
      this.#full(address);
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (access.proxies.has(address)) void this.#meetProxy(socket, address, pass);
    else if (access.forwarders.has(address)) pass();
    else if (access.admits(address, "a connection")) this.#enter(socket, address, pass);
    else socket.destroy();
  }

  async #meetProxy(socket: Socket, proxy: string, pass: () => void): Promise<void> {
    const came = await proxyHeaderOf(socket, HEADER_TIMEOUT_MS);
    const { access } = this.#options;
    if (came.kind === "header" && came.source === undefined) return pass();
    if (came.kind === "header" && came.source !== undefined) {
      const sender = came.source;
      const end = endOf(socket);
      this.#behind.set(end, sender);
      socket.once("close", () => this.#behind.delete(end));
      if (access.forwarders.has(sender)) return pass();
      if (access.admits(sender, "a connection")) return this.#enter(socket, sender, pass);
    } else if (came.kind !== "gone") {
      access.turnAway("proxy_header", proxy, `${whatIsWrong(came)}; the connection was closed (proxy_protocol)`);
    }
    socket.destroy();
  }

  #enter(socket: Socket, peer: string, pass: () => void): void {
    const { access } = this.#options;
    const { memory, isTls } = this.#options;
    const bytes = isTls ? TLS_CONNECTION_BYTES : CONNECTION_BYTES;
    if (!memory.enter(bytes)) {
      const message = "the connections that are open take as much of max_memory as they may; the new one was closed";
      access.turnAway("memory", peer, message);
      socket.destroy();
      return;
    }
    if (!access.enter(peer)) {
      memory.leave(bytes);
      socket.destroy();
      return;
    }
    socket.once("close", () => {
      memory.leave(bytes);
      access.leave(peer);
    });
    pass();
  }
}

function whatIsWrong(came: ProxyHeaderCame): string {
  if (came.kind === "malformed") return `a connection of a proxy does not begin with a PROXY header (${came.reason})`;
  return `a proxy sent no PROXY header within ${formatDuration(HEADER_TIMEOUT_MS)}`;
}

function endOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
