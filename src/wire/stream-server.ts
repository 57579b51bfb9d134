import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { aborted } from "../base/abort.ts";
import { codeOf } from "../base/errors.ts";
import { formatAddress, type Address } from "../base/units.ts";
import type { Component } from "../base/lifecycle.ts";
import type { InputHost } from "../component/host.ts";
import type { Listening } from "../component/listening.ts";
import type { TlsFiles } from "../component/tls.ts";
import { listenError } from "./listen-error.ts";
import { readTlsFiles, reasonOf } from "./tls-files.ts";

/** One connection, as its protocol sees it. */
export interface Connection {
  /** Address of the sender without its port. */
  readonly peer: string;
  /** False once nothing can be sent any more. */
  readonly isOpen: boolean;
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
  /** Speak TLS; undefined: plain TCP. */
  readonly tls?: TlsFiles | undefined;
  readonly host: InputHost;
  open(connection: Connection): Session;
}

/** After a FIN of ours, how long a sender may stay silent before we stop listening to what it still had under way. */
const LINGER_MS = 200;

/** A TCP server whose connections are sessions: bounded in number, paused by promises, drained on stop. */
export function streamServer(options: StreamServerOptions): Component & Listening {
  const { address, host, tls } = options;
  const open = new Set<Served>();
  /** With TLS, the sockets below it: some have not agreed on a key. */
  const below = new Set<Socket>();
  const addresses: string[] = [];
  let server: Server | undefined;

  const accept = (socket: Socket): void => {
    // A handshake is a connection too.
    if (Math.max(open.size, below.size) >= options.maxConnections) {
      const message = `more than ${options.maxConnections} connections (max_connections); the new one was closed`;
      host.complain({ cause: "too_many_connections", peer: peerOf(socket), message });
      socket.destroy();
    } else if (tls === undefined) serve(socket);
    else {
      below.add(socket);
      socket.once("close", () => below.delete(socket));
    }
  };

  const serve = (socket: Socket): void => {
    const served = new Served(socket, options);
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
      server =
        tls === undefined ? createServer(sockets) : createTlsServer({ ...sockets, ...(await readTlsFiles(tls, host.name)) });
      server.on("connection", accept);
      server.on("secureConnection", (socket: TLSSocket) => {
        if (tls?.client_ca === undefined || socket.authorized) return serve(socket);
        const message = `a sender without a certificate of an authority in tls.client_ca was turned away (${String(socket.authorizationError)})`;
        host.complain({ cause: "tls_client", peer: peerOf(socket), message });
        socket.destroy();
      });
      server.on("tlsClientError", (error: Error, socket: Socket) => {
        // One that left by itself has nothing to be told.
        if (codeOf(error) !== "ECONNRESET")
          host.complain({ cause: "tls_handshake", peer: peerOf(socket), message: disagreement(error) });
        socket.destroy();
      });
      const bound = await listening(server, host.name, address);
      addresses.push(`tcp:${formatAddress({ host: address.host, port: bound })}`);
    },
    async stop(deadline) {
      server?.close();
      server = undefined;
      await Promise.all([...open].map((served) => served.drain(deadline)));
      for (const socket of below) socket.destroy();
    },
  };
}

function disagreement(error: Error): string {
  return `a sender and this input do not agree on TLS (${reasonOf(error)}); see that it speaks TLS 1.2 or newer and trusts the certificate in tls.cert`;
}

/** Resolves with the bound port, or rejects with a text for a person. */
function listening(server: Server, input: string, address: Address): Promise<number> {
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

function peerOf(socket: Socket): string {
  const address = socket.remoteAddress ?? "";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}

class Served {
  /** Resolves when the session has ended and its last promise too. */
  readonly done: Promise<void>;
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #host: InputHost;
  #finish: () => void = () => {};
  #busy: Promise<void> | undefined;
  #ended = false;
  #draining = false;
  #linger: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: StreamServerOptions) {
    this.#socket = socket;
    this.#host = options.host;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#session = options.open({
      peer: peerOf(socket),
      get isOpen() {
        return socket.writable;
      },
      write: (bytes, sent) => {
        if (socket.writable) socket.write(bytes, (error) => (error ? undefined : sent?.()));
      },
      close: () => socket.destroy(),
      finish: () => this.#leave(),
    });
    if (options.idleTimeoutMs > 0) {
      // Silence of a sender that we made wait is ours, not its own.
      socket.setTimeout(options.idleTimeoutMs, () => (this.#busy === undefined ? socket.destroy() : undefined));
    }
    socket.on("data", (chunk) => this.#data(chunk));
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
    // A reset is an end like any other: what arrived counts.
    socket.on("error", () => {});
  }

  /** Answers what it has, tells the sender that we go, takes in what was under way, then lets go. */
  async drain(deadline: AbortSignal): Promise<void> {
    if (!this.#ended) {
      this.#draining = true;
      this.#socket.pause();
      // A FIN that overtook an acknowledgement would make its sender send again.
      await Promise.race([this.#answered(), aborted(deadline)]);
    }
    if (!this.#ended) {
      this.#draining = false;
      this.#socket.end();
      this.#socket.resume();
      this.#lingerOn();
      deadline.addEventListener("abort", () => this.#socket.destroy(), { once: true });
    }
    await Promise.race([this.done, aborted(deadline)]);
    this.#socket.destroy();
  }

  async #answered(): Promise<void> {
    await this.#busy;
    await this.#session.answered?.();
  }

  #leave(): void {
    this.#socket.end();
    // To close with bytes unread would reset the connection, and the last answers might never be read.
    this.#socket.resume();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once("close", () => clearTimeout(linger));
  }

  #lingerOn(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
  }

  #data(chunk: Buffer): void {
    this.#host.receivedBytes(chunk.length);
    if (this.#linger !== undefined) this.#lingerOn();
    const busy = this.#session.data(chunk);
    if (busy === undefined) return;
    this.#socket.pause();
    this.#busy = busy.then(() => {
      this.#busy = undefined;
      if (!this.#draining) this.#socket.resume();
    });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#linger);
    const last = async (): Promise<void> => {
      await this.#busy;
      await this.#session.end();
      this.#socket.destroySoon();
      this.#finish();
    };
    void last();
  }
}
