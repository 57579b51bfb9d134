// Senders that do everything wrong, each from a loopback address of its own, and a good one beside them.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import type { Harvest, LogLine, SharedRelay } from "./real-senders-relay.ts";
import { messageOf, trailOf } from "./real-senders-relay.ts";

type Bytes = Uint8Array | string;

let addresses = 10;

/** An address that no other sender of this process has: for the relay, somebody else. Linux answers for all of 127/8. */
export function ownAddress(): string {
  addresses += 1;
  return `127.0.${addresses >> 8}.${addresses & 0xff}`;
}

/** A connection, from an address of its own if need be; errors are what such a sender deserves. */
export async function dial(port: number, address?: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", ...(address === undefined ? {} : { localAddress: address }) });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Writes bytes and closes its side, or is closed; what came back. */
export async function pour(port: number, address: string, ...parts: readonly Bytes[]): Promise<Buffer> {
  const socket = await dial(port, address);
  const answers: Buffer[] = [];
  socket.on("data", (bytes) => answers.push(bytes));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  for (const part of parts) {
    if (socket.destroyed || socket.write(part)) continue;
    await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
  }
  socket.end();
  await closed;
  return Buffer.concat(answers);
}

/** Sends datagrams from an address, in order. */
export async function scatter(port: number, address: string, ...datagrams: readonly Bytes[]): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(0, address);
  await once(socket, "listening");
  for (const datagram of datagrams) {
    await new Promise<void>((resolve, reject) => {
      socket.send(datagram, port, "127.0.0.1", (error) => (error ? reject(error) : resolve()));
    });
  }
  socket.close();
}

/** Posts a body from an address; the status, 0 when the connection was closed without one. */
export function post(
  port: number,
  address: string,
  body: Bytes,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({
      port,
      host: "127.0.0.1",
      localAddress: address,
      method: "POST",
      path: "/gelf",
      headers,
      agent: false,
    });
    sent.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", () => resolve(0));
    sent.end(body);
  });
}

/** What a good sender does: hands over records with a message and a level word, and resolves when they are on their way. */
export type Good = (records: readonly { readonly message: string; readonly level: "info" | "error" }[]) => Promise<void>;

export interface Hostility {
  /** What is done, from this address. */
  readonly attack: (address: string) => Promise<void>;
  /** Records that the attack counts for, and what becomes of them. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What the log must say about this sender: one line for each cause, in any order. */
  readonly warnings: readonly RegExp[];
}

const EACH_TIME = 10;
let rounds = 0;

/**
 * Lets a good sender work before, during and after an attack. All its records must arrive; the attack must cost exactly
 * the counted outcomes, and exactly the warnings, all of them about its own sender.
 */
export async function besides(relay: SharedRelay, good: Good, hostility: Hostility): Promise<Harvest> {
  rounds += 1;
  const steps = Array.from({ length: 3 * EACH_TIME }, (_, i) => `round ${rounds} step ${i}`);
  const send = (from: number, to: number): Promise<void> =>
    good(steps.slice(from, to).map((message, i) => ({ message, level: from + i === steps.length - 1 ? "error" : "info" })));
  const address = ownAddress();
  await send(0, EACH_TIME);
  await Promise.all([hostility.attack(address), send(EACH_TIME, 2 * EACH_TIME)]);
  await send(2 * EACH_TIME, 3 * EACH_TIME);

  const records = Object.values(hostility.outcomes).reduce((sum, count) => sum + count, 0);
  const harvest = await relay.harvest(steps.length + records);

  const expected: Record<string, number> = { ...hostility.outcomes };
  expected["delivered"] = (expected["delivered"] ?? 0) + 1;
  expected["absorbed"] = (expected["absorbed"] ?? 0) + steps.length - 1;
  assert.deepEqual(sorted(harvest.outcomes), sorted(expected));
  const event = harvest.events.find((candidate) => messageOf(candidate) === steps.at(-1));
  const own = trailOf(event).filter((message) => String(message).startsWith(`round ${rounds} `));
  assert.deepEqual(own, steps.slice(0, -1), "the good sender's records have all arrived, in order");
  checkWarnings(harvest.warnings, hostility.warnings, address);
  return harvest;
}

function sorted(counts: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .toSorted(([a], [b]) => a.localeCompare(b));
}

function checkWarnings(lines: readonly LogLine[], expected: readonly RegExp[], address: string): void {
  const told = lines.map(({ level, cause, peer, msg }) => `${level} ${cause} ${peer}: ${msg}`);
  assert.equal(lines.length, expected.length, `warnings:\n${told.join("\n")}`);
  for (const pattern of expected)
    assert.ok(
      told.some((line) => pattern.test(line)),
      `no ${String(pattern)} among\n${told.join("\n")}`,
    );
  for (const line of lines) assert.deepEqual([line.level, line.peer || address], ["warn", address], line.msg);
}
