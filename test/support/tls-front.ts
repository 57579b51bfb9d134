// What stands before a tracker in real life: a TLS front that passes on what is inside, and a proxy on the way to it.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request, type IncomingMessage } from "node:http";
import { createServer as createSecureProxy } from "node:https";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { Pair } from "./certificates.ts";

export interface TlsFront {
  readonly port: number;
  /** Handshakes that both sides agreed on, and the common names of clients that showed a certificate. */
  readonly clients: readonly string[];
  /** Bytes that came inside TLS, whoever sent them. */
  readonly bytes: () => number;
  /** Shows another certificate from now on. */
  show(pair: Pair): void;
}

/** Speaks TLS, and passes on to a port of this machine. */
export async function tlsFront(t: TestContext, pair: Pair, to: number, options: TlsOptions = {}): Promise<TlsFront> {
  const clients: string[] = [];
  let bytes = 0;
  const server = createTlsServer({ ...pemOf(pair), ...options }, (socket: TLSSocket) => {
    clients.push(socket.getPeerX509Certificate()?.subject ?? "");
    const inside = connect(to, "127.0.0.1");
    socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
    for (const [one, other] of [
      [socket, inside],
      [inside, socket],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
  });
  server.on("tlsClientError", () => {});
  const port = await listening(t, server);
  return { port, clients, bytes: () => bytes, show: (other) => server.setSecureContext(pemOf(other)) };
}

export interface ConnectProxy {
  readonly url: string;
  readonly port: number;
  /** "CONNECT localhost:443", "POST http://127.0.0.1:80/api/42/envelope/"; and what Proxy-Authorization said. */
  readonly asked: readonly (readonly [request: string, authorization: string | undefined])[];
}

/** An HTTP proxy: tunnels by CONNECT, and passes on requests for http URLs. With `authorization` it takes no others. */
export async function connectProxy(
  t: TestContext,
  { authorization, tls }: { readonly authorization?: string; readonly tls?: Pair } = {},
): Promise<ConnectProxy> {
  const asked: [string, string | undefined][] = [];
  const admits = (message: IncomingMessage): boolean => {
    const given = message.headers["proxy-authorization"];
    asked.push([`${message.method ?? ""} ${message.url ?? ""}`, given]);
    return authorization === undefined || given === authorization;
  };
  const server = tls === undefined ? createServer() : createSecureProxy(pemOf(tls));
  server.on("connect", (message: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => {});
    if (!admits(message)) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    // Only it knows the names of trackers: all are on this machine.
    const { port } = new URL(`http://${message.url ?? ""}`);
    const there = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      there.write(head);
      there.pipe(socket).pipe(there);
    });
    there.on("error", () => socket.destroy());
    socket.on("close", () => there.destroy());
    return undefined;
  });
  server.on("request", (message: IncomingMessage, response) => {
    if (!admits(message)) return response.writeHead(407).end();
    const { "proxy-authorization": _, ...headers } = message.headers;
    const passed = request(message.url ?? "", { method: message.method ?? "GET", headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    return message.pipe(passed);
  });
  const port = await listening(t, server);
  return { url: `${tls === undefined ? "http" : "https"}://localhost:${port}`, port, asked };
}

function pemOf({ cert, key }: Pair): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

async function listening(t: TestContext, server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}
