import type { Clock } from "../base/clock.ts";

/** For so long after a failure the next attempts of a peer are slowed. */
const REMEMBERED_MS = 60_000;
/** How long a slowed attempt waits for its answer. */
const DELAY_MS = 1_000;
/** Attempts of one peer that wait at once; more are refused unseen. */
const MAX_WAITING = 16;
/** Peers remembered at once; beyond it the oldest is forgotten. */
const MAX_PEERS = 4_096;

interface Peer {
  untilMs: number;
  waiting: number;
}

/**
 * Makes guessing keys and passwords slow: after a failure the attempts of a peer wait a second each, sixteen at once at
 * most. Right ones wait too, or the wait would tell which they are; none is locked out, since one badly configured sender
 * may share an address with a hundred good ones. Peers are IPv4 addresses and /64 networks of IPv6.
 */
export class ForwardGuesses {
  readonly #clock: Clock;
  readonly #delayMs: number;
  /** In the order of their last failures. */
  readonly #peers = new Map<string, Peer>();

  constructor(clock: Clock, delayMs = DELAY_MS) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** When an attempt of a peer may be judged: at once (undefined), later, or never. */
  turn(address: string): undefined | Promise<void> | "never" {
    const peer = this.#peers.get(networkOf(address));
    if (peer === undefined || peer.untilMs <= this.#clock.tickMs()) return undefined;
    if (peer.waiting >= MAX_WAITING) return "never";
    peer.waiting += 1;
    return new Promise((resolve) => {
      setTimeout(() => {
        peer.waiting -= 1;
        resolve();
      }, this.#delayMs);
    });
  }

  /** An attempt of a peer was wrong. */
  failed(address: string): void {
    const network = networkOf(address);
    const peer = this.#peers.get(network) ?? { untilMs: 0, waiting: 0 };
    peer.untilMs = this.#clock.tickMs() + REMEMBERED_MS;
    this.#peers.delete(network);
    if (this.#peers.size >= MAX_PEERS) {
      for (const oldest of this.#peers.keys()) {
        this.#peers.delete(oldest);
        break;
      }
    }
    this.#peers.set(network, peer);
  }
}

/** Who has one address of an IPv6 network has 2^64. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [before = [], after = []] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
