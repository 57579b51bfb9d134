import { limitedAs, Networks } from "../../base/networks.ts";
import type { AccessSettings, TurnedAway } from "../../component/access.ts";
import type { InputHost } from "../../component/host.ts";
import { PeerRates } from "./peer-rates.ts";

/** Who may send to one input, and how much: its lists, its limits, and what it counts of those it turns away. */
export class Access {
  /** Undefined: no sender is limited. */
  readonly rates: PeerRates | undefined;
  /** Proxies that must begin with a PROXY header. */
  readonly proxies: Networks;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly forwarders: Networks;
  readonly #allowed: Networks;
  readonly #host: InputHost;
  readonly #maxPerPeer: number;
  /** Open connections by sender. */
  readonly #connections = new Map<string, number>();

  constructor(settings: AccessSettings, host: InputHost) {
    this.rates = PeerRates.of(settings, host.clock);
    this.proxies = new Networks(settings.proxy_protocol ?? []);
    this.forwarders = new Networks(settings.trusted_proxies ?? []);
    this.#allowed = new Networks(settings.allow);
    this.#maxPerPeer = settings.max_connections_per_peer ?? Infinity;
    this.#host = host;
  }

  /** Whether anybody is kept out. */
  get hasList(): boolean {
    return !this.#allowed.isEmpty;
  }

  /** Proxies that begin with a PROXY header are, by being named: their health checks come from themselves. */
  isAllowed(peer: string): boolean {
    return this.#allowed.isEmpty || this.#allowed.has(peer) || this.proxies.has(peer);
  }

  /** As {@link isAllowed}; who is not is counted and complained about. `what` it came with: "a connection". */
  admits(peer: string, what: string): boolean {
    if (this.isAllowed(peer)) return true;
    this.turnAway("not_allowed", peer, `${what} from an address that is not in allow was turned away`);
    return false;
  }

  /** Counts a connection in, until {@link leave}; false when its sender has too many, which is counted and complained about. */
  enter(peer: string): boolean {
    const key = limitedAs(peer);
    const open = this.#connections.get(key) ?? 0;
    if (open >= this.#maxPerPeer) {
      const message = `more than ${this.#maxPerPeer} connections of one sender (max_connections_per_peer); the new one was closed`;
      this.turnAway("too_many_per_peer", peer, message);
      return false;
    }
    this.#connections.set(key, open + 1);
    return true;
  }

  leave(peer: string): void {
    const key = limitedAs(peer);
    const open = (this.#connections.get(key) ?? 0) - 1;
    if (open > 0) this.#connections.set(key, open);
    else this.#connections.delete(key);
  }

  turnAway(reason: TurnedAway, peer: string, message: string, times = 1): void {
    this.#host.count("turned_away", reason, times);
    this.#host.complain({ cause: reason, peer, message });
  }
}
