import { randomBytes } from "node:crypto";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { Client, credentials, type ClientDuplexStream } from "@grpc/grpc-js";
import { decodeMulti, encode, ExtData } from "@msgpack/msgpack";
import { loadLogRelay } from "../../src/wire/grpc-proto.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** One service's connection to the relay. */
export interface Sender<T> {
  send(record: T): void;
  /** Resolves once everything is with the relay. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const DATAGRAM_BYTES = 1_420;
const CHUNK_HEADER_BYTES = 12;

/** GELF over UDP as Java appenders send it: gzip, and chunks where one datagram is not enough. */
export class GelfUdp implements Sender<Fields> {
  readonly #socket: UdpSocket;

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<GelfUdp> {
    const socket = createSocket("udp4");
    socket.connect(port, HOST);
    await once(socket, "connect");
    return new GelfUdp(socket);
  }

  send(fields: Fields): void {
    const bytes = gzipSync(JSON.stringify({ version: "1.1", ...fields }));
    if (bytes.length <= DATAGRAM_BYTES) {
      this.#socket.send(bytes);
      return;
    }
    const room = DATAGRAM_BYTES - CHUNK_HEADER_BYTES;
    const count = Math.ceil(bytes.length / room);
    const id = randomBytes(8);
    for (let number = 0; number < count; number += 1) {
      const header = Buffer.from([0x1e, 0x0f, ...id, number, count]);
      this.#socket.send(Buffer.concat([header, bytes.subarray(number * room, (number + 1) * room)]));
    }
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }
}

/** GELF over TCP: one connection, NUL after each message. */
export class GelfTcp implements Sender<Fields> {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<GelfTcp> {
    const socket = connect(port, HOST);
    await once(socket, "connect");
    return new GelfTcp(socket.resume());
  }

  send(fields: Fields): void {
    this.#socket.write(`${JSON.stringify({ version: "1.1", ...fields })}\0`);
  }

  async close(): Promise<void> {
    this.#socket.end();
    await once(this.#socket, "close");
  }
}

/** GELF over HTTP, as a web page sends it: one POST a message, answered once the relay has it. */
export class GelfHttp implements Sender<Fields> {
  readonly #url: string;
  readonly #waiting = new Set<Promise<unknown>>();

  constructor(port: number) {
    this.#url = `http://${HOST}:${port}/gelf`;
  }

  send(fields: Fields): void {
    const answered = fetch(this.#url, { method: "POST", body: JSON.stringify({ version: "1.1", ...fields }) });
    this.#waiting.add(answered);
    void answered.finally(() => this.#waiting.delete(answered));
  }

  async close(): Promise<void> {
    await Promise.all(this.#waiting);
  }
}

/** crumbtrail.v1.LogRelay/Stream: batches on one call, each with its acknowledgement. */
export class GrpcStream implements Sender<Fields> {
  readonly #client: Client;
  readonly #call: ClientDuplexStream<object, object>;
  #batches = 0;
  #pending: Fields[] = [];

  private constructor(client: Client, call: ClientDuplexStream<object, object>) {
    this.#client = client;
    this.#call = call;
    call.resume();
  }

  static async open(port: number): Promise<GrpcStream> {
    const { Stream } = (await loadLogRelay()).service;
    if (Stream === undefined) throw new Error("the proto file defines no method Stream");
    const client = new Client(`${HOST}:${port}`, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
    const call = client.makeBidiStreamRequest(Stream.path, Stream.requestSerialize, Stream.responseDeserialize);
    return new GrpcStream(client, call);
  }

  /** Records of one turn of the event loop travel as one batch. */
  send(record: Fields): void {
    const now = Date.now();
    const time = { seconds: Math.floor(now / 1_000), nanos: (now % 1_000) * 1e6 };
    this.#pending.push({ time, ...record });
    if (this.#pending.length === 1) setImmediate(() => this.#flush());
  }

  /** The call ends with the last acknowledgement. */
  async close(): Promise<void> {
    this.#flush();
    this.#call.end();
    await once(this.#call, "end");
    this.#client.close();
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    this.#batches += 1;
    this.#call.write({ id: `demo-${process.pid}-${this.#batches}`, records: this.#pending });
    this.#pending = [];
  }
}

/** Fluentd forward: entries of one turn in one message, sent again by nobody because each is acknowledged. */
export class Forward implements Sender<Fields> {
  readonly #socket: Socket;
  readonly #tag: string;
  readonly #unanswered = new Set<string>();
  #pending: unknown[] = [];

  private constructor(socket: Socket, tag: string) {
    this.#socket = socket;
    this.#tag = tag;
    // Acknowledgements are small and come one message to a packet.
    socket.on("data", (bytes) => {
      for (const answer of decodeMulti(bytes)) this.#unanswered.delete(ackOf(answer));
    });
  }

  static async open(port: number, tag: string): Promise<Forward> {
    const socket = connect(port, HOST);
    await once(socket, "connect");
    return new Forward(socket, tag);
  }

  send(record: Fields): void {
    const now = Date.now();
    const time = Buffer.alloc(8);
    time.writeUInt32BE(Math.floor(now / 1_000), 0);
    time.writeUInt32BE((now % 1_000) * 1e6, 4);
    this.#pending.push([new ExtData(0, time), record]);
    if (this.#pending.length === 1) setImmediate(() => this.#flush());
  }

  async close(): Promise<void> {
    this.#flush();
    while (this.#unanswered.size > 0) await once(this.#socket, "data");
    this.#socket.end();
    await once(this.#socket, "close");
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const chunk = randomBytes(16).toString("base64");
    this.#unanswered.add(chunk);
    this.#socket.write(encode([this.#tag, this.#pending, { chunk }]));
    this.#pending = [];
  }
}

function ackOf(answer: unknown): string {
  return typeof answer === "object" && answer !== null && "ack" in answer ? String(answer.ack) : "";
}
