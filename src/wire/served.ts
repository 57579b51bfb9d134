import type { Socket } from "node:net";
import { aborted } from "../base/abort.ts";
import type { Holding } from "../base/memory-budget.ts";
import { formatBytes, formatDuration } from "../base/units.ts";
import type { InputHost } from "../component/host.ts";
import type { Access } from "./access/access.ts";
import type { PeerRates } from "./access/peer-rates.ts";
import type { Session, StreamServerOptions } from "./stream-server.ts";

/** After a FIN of ours, how long a sender may stay silent before we stop listening to what it still had under way. */
const LINGER_MS = 200;
/** The longest a fast sender waits before its rate is looked at again. */
const LOOK_EVERY_MS = 30_000;

export interface ServedOptions extends StreamServerOptions {
  readonly access: Access;
  readonly peer: string;
}

/** A connection and its session, from its first byte to its last promise. */
export class Served {
  /** Resolves when the session has ended and its last promise too. */
  readonly done: Promise<void>;
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #host: InputHost;
  readonly #peer: string;
  readonly #access: Access;
  readonly #rates: PeerRates | undefined;
  /** Since when a message has begun and not ended; undefined: none has. */
  #unfinishedSinceMs: number | undefined;
  /** Runs while the sender has to wait because of its rate. */
  #pacing: NodeJS.Timeout | undefined;
  /** What it holds of a message that has not come in whole. */
  readonly #holding: Holding;
  #finish: () => void = () => {};
  #busy: Promise<void> | undefined;
  #ended = false;
  #draining = false;
  #linger: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: ServedOptions) {
    this.#socket = socket;
    this.#host = options.host;
    this.#peer = options.peer;
    this.#access = options.access;
    this.#rates = options.access.rates;
    this.#holding = this.#host.memory.holding(() => this.#evict());
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#session = options.open({
      peer: options.peer,
      took: (records) => {
        this.#unfinishedSinceMs = undefined;
        this.#rates?.records(options.peer, records);
      },
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
      socket.setTimeout(options.idleTimeoutMs, () => (this.#isHeldUp ? undefined : socket.destroy()));
    }
    socket.on("data", (chunk) => this.#data(chunk));
    this.hold(this.#isCrowded);
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
    // A reset is an end like any other: what arrived counts.
    socket.on("error", () => {});
  }

  /** Lets go of a sender whose message is unfinished for too long, unless it is we who do not read on. */
  closeIfSlow(timeoutMs: number): void {
    if (this.#unfinishedSinceMs === undefined || this.#isHeldUp) return;
    if (this.#host.clock.tickMs() - this.#unfinishedSinceMs < timeoutMs) return;
    const message = `a message has begun and not ended for ${formatDuration(timeoutMs)} (message_timeout); the connection was closed`;
    this.#access.turnAway("slow", this.#peer, message);
    this.#socket.destroy();
  }

  get #isHeldUp(): boolean {
    return this.#busy !== undefined || this.#pacing !== undefined || this.#isCrowded;
  }

  get #isCrowded(): boolean {
    return this.#host.memory.budget.isCrowded;
  }

  /** Reads no more while so much waits for the queue, in all inputs together, that there is no room. */
  hold(crowded: boolean): void {
    if (this.#busy !== undefined || this.#linger !== undefined) return;
    if (crowded) this.#socket.pause();
    else this.#readOn(this.#rates);
  }

  /** Its message is the largest of those that have not come in whole, and there is no room for all of them. */
  #evict(): void {
    this.#session.forget?.();
    this.#socket.destroy();
    this.#host.refuse("too_large");
    this.#host.count("turned_away", "memory");
    const message = `an unfinished message of ${formatBytes(this.#holding.bytes)} was given up and its connection closed: there was no room for it (max_buffered_bytes, max_memory)`;
    this.#host.complain({ cause: "no_room", peer: this.#peer, message });
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
    this.#rates?.bytes(this.#peer, chunk.length);
    if (this.#unfinishedSinceMs === undefined && !isFiller(chunk)) this.#unfinishedSinceMs = this.#host.clock.tickMs();
    if (this.#linger !== undefined) this.#lingerOn();
    const bytes = this.#holding.bytes + chunk.length;
    const busy = this.#session.data(chunk);
    this.#holding.resize(this.#session.heldBytes ?? 0);
    if (busy === undefined) {
      if (this.#rates !== undefined) this.#readOn(this.#rates);
      return;
    }
    this.#socket.pause();
    const { memory } = this.#host;
    memory.hold(bytes);
    this.#busy = busy.then(() => {
      this.#busy = undefined;
      memory.give(bytes);
      this.#readOn(this.#rates);
    });
  }

  /** Reads on, as soon as the sender is within its rates. */
  #readOn(rates: PeerRates | undefined): void {
    if (this.#draining || this.#ended) return;
    // While the relay stops, what comes is what was under way.
    const waitMs = this.#linger === undefined ? (rates?.waitMs(this.#peer) ?? 0) : 0;
    if (waitMs === 0) {
      if (this.#isCrowded && this.#linger === undefined) this.#socket.pause();
      else if (this.#socket.isPaused()) this.#socket.resume();
      return;
    }
    this.#socket.pause();
    this.#pacing ??= setTimeout(
      () => {
        this.#pacing = undefined;
        if (this.#busy === undefined) this.#readOn(rates);
      },
      Math.min(waitMs, LOOK_EVERY_MS),
    );
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#linger);
    clearTimeout(this.#pacing);
    const last = async (): Promise<void> => {
      await this.#busy;
      const ended = this.#session.end();
      this.#holding.release();
      await ended;
      this.#socket.destroySoon();
      this.#finish();
    };
    void last();
  }
}

/** Whether bytes are nothing but what may stand between messages: some senders keep a connection alive with these. */
function isFiller(chunk: Buffer): boolean {
  return chunk.every((byte) => byte === 0x00 || byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x20);
}
