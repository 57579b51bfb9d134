// Senders that do nothing wrong: each says one error at a time, from 127.0.0.1, and resolves once it is on its way.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { array } from "./forward-bytes.ts";
import { heloOf, pingFor } from "./forward-handshake.ts";
import { GrpcSender } from "./real-senders-grpc.ts";
import { post } from "./real-senders-hostile.ts";

export interface HonestSender {
  /** Rejects when the relay was unfair to it. */
  say(text: string): Promise<void>;
  close(): void;
}

const FROM = "127.0.0.1";

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const gelfOf = (text: string): string => JSON.stringify({ host: "good", short_message: text, level: 3 });
export const syslogOf = (text: string): string => `<131>Nov 20 08:30:12 good shop: ${text}`;
export const forwardOf = (text: string, ...option: readonly object[]): Buffer =>
  array("good", 1_700_000_000, { message: text, level: "error" }, ...option);

/** Writes what `frame` makes of each text on one connection, which has to stay open. */
async function onOneConnection(socket: Socket, frame: (text: string) => string | Buffer): Promise<HonestSender> {
  socket.on("error", () => {});
  socket.resume();
  return {
    async say(text) {
      assert.ok(!socket.destroyed, "an honest sender's connection was closed");
      await new Promise<void>((resolve, reject) => {
        socket.write(frame(text), (error) => (error ? reject(error) : resolve()));
      });
    },
    close: () => void socket.end(),
  };
}

async function dialled(port: number, ca?: Buffer): Promise<Socket> {
  const to = { port, host: FROM, localAddress: FROM };
  const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca, servername: "localhost" });
  await once(socket, ca === undefined ? "connect" : "secureConnect");
  return socket;
}

export async function gelfTcpSender(port: number, ca?: Buffer): Promise<HonestSender> {
  return onOneConnection(await dialled(port, ca), (text) => `${gelfOf(text)}\0`);
}

export async function syslogTcpSender(port: number, ca?: Buffer): Promise<HonestSender> {
  return onOneConnection(await dialled(port, ca), (text) => `${syslogOf(text)}\n`);
}

/** Opens a connection for each message, and waits for its acknowledgement. `sharedKey`: shows it first. */
export function forwardSender(port: number, sharedKey?: string): HonestSender {
  return {
    async say(text) {
      const socket = await dialled(port);
      socket.on("error", () => {});
      try {
        if (sharedKey !== undefined) await greet(socket, sharedKey);
        socket.write(forwardOf(text, { chunk: "c" }));
        const answer = (await once(socket, "data")) as [Buffer];
        assert.deepEqual(answer[0], Buffer.from("\x81\xa3ack\xa1c", "latin1"));
      } finally {
        socket.destroy();
      }
    },
    close() {},
  };
}

/** As Fluentd does: answers HELO with PING, and waits for PONG. */
async function greet(socket: Socket, sharedKey: string): Promise<void> {
  const [helo] = (await once(socket, "data")) as [Buffer];
  const hand = { salt: Buffer.from("0123456789abcdef"), hostname: "good", sharedKey, user: "", password: "" };
  socket.write(pingFor(heloOf(helo), hand));
  const [pong] = (await once(socket, "data")) as [Buffer];
  assert.ok(pong.includes("PONG") && pong.includes(0xc3), "the right key was refused");
}

/** Tries again as long as it is told to come back, as senders do. A connection for each attempt. */
export function httpSender(port: number): HonestSender {
  return {
    async say(text) {
      while ((await post(port, FROM, gelfOf(text))) !== 202) await pause(50);
    },
    close() {},
  };
}

/** The same over one channel, which connects again by itself. */
export function grpcSender(port: number): HonestSender {
  const sender = new GrpcSender(port);
  return {
    async say(text) {
      const send = (): Promise<boolean> =>
        sender.send({ records: [{ message: text, severity: "error" }] }, {}, { deadline: Date.now() + 20_000 }).then(
          () => true,
          () => false,
        );
      while (!(await send())) await pause(50);
    },
    close: () => sender.close(),
  };
}

export async function udpSender(port: number, frame: (text: string) => string = gelfOf): Promise<HonestSender> {
  const socket = createSocket("udp4");
  socket.bind(0, FROM);
  await once(socket, "listening");
  return {
    say: (text) =>
      new Promise((resolve, reject) => {
        socket.send(frame(text), port, FROM, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () => socket.close(),
  };
}
