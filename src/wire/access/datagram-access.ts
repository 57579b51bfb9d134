import type { InputHost } from "../../component/host.ts";
import type { Access } from "./access.ts";
import type { PeerRates } from "./peer-rates.ts";

/**
 * Decides about single datagrams and messages. Under a flood it does so often, so it remembers the last sender, and counts
 * and complains once a turn.
 */
export class DatagramAccess {
  readonly #access: Access;
  readonly #host: InputHost;
  #last = "";
  #lastIsAllowed = false;
  #strangers = 0;
  #stranger = "";
  #over = 0;
  #overBy = "";

  /** Undefined when everybody may send as much as they like. */
  static of(access: Access | undefined, host: InputHost): DatagramAccess | undefined {
    if (access === undefined || (!access.hasList && access.rates === undefined)) return undefined;
    return new DatagramAccess(access, host);
  }

  private constructor(access: Access, host: InputHost) {
    this.#access = access;
    this.#host = host;
  }

  /** Whether a datagram is looked at. */
  isAllowed(peer: string): boolean {
    if (peer !== this.#last) {
      this.#lastIsAllowed = this.#access.isAllowed(peer);
      this.#last = peer;
    }
    if (!this.#lastIsAllowed) {
      this.#strangers += 1;
      this.#stranger = peer;
    }
    return this.#lastIsAllowed;
  }

  /** Whether a whole message is within the rates of its sender; one that is not is dropped. */
  isInTime(peer: string, bytes: number): boolean {
    const rates: PeerRates | undefined = this.#access.rates;
    if (rates === undefined) return true;
    if (rates.waitMs(peer) > 0) {
      this.#over += 1;
      this.#overBy = peer;
      return false;
    }
    rates.records(peer, 1);
    rates.bytes(peer, bytes);
    return true;
  }

  /** Counts what was refused since the last time, and complains about it. */
  tell(): void {
    if (this.#strangers > 0) {
      const message = `${this.#strangers} datagrams from addresses that are not in allow were ignored, the last one from this`;
      this.#access.turnAway("not_allowed", this.#stranger, message, this.#strangers);
      this.#strangers = 0;
    }
    if (this.#over === 0) return;
    this.#host.refuse("rate_limited", this.#over);
    const message = `${this.#over} messages over the rate of one sender were dropped (max_records_per_second_per_peer, max_bytes_per_second_per_peer)`;
    this.#host.complain({ cause: "rate_limited", peer: this.#overBy, message });
    this.#over = 0;
  }
}
