import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { formatAddress, type Address } from "../base/units.ts";
import type { Component } from "../base/lifecycle.ts";
import type { InputHost } from "../component/host.ts";
import type { Listening } from "../component/listening.ts";
import type { TlsFiles } from "../component/tls.ts";
import { Access } from "./access/access.ts";
import { Door } from "./access/door.ts";
import { listening } from "./listening.ts";
import { Served } from "./served.ts";
import { TlsListener } from "./tls-listener.ts";

/** One connection, as its protocol sees it. */
export interface Connection {
  /** Address of the sender without its port. */
  readonly peer: string;
  /** False once nothing can be sent any more. */
  readonly isOpen: boolean;
  /** To be called when a message came in whole, with the records in it: what slow and fast senders are measured by. */
  took(records: number): void;
  /** Sends bytes; what cannot be sent any more is forgotten. `sent` is called once the bytes are with the kernel. */
  write(bytes: Uint8Array, sent?: () => void): void;
  /** Ends the connection at once; `Session.end` is still called. */
  close(): void;
  /** Ends the connection once what was written is sent; what the sender still had under way comes in meanwhile. */
  finish(): void;
}

/** What a protocol does with the bytes of one connection. Neither method may throw or reject. */
export interface Session {
  /** Bytes as they arrive. A promise stops reading until it resolves: that is the backpressure. */
  data(chunk: Buffer): void | Promise<void>;
  /** Bytes kept of a message that has not come in whole; undefined: none are. */
  readonly heldBytes?: number;
  /** Forgets that message, because there is no room for it. Only `end` comes after. */
  forget?(): void;
  /** Resolves when every answer that the bytes so far call for is written; without it there are no answers. */
  answered?(): Promise<void>;
  /** No more bytes will come: the sender is done, gone, or the relay is stopping. Called once. */
  end(): void | Promise<void>;
}

export interface StreamServerOptions {
  readonly address: Address;
  /** Connections held at once; more are closed on arrival and complained about. */
  readonly maxConnections: number;
  /** Close a connection after so long without a byte; 0: never. */
  readonly idleTimeoutMs: number;
  /** Close a connection whose message is unfinished for so long; undefined or 0: never. */
  readonly messageTimeoutMs?: number | undefined;
  /** Who may send; undefined: everybody, as much as they like. */
  readonly access?: Access | undefined;
  /** Bytes of messages that have not come in whole, over all connections; undefined: as many as there is room for. */
  readonly maxBufferedBytes?: number | undefined;
  /** Speak TLS; undefined: plain TCP. */
  readonly tls?: TlsFiles | undefined;
  /** How often the files of `tls` are looked at, in milliseconds; undefined: every few seconds. */
  readonly reloadEveryMs?: number | undefined;
  readonly host: InputHost;
  open(connection: Connection): Session;
}

/** How often slow senders are looked for at most. */
const LOOK_EVERY_MS = 30_000;

/** A TCP server whose connections are sessions: bounded in number, paused by promises, drained on stop. */
export function streamServer(options: StreamServerOptions): Component & Listening {
  const { address, host } = options;
  const tls = tlsListener(options);
  const open = new Set<Served>();
  const access = options.access ?? new Access({ allow: [] }, host);
  const { memory } = host;
  const door = new Door({
    access,
    maxConnections: options.maxConnections,
    busy: () => open.size,
    memory,
    isTls: tls !== undefined,
  });
  memory.limitLoose(options.maxBufferedBytes ?? Infinity);
  const addresses: string[] = [];
  let server: Server | undefined;
  let looking: NodeJS.Timeout | undefined;
  let unwatch = (): void => {};

  const serve = (socket: Socket): void => {
    const served = new Served(socket, { ...options, access, peer: door.peerOf(socket) });
    open.add(served);
    host.connections(1);
    void served.done.then(() => {
      open.delete(served);
      host.connections(-1);
    });
  };

  return {
    addresses,
    async start() {
      // Half-open, so that a sender which closes its side after the last message still gets its acknowledgement.
      const sockets = { noDelay: true, keepAlive: true, allowHalfOpen: true };
      const secure = tls === undefined ? undefined : createTlsServer({ ...sockets, ...(await tls.read()) });
      server = secure ?? createServer(sockets);
      if (secure !== undefined) tls?.attach(secure, (socket) => door.peerOf(socket));
      if (secure === undefined) server.on("connection", serve);
      secure?.on("secureConnection", (socket: TLSSocket) => (tls?.admits(socket) === true ? serve(socket) : undefined));
      door.guard(server);
      unwatch = memory.budget.watch((crowded) => open.forEach((served) => served.hold(crowded)));
      const { messageTimeoutMs = 0 } = options;
      if (messageTimeoutMs > 0) {
        const look = (): void => open.forEach((served) => served.closeIfSlow(messageTimeoutMs));
        looking = setInterval(look, Math.min(LOOK_EVERY_MS, messageTimeoutMs / 4));
        looking.unref();
      }
      const bound = await listening(server, host.name, address).catch((error: unknown) => {
        tls?.close();
        throw error;
      });
      addresses.push(`tcp:${formatAddress({ host: address.host, port: bound })}`);
    },
    async stop(deadline) {
      server?.close();
      server = undefined;
      await Promise.all([...open].map((served) => served.drain(deadline)));
      clearInterval(looking);
      unwatch();
      tls?.close();
      door.close();
    },
  };
}

function tlsListener({ tls: files, host, reloadEveryMs }: StreamServerOptions): TlsListener | undefined {
  return files === undefined ? undefined : new TlsListener({ files, place: `inputs.${host.name}.tls`, host, reloadEveryMs });
}
