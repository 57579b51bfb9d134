import { connect, type Socket } from "node:net";
import { gelf } from "./records.ts";

const REOPEN_MS = 50;
const PUMP_MS = 5;

/** What one connection carried until it was closed, politely or not. */
export interface Carried {
  readonly numbers: number[];
  /** The other side closed it, or it was reset. */
  broken: boolean;
}

/**
 * GELF over TCP through a balancer: each connection that is lost is opened anew, and nothing is sent twice, because nobody
 * says what has arrived.
 */
export class GelfConnections {
  readonly carried: Carried[] = [];
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  readonly #next: () => number;
  #isStopping = false;

  /** So many issues a second over all connections; `next` numbers them. */
  constructor(plan: {
    readonly port: number;
    readonly connections: number;
    readonly perSecond: number;
    readonly next: () => number;
  }) {
    this.#port = plan.port;
    this.#next = plan.next;
    for (let i = 0; i < plan.connections; i += 1) this.#open();
    let turn = 0;
    this.#timer = setInterval(() => {
      for (let i = 0; i < (plan.perSecond * PUMP_MS) / 1_000; i += 1) {
        const open = [...this.#sockets];
        turn += 1;
        open[turn % open.length]?.emit("turn");
      }
    }, PUMP_MS);
  }

  /** Sends no more, and resolves once the balancer has taken everything. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    this.#isStopping = true;
    await Promise.all(
      [...this.#sockets].map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once("close", () => resolve());
            socket.end();
          }),
      ),
    );
  }

  #open(): void {
    const socket = connect(this.#port, "127.0.0.1");
    const carried: Carried = { numbers: [], broken: false };
    socket.resume();
    socket.on("connect", () => {
      this.#sockets.add(socket);
      this.carried.push(carried);
    });
    socket.on("turn", () => {
      const number = this.#next();
      carried.numbers.push(number);
      socket.write(`${gelf({ number, lane: "default", index: number })}\0`);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (this.#isStopping) return;
      carried.broken = true;
      setTimeout(() => this.#open(), REOPEN_MS);
    });
  }
}
