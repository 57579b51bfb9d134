import type { Clock } from "../../base/clock.ts";
import { limitedAs } from "../../base/networks.ts";
import { RateBucket } from "../../base/rate-bucket.ts";
import type { RateSettings } from "../../component/access.ts";

/** Senders whose use is known; beyond it the one that was silent for longest is forgotten. */
const MAX_PEERS = 10_000;

interface Buckets {
  readonly records: RateBucket | undefined;
  readonly bytes: RateBucket | undefined;
  readonly requests: RateBucket | undefined;
}

/** How much each sender of an input sends. What is over is noted, and has to be waited for: {@link waitMs}. */
export class PeerRates {
  readonly #settings: RateSettings;
  readonly #clock: Clock;
  /** By sender, the one that was heard of last at the end. */
  readonly #peers = new Map<string, Buckets>();

  /** Undefined when nothing is limited. */
  static of(settings: RateSettings, clock: Clock): PeerRates | undefined {
    const limits = [
      settings.max_records_per_second_per_peer,
      settings.max_bytes_per_second_per_peer,
      settings.max_requests_per_second_per_peer,
    ];
    return limits.every((limit) => limit === undefined) ? undefined : new PeerRates(settings, clock);
  }

  private constructor(settings: RateSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Milliseconds until a sender is within all of its limits; 0: it is. */
  waitMs(peer: string): number {
    const nowMs = this.#clock.tickMs();
    const { records, bytes, requests } = this.#of(peer, nowMs);
    return Math.max(records?.waitMs(nowMs) ?? 0, bytes?.waitMs(nowMs) ?? 0, requests?.waitMs(nowMs) ?? 0);
  }

  records(peer: string, count: number): void {
    const nowMs = this.#clock.tickMs();
    this.#of(peer, nowMs).records?.take(count, nowMs);
  }

  bytes(peer: string, count: number): void {
    const nowMs = this.#clock.tickMs();
    this.#of(peer, nowMs).bytes?.take(count, nowMs);
  }

  request(peer: string): void {
    const nowMs = this.#clock.tickMs();
    this.#of(peer, nowMs).requests?.take(1, nowMs);
  }

  /** Senders that are known now. */
  get size(): number {
    return this.#peers.size;
  }

  #of(peer: string, nowMs: number): Buckets {
    const key = limitedAs(peer);
    const known = this.#peers.get(key);
    if (known !== undefined) this.#peers.delete(key);
    else if (this.#peers.size >= MAX_PEERS) {
      for (const silent of this.#peers.keys()) {
        this.#peers.delete(silent);
        break;
      }
    }
    const buckets = known ?? this.#new(nowMs);
    this.#peers.set(key, buckets);
    return buckets;
  }

  #new(nowMs: number): Buckets {
    const bucket = (perSecond: number | undefined): RateBucket | undefined =>
      perSecond === undefined ? undefined : new RateBucket(perSecond, nowMs);
    return {
      records: bucket(this.#settings.max_records_per_second_per_peer),
      bytes: bucket(this.#settings.max_bytes_per_second_per_peer),
      requests: bucket(this.#settings.max_requests_per_second_per_peer),
    };
  }
}
