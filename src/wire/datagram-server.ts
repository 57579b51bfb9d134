import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { formatAddress, formatBytes, type Address } from "../base/units.ts";
import type { Component } from "../base/lifecycle.ts";
import type { InputHost } from "../component/host.ts";
import type { Listening } from "../component/listening.ts";
import type { Lossy } from "../component/lossy.ts";
import { frameCount, type Receipt } from "../record/batch.ts";
import { FramePack } from "../record/frame-pack.ts";
import type { Access } from "./access/access.ts";
import { DatagramAccess } from "./access/datagram-access.ts";
import { kernelDrops } from "./kernel-drops.ts";
import { listenError } from "./listen-error.ts";
import { bufferLimits, raiseRmemMax, remedyFor, widenReceiveBuffer } from "./receive-buffer.ts";

/** What one protocol does with datagrams. Neither method may throw. Buffers are handed over. */
export interface DatagramProtocol {
  /** Name of the codec of its frames. */
  readonly codec: string;
  /** Puts a datagram together with those it belongs to: the whole message, or undefined while parts are missing. */
  assemble(datagram: Buffer, peer: string, port: number): Buffer | undefined;
  /** The frame inside a whole message; undefined when there is none (it was empty, or refused and counted). */
  open(message: Buffer, peer: string): Buffer | undefined;
}

export interface DatagramServerOptions {
  readonly address: Address;
  /** Bytes of receive buffer to ask the kernel for. */
  readonly receiveBuffer: number;
  /** Bytes that may wait for the intake; beyond it messages are dropped and counted `queue_full`. */
  readonly maxPendingBytes: number;
  /** How often to ask what the kernel dropped, in milliseconds; 10 s by default. */
  readonly lookAtDropsEveryMs?: number;
  readonly host: InputHost;
  /** Who may send; undefined: everybody, as much as they like. */
  readonly access?: Access | undefined;
  readonly protocol: DatagramProtocol;
}

/** Datagrams handed over at once at most. */
const MAX_GATHERED = 1_024;
/** A turn of the event loop reads 32 datagrams at most, so a turn that brought as many probably left some behind. */
const FULL_TURN = 32;
/** Room made for the next batch beforehand, at most. */
const MAX_EXPECTED_BYTES = 512 * 1_024;
/** What a frame costs beside its bytes. */
const FRAME_COST_BYTES = 32;
const LOOK_AT_DROPS_EVERY_MS = 10_000;

/**
 * A UDP socket whose datagrams become batches: those of one sender that arrive in one turn of the event loop (or, under
 * load, in several turns) share one batch. UDP cannot push back, so what finds no room is dropped and counted. On stop
 * it still takes in what the kernel holds, then waits for the intake.
 */
export class DatagramServer implements Component, Listening, Lossy {
  readonly addresses: string[] = [];
  readonly #options: DatagramServerOptions;
  readonly #host: InputHost;
  #access: DatagramAccess | undefined;
  #socket: Socket | undefined;
  #bound: Address = { host: "", port: 0 };
  #gathered = new Map<string, FramePack>();
  /** The frames of the last sender, whose next datagram mostly comes before one of somebody else. */
  #last: FramePack | undefined;
  #lastPeer = "";
  /** Bytes of the largest batch of the last round, which the first batch of the next one is likely to have too. */
  #expectedBytes = 0;
  #gatheredCount = 0;
  /** Value of `#gatheredCount` when the last turn ended. */
  #gatheredBefore = 0;
  #flushing: NodeJS.Immediate | undefined;
  #arrivedBytes = 0;
  #turnedAway = 0;
  #pendingBytes = 0;
  #underWay = 0;
  #allDone: () => void = () => {};
  /** What the kernel dropped, as far as it was seen; undefined while it has told nothing. */
  #drops: number | undefined;
  /** Drops that were complained about. */
  #toldDrops = 0;
  #looking: NodeJS.Timeout | undefined;
  #receiveBuffer = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: DatagramServerOptions) {
    this.#options = options;
    this.#host = options.host;
  }

  /** Bytes gathered, or handed over and not yet taken in. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  async start(): Promise<void> {
    const { address } = this.#options;
    const socket = createSocket(address.host.includes(":") ? "udp6" : "udp4");
    const { port } = await bound(socket, this.#host.name, address);
    this.#access = DatagramAccess.of(this.#options.access, this.#host);
    this.#socket = socket;
    this.#bound = { host: socket.address().address, port };
    this.addresses.push(`udp:${formatAddress({ host: address.host, port })}`);
    this.#widen(socket);
    // Drops in a burst are seen after it, when nothing may come any more. A small read of `/proc`, so now and then.
    this.#looking = setInterval(() => this.#lookAtDrops(), this.#options.lookAtDropsEveryMs ?? LOOK_AT_DROPS_EVERY_MS);
    this.#looking.unref();
    // A socket that is bound reports errors of single datagrams at most; the next one may be fine.
    socket.on("error", (error) => this.#host.complain({ cause: "udp_error", peer: "", message: error.message }));
    socket.on("message", (datagram, from) => this.#receive(datagram, from));
  }

  stop(deadline: AbortSignal): Promise<void> {
    if (this.#socket !== undefined) this.#stopped ??= this.#drain(this.#socket, deadline);
    return this.#stopped ?? Promise.resolve();
  }

  kernelDrops(): number | undefined {
    const drops = this.#socket === undefined ? undefined : kernelDrops(this.#bound.host, this.#bound.port);
    // A count that went down would look like a restart to whoever scrapes it.
    if (drops !== undefined) this.#drops = Math.max(drops, this.#drops ?? 0);
    return this.#drops;
  }

  #widen(socket: Socket): void {
    const wanted = this.#options.receiveBuffer;
    this.#receiveBuffer = widenReceiveBuffer(socket, wanted);
    if (this.#receiveBuffer >= wanted) return;
    const given = formatBytes(this.#receiveBuffer);
    this.#host.log.info(
      { input: this.#host.name, wanted, given: this.#receiveBuffer },
      `the kernel gives a receive buffer of ${given} instead of ${formatBytes(wanted)} (receive_buffer), so bursts may be lost; ` +
        `raise it with: ${raiseRmemMax(wanted)}`,
    );
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const peer = from.family === "IPv6" && from.address.startsWith("::ffff:") ? from.address.slice(7) : from.address;
    if (this.#access !== undefined && !this.#access.isAllowed(peer)) {
      this.#flushing ??= setImmediate(this.#turn);
      return;
    }
    this.#arrivedBytes += datagram.length;
    const message = this.#options.protocol.assemble(datagram, peer, from.port);
    this.#flushing ??= setImmediate(this.#turn);
    if (message === undefined) return;
    if (this.#access !== undefined && !this.#access.isInTime(peer, message.length)) return;
    const { budget } = this.#host.memory;
    if (this.#pendingBytes >= this.#options.maxPendingBytes || budget.isCrowded || budget.dropsDatagrams) {
      this.#turnedAway += 1;
      return;
    }
    const frame = this.#options.protocol.open(message, peer);
    if (frame === undefined) return;
    this.#pendingBytes += frame.length + FRAME_COST_BYTES;
    if (this.#last === undefined || peer !== this.#lastPeer) this.#last = this.#packOf(peer);
    this.#last.add(frame);
    this.#gatheredCount += 1;
    if (this.#gatheredCount >= MAX_GATHERED) this.#flush();
  }

  #packOf(peer: string): FramePack {
    let pack = this.#gathered.get(peer);
    if (pack === undefined) {
      pack = new FramePack(this.#gathered.size === 0 ? this.#expectedBytes : 0);
      this.#gathered.set(peer, pack);
    }
    this.#lastPeer = peer;
    return pack;
  }

  /** After each turn that brought something: hands over, unless more is likely to come at once. */
  readonly #turn = (): void => {
    this.#flushing = undefined;
    if (this.#gatheredCount - this.#gatheredBefore >= FULL_TURN) {
      this.#gatheredBefore = this.#gatheredCount;
      this.#flushing = setImmediate(this.#turn);
      return;
    }
    this.#flush();
  };

  #flush(): void {
    this.#host.receivedBytes(this.#arrivedBytes);
    this.#arrivedBytes = 0;
    const gathered = this.#gathered;
    if (this.#gatheredCount > 0) {
      this.#gathered = new Map();
      this.#last = undefined;
      this.#expectedBytes = 0;
      this.#gatheredCount = 0;
      this.#gatheredBefore = 0;
      const receivedMs = this.#host.clock.nowMs();
      for (const [peer, pack] of gathered) this.#hand(peer, pack, receivedMs);
    }
    if (this.#turnedAway > 0) this.#tellTurnedAway();
    this.#access?.tell();
  }

  #hand(peer: string, pack: FramePack, receivedMs: number): void {
    const frames = pack.frames();
    this.#expectedBytes = Math.min(Math.max(this.#expectedBytes, pack.bytes), MAX_EXPECTED_BYTES);
    const cost = pack.bytes + frameCount(frames) * FRAME_COST_BYTES;
    const { name: input, labels } = this.#host;
    const from = { input, peer, receivedMs, tag: "", labels, metadata: undefined };
    const receipt = this.#host.intake({ codec: this.#options.protocol.codec, from, frames, position: undefined });
    if (!(receipt instanceof Promise)) {
      this.#pendingBytes -= cost;
      return;
    }
    this.#underWay += 1;
    this.#host.memory.hold(cost);
    void this.#wait(receipt, cost);
  }

  async #wait(receipt: Promise<Receipt>, cost: number): Promise<void> {
    await receipt;
    this.#host.memory.give(cost);
    this.#pendingBytes -= cost;
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#allDone();
  }

  #tellTurnedAway(): void {
    this.#host.refuse("queue_full", this.#turnedAway);
    const limit = formatBytes(this.#options.maxPendingBytes);
    const isFull = this.#pendingBytes >= this.#options.maxPendingBytes;
    const why = isFull
      ? `${limit} of earlier ones (max_pending_bytes) still wait for the queue`
      : "there is no room for them (max_memory)";
    const message = `${this.#turnedAway} messages dropped: ${why}`;
    this.#host.complain({ cause: "queue_full", peer: "", message });
    this.#turnedAway = 0;
  }

  #lookAtDrops(): void {
    const drops = this.kernelDrops() ?? 0;
    const news = drops - this.#toldDrops;
    if (news <= 0) return;
    this.#toldDrops = drops;
    const given = this.#receiveBuffer;
    const remedy = remedyFor({ given, wanted: this.#options.receiveBuffer, max: bufferLimits().max });
    const message = `the kernel dropped ${news} datagrams (${drops} since start) because the receive buffer of ${formatBytes(given)} was full; ${remedy}`;
    this.#host.complain({ cause: "kernel_drops", peer: "", message });
  }

  async #drain(socket: Socket, deadline: AbortSignal): Promise<void> {
    await this.#readRest(socket, deadline);
    clearInterval(this.#looking);
    this.#lookAtDrops();
    this.#socket = undefined;
    const closed = new Promise<void>((resolve) => {
      socket.close(resolve);
    });
    clearImmediate(this.#flushing);
    this.#flush();
    await closed;
    if (this.#underWay === 0 || deadline.aborted) return;
    await new Promise<void>((resolve) => {
      this.#allDone = resolve;
      deadline.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Reads on until a turn brings nothing, but no more than the kernel can have held when we were told to stop. */
  async #readRest(socket: Socket, deadline: AbortSignal): Promise<void> {
    let left = this.#receiveBuffer;
    let turnBytes = 1;
    const count = (datagram: Buffer): void => {
      turnBytes += datagram.length + FRAME_COST_BYTES;
    };
    socket.on("message", count);
    await turn();
    while (turnBytes > 0 && left > 0 && !deadline.aborted) {
      turnBytes = 0;
      await turn();
      left -= turnBytes;
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function bound(socket: Socket, input: string, address: Address): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(listenError(input, "udp", address, error));
    });
    socket.bind({ address: address.host, port: address.port }, () => {
      socket.removeAllListeners("error");
      resolve(socket.address());
    });
  });
}
