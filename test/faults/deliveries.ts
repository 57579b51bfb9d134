import { crc32 } from "node:zlib";
import type { EnvelopeItem, ParsedEnvelope } from "../support/envelope-parser.ts";

/** What arrived at a tracker, told by the numbers that senders give their issues. */
export interface DeliveryReport {
  /** Events taken, each as often as it came. */
  readonly events: number;
  /** A tracker shows these: an event that comes again under its id is dropped. */
  readonly eventIds: number;
  readonly numbers: Uint32Array;
  /** How often each of `numbers` came. */
  readonly times: Uint32Array;
  /** Of the event's bytes as they first came, for each of `numbers`. */
  readonly checksums: Uint32Array;
  /** From the sender's write to the first arrival, milliseconds, for each of `numbers`. */
  readonly latenciesMs: Float64Array;
  /** Numbers of issues that came under more than one event id. */
  readonly twofold: Uint32Array;
  /** Events that came again with other bytes than the first time. */
  readonly changed: number;
  /** Numbers of entries of log containers. */
  readonly logNumbers: Uint32Array;
  /** Events without a number; there should be none. */
  readonly unknown: number;
}

interface Arrival {
  readonly id: string;
  readonly checksum: number;
  readonly latencyMs: number;
  times: number;
}

const NUMBER = '"fault_number":';
const SENT = '"sent_us":';

/** The number behind the first occurrence of a name in JSON; undefined without one. */
export function numberIn(bytes: Buffer, name: string = NUMBER, from = 0): number | undefined {
  const at = bytes.indexOf(name, from);
  if (at < 0) return undefined;
  const found = /^"?(\d+)/.exec(bytes.toString("latin1", at + name.length, at + name.length + 24));
  return found === null ? undefined : Number(found[1]);
}

export class Deliveries {
  readonly #arrivals = new Map<number, Arrival>();
  readonly #eventIds = new Set<string>();
  readonly #logs = new Set<number>();
  readonly #twofold = new Set<number>();
  #events = 0;
  #changed = 0;
  #unknown = 0;

  /** For `MiniSentryOptions.taken`. */
  readonly take = ({ header, bytes }: EnvelopeItem, { headers }: ParsedEnvelope): void => {
    if (header["type"] === "event") this.#event(String(headers["event_id"]), bytes);
    else if (header["type"] === "log") this.#log(bytes);
  };

  counts(): { readonly events: number; readonly numbers: number; readonly logs: number } {
    return { events: this.#events, numbers: this.#arrivals.size, logs: this.#logs.size };
  }

  report(): DeliveryReport {
    const arrivals = [...this.#arrivals.values()];
    return {
      events: this.#events,
      eventIds: this.#eventIds.size,
      numbers: Uint32Array.from(this.#arrivals.keys()),
      times: Uint32Array.from(arrivals, ({ times }) => times),
      checksums: Uint32Array.from(arrivals, ({ checksum }) => checksum),
      latenciesMs: Float64Array.from(arrivals, ({ latencyMs }) => latencyMs),
      twofold: Uint32Array.from(this.#twofold),
      changed: this.#changed,
      logNumbers: Uint32Array.from(this.#logs),
      unknown: this.#unknown,
    };
  }

  #event(id: string, bytes: Buffer): void {
    this.#events += 1;
    this.#eventIds.add(id);
    const number = numberIn(bytes);
    if (number === undefined) {
      this.#unknown += 1;
      return;
    }
    const checksum = crc32(bytes);
    const before = this.#arrivals.get(number);
    if (before === undefined) {
      const latencyMs = performance.timeOrigin + performance.now() - (numberIn(bytes, SENT) ?? Number.NaN) / 1_000;
      this.#arrivals.set(number, { id, checksum, latencyMs, times: 1 });
      return;
    }
    before.times += 1;
    if (before.id !== id) this.#twofold.add(number);
    if (before.checksum !== checksum) this.#changed += 1;
  }

  #log(bytes: Buffer): void {
    // An attribute: {"value":17,"type":"integer"}
    const name = `${NUMBER}{"value":`;
    for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) {
      const number = numberIn(bytes, name, at);
      if (number !== undefined) this.#logs.add(number);
    }
  }
}
