// A sender in a process of its own: node sender.js '{"protocol":"gelf_tcp","port":12201,"records":1000000,"every":1000}'
// With `perSecond` it keeps that pace and stamps errors with the time they were sent; without, it sends what it can. With
// `connections` it sends over so many at once, and prints what that took as JSON: Sent.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import {
  fieldsAt,
  forwardChunk,
  gelfObject,
  groups,
  grpcBatch,
  logObject,
  nginxDatagram,
  passOffsets,
  RECORDS_PER_BATCH,
  RECORDS_PER_BLOCK,
  type Fields,
  type Sendable,
} from "./traffic.ts";

export interface Load {
  readonly protocol: Sendable;
  readonly port: number;
  readonly records: number;
  /** One record in so many is an error. */
  readonly every: number;
  readonly perSecond?: number;
  readonly connections?: number;
}

/** From the first byte to the last acknowledgement. */
export interface Sent {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Sends records that are encoded already, or encodes them first; resolves when more may be sent. */
interface Line {
  send(bytes: Buffer): Promise<void> | undefined;
  /** Resolves once the receiver has everything. */
  end(): Promise<void>;
}

/** Chunks of a forward connection that may wait for their acknowledgement. */
const UNACKED = 8;

const load = JSON.parse(process.argv[2] ?? "{}") as Load;
const encodeGroup = await encoder(load.protocol);
if (load.connections === undefined) await single();
else await together(load.connections);

async function single(): Promise<never> {
  const line = await open(load);
  if (load.perSecond === undefined) await flatOut(line, blockOf(RECORDS_PER_BLOCK), load.records);
  else await paced(line, load.perSecond);
  await line.end();
  process.exit();
}

/** Each connection has a block of its own: what waits in one must not change with another's pass. */
async function together(connections: number): Promise<never> {
  const numbers = Array.from({ length: connections }, (_, i) => i);
  const lines = await Promise.all(numbers.map(() => open(load)));
  const size = UNACKED * RECORDS_PER_BATCH;
  const blocks = numbers.map((i) => blockOf(size, i * size));
  const [before, started] = [process.cpuUsage(), performance.now()];
  await Promise.all(
    lines.map(async (line, i) => {
      await flatOut(line, blocks[i] ?? [], load.records / connections);
      await line.end();
    }),
  );
  const { user, system } = process.cpuUsage(before);
  const sent: Sent = { seconds: (performance.now() - started) / 1_000, cpuSeconds: (user + system) / 1e6 };
  process.stdout.write(JSON.stringify(sent), () => process.exit());
  return new Promise<never>(() => {});
}

function blockOf(records: number, first = 0): Buffer[] {
  const fields = (i: number): Fields => fieldsAt(first + i, load.every);
  return groups(records, unitOf(load.protocol)).map((indices) => encodeGroup(indices.map(fields)));
}

async function flatOut(line: Line, block: readonly Buffer[], records: number): Promise<void> {
  const offsets = block.map(passOffsets);
  const unit = unitOf(load.protocol);
  for (let sent = 0, at = 0; sent < records; sent += unit, at += 1) {
    const bytes = block[at % block.length] as Buffer;
    const pass = Math.floor(at / block.length)
      .toString(16)
      .padStart(8, "0");
    for (const offset of offsets[at % block.length] ?? []) bytes.write(pass, offset, "latin1");
    const waiting = line.send(bytes);
    if (waiting !== undefined) await waiting;
  }
}

/** A burst each 5 ms; errors are stamped as they leave. */
async function paced(line: Line, perSecond: number): Promise<void> {
  const started = performance.now();
  const unit = unitOf(load.protocol) === 1 ? 1 : Math.min(unitOf(load.protocol), Math.max(1, Math.round(perSecond / 200)));
  for (let sent = 0; sent < load.records;) {
    const due = Math.min(load.records, Math.floor(((performance.now() - started) / 1_000) * perSecond));
    while (sent + unit <= due) {
      const indices = Array.from({ length: unit }, (_, i) => sent + i);
      const waiting = line.send(
        encodeGroup(
          indices.map((i) => fieldsAt(i, load.every, Math.round((performance.timeOrigin + performance.now()) * 1_000))),
        ),
      );
      if (waiting !== undefined) await waiting;
      sent += unit;
    }
    if (load.records - sent < unit) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function unitOf(protocol: Sendable): number {
  return protocol === "gelf_udp" || protocol === "syslog_udp" ? 1 : RECORDS_PER_BATCH;
}

async function encoder(protocol: Sendable): Promise<(records: readonly Fields[]) => Buffer> {
  const lines = (delimiter: string, object: (fields: Fields) => object) => (records: readonly Fields[]) =>
    Buffer.from(records.map((fields) => JSON.stringify(object(fields)) + delimiter).join(""));
  let chunks = 0;
  switch (protocol) {
    case "gelf_tcp":
      return lines("\0", gelfObject);
    case "gelf_udp":
      return lines("", gelfObject);
    case "syslog_udp":
      return (records) => Buffer.from(records.map(nginxDatagram).join(""));
    case "syslog_tcp":
      return (records) => Buffer.from(records.map((fields) => `${nginxDatagram(fields)}\n`).join(""));
    case "gelf_http":
      return lines("\n", gelfObject);
    case "stdin":
      return lines("\n", logObject);
    case "forward":
      return (records) => forwardChunk(records, `chunk-${process.pid}-${(chunks += 1)}`);
    case "grpc": {
      const { loadLogRelay } = await import("../../src/wire/grpc-proto.ts");
      const serialize = (await loadLogRelay()).service["Send"]?.requestSerialize;
      return (records) => serialize?.(grpcBatch(records, `batch-${(chunks += 1)}`)) ?? Buffer.alloc(0);
    }
  }
}

/** What a protocol needs is loaded when it is the one: a sender starts for each slice of a run. */
async function open({ protocol, port }: Load): Promise<Line> {
  switch (protocol) {
    case "gelf_tcp":
    case "syslog_tcp":
      return stream(port, undefined);
    case "forward":
      return stream(port, UNACKED);
    case "stdin":
      return {
        send: (bytes) => (process.stdout.write(bytes) ? undefined : once(process.stdout, "drain").then(() => {})),
        end: () => new Promise((resolve) => void process.stdout.end(resolve)),
      };
    case "gelf_udp":
    case "syslog_udp":
      return datagrams(port);
    case "gelf_http": {
      const { request } = await import("undici");
      return windowed(4, async (body) => {
        const { statusCode, body: answer } = await request(`http://127.0.0.1:${port}/gelf`, { method: "POST", body });
        await answer.dump();
        if (statusCode !== 202) throw new Error(`answered ${statusCode}`);
      });
    }
    case "grpc": {
      const { Client, credentials } = await import("@grpc/grpc-js");
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
      const ack = (bytes: Buffer): Promise<void> =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(
            "/crumbtrail.v1.LogRelay/Send",
            (raw: Buffer) => raw,
            (raw) => raw,
            bytes,
            (error) => (error === null ? resolve() : reject(error)),
          );
        });
      return windowed(4, ack);
    }
  }
}

/** A TCP connection; with `unacked`, so many chunks may wait for their acknowledgement. */
async function stream(port: number, unacked: number | undefined): Promise<Line> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let sent = 0;
  let acked = 0;
  let wake: (() => void) | undefined;
  const MARK = Buffer.from("\u0081\u00a3ack", "latin1");
  let tail: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    // A mark may come in two parts.
    const bytes = Buffer.concat([tail, chunk]);
    for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) acked += 1;
    tail = bytes.subarray(Math.max(0, bytes.length - MARK.length + 1));
    wake?.();
  });
  const room = async (most: number): Promise<void> => {
    while (sent - acked > most) await new Promise<void>((resolve) => (wake = resolve));
  };
  return {
    send(bytes) {
      sent += 1;
      const flushed = socket.write(bytes);
      if (unacked !== undefined && sent - acked >= unacked) return room(unacked - 1);
      return flushed ? undefined : once(socket, "drain").then(() => {});
    },
    async end() {
      if (unacked !== undefined) await room(0);
      await new Promise<void>((resolve) => void socket.end(resolve));
    },
  };
}

async function datagrams(port: number): Promise<Line> {
  const socket = createSocket({ type: "udp4", sendBufferSize: 4 << 20 });
  await new Promise<void>((resolve) => socket.connect(port, "127.0.0.1", resolve));
  let burst = 0;
  return {
    send(bytes) {
      socket.send(bytes);
      burst += 1;
      if (burst % 64 !== 0) return undefined;
      return new Promise((resolve) => setImmediate(resolve));
    },
    end: () => new Promise((resolve) => setTimeout(resolve, 200)),
  };
}

/** Requests, so many at once. */
function windowed(most: number, send: (bytes: Buffer) => Promise<void>): Line {
  const open = new Set<Promise<void>>();
  return {
    send(bytes) {
      const one: Promise<void> = send(bytes).finally(() => open.delete(one));
      open.add(one);
      return open.size < most ? undefined : Promise.race(open);
    },
    end: async () => void (await Promise.all(open)),
  };
}
