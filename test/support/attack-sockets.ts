// What attackers do with sockets, from many loopback addresses. Linux answers for all of 127.0.0.0/8.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { pause } from "./honest-senders.ts";

/** The nth address of a block of 65 536: `block` 1 to 254, none of which the good senders use. */
export function addressOf(block: number, index: number): string {
  return `127.${block}.${(index >> 8) & 0xff}.${index & 0xff}`;
}

/** Connections that one process may have on this machine, less some for itself. */
export function connectionsHere(wanted: number): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const open = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 0);
  return Math.min(wanted, open - 500);
}

/** A connection that may be refused, reset or closed at any time. */
export function intrude(port: number, address: string): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress: address });
  socket.on("error", () => {});
  socket.resume();
  return socket;
}

/** Resolves when the other side has let go of it. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });
}

/** Opens so many connections, some hundred at once, and leaves them open. */
export async function crowd(port: number, count: number, from: (index: number) => string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const more = Array.from({ length: Math.min(250, count - sockets.length) }, (_, i) => intrude(port, from(sockets.length + i)));
    sockets.push(...more);
    await Promise.all(
      more.map((socket) => Promise.race([new Promise((resolve) => socket.once("connect", resolve)), gone(socket)])),
    );
  }
  return sockets;
}

/** Writes what `head` is at once, then one byte after the other, for ever; resolves when the relay has had enough. */
export async function trickle(socket: Socket, head: string | Uint8Array, byte = 0x61): Promise<void> {
  const timer = setInterval(() => {
    if (socket.writable) socket.write(Buffer.of(byte));
  }, 100);
  socket.write(head);
  // What the relay has closed is closed by a sender too; one that only goes on sending would be reset.
  socket.once("end", () => socket.end());
  await gone(socket);
  clearInterval(timer);
}

/** Writes as much as is taken until all is written or the relay has had enough. */
export async function push(socket: Socket, parts: Iterable<Uint8Array>): Promise<void> {
  const closed = gone(socket);
  for (const part of parts) {
    if (socket.destroyed) return;
    if (!socket.write(part)) await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
  }
}

export interface DatagramFlood {
  readonly port: number;
  /** Sources in all, each a socket with an address of its own. */
  readonly sources: number;
  readonly block: number;
  /** What one of them sends. */
  readonly datagrams: (source: number) => readonly Uint8Array[];
  /** Called after each few hundred datagrams: resolves when the relay has read them, so that the kernel drops none. */
  readonly read: (sent: number) => Promise<void>;
}

/** Sends datagrams from many addresses, no faster than they are read. */
export async function floodDatagrams({ port, sources, block, datagrams, read }: DatagramFlood): Promise<number> {
  const AT_ONCE = 100;
  let sent = 0;
  for (let first = 0; first < sources; first += AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, sources - first) }, (_, i) => first + i);
    await Promise.all(
      group.map(async (source) => {
        const socket = createSocket("udp4");
        socket.bind(0, addressOf(block, source + 1));
        await once(socket, "listening");
        for (const datagram of datagrams(source)) {
          sent += 1;
          await new Promise<void>((resolve) => socket.send(datagram, port, "127.0.0.1", () => resolve()));
        }
        socket.close();
      }),
    );
    await read(sent);
    await pause(1);
  }
  return sent;
}
