import { setMaxListeners } from "node:events";
import {
  NO_LIMITS,
  type Delivery,
  type LimitCategory,
  type Pace,
  type Shipment,
  type Upstream,
} from "../../src/component/delivery.ts";

export const PACE: Pace = {
  concurrency: 8,
  rateLimit: undefined,
  maxAgeMs: 60_000,
  backoff: { firstMs: 500, maxMs: 30_000 },
  reportEveryMs: undefined,
};

export const DELIVERED: Delivery = { kind: "delivered", limits: NO_LIMITS };
export const GONE: Extract<Delivery, { kind: "retry" }> = {
  kind: "retry",
  afterMs: undefined,
  cause: "ECONNREFUSED",
  limits: NO_LIMITS,
};

export function rejected(status: number, unknownItem = false): Delivery {
  return { kind: "rejected", status, cause: `HTTP ${status}`, limits: NO_LIMITS, unknownItem };
}

export const REFUSED_DSN: Delivery = { kind: "refused_dsn", status: 401, cause: "HTTP 401 Unauthorized" };

export function limited(category: LimitCategory, ms: number): Delivery {
  return { kind: "limited", limits: new Map([[category, ms]]) };
}

/** These answers in this order, then only good ones. */
export function inTurn(...replies: readonly Delivery[]): () => Delivery {
  const left = [...replies];
  return () => left.shift() ?? DELIVERED;
}

/** One attempt that has been asked for. Undecided ones are under way. */
export interface Attempt {
  readonly shipment: Shipment;
  /** Bodies of its parcels, as text. */
  readonly bodies: readonly string[];
  answer(delivery: Delivery): void;
}

/** An upstream that answers as told: by `reply` where it says something, else when the test answers the attempt. */
export class ScriptedUpstream implements Upstream {
  readonly pace: Pace;
  readonly account: string | undefined;
  readonly attempts: Attempt[] = [];
  reply: (shipment: Shipment) => Delivery | undefined;

  constructor(
    reply: (shipment: Shipment) => Delivery | undefined = () => DELIVERED,
    options: { readonly pace?: Partial<Pace>; readonly account?: string } = {},
  ) {
    this.reply = reply;
    this.pace = { ...PACE, ...options.pace };
    this.account = options.account;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  deliver(shipment: Shipment, abort: AbortSignal): Promise<Delivery> {
    const parcels = shipment.kind === "client_report" ? [] : shipment.parcels;
    const bodies = parcels.map(({ body }) => Buffer.from(body).toString());
    setMaxListeners(0, abort);
    return new Promise((resolve) => {
      this.attempts.push({ shipment, bodies, answer: resolve });
      const reply = this.reply(shipment);
      if (reply === undefined)
        abort.addEventListener("abort", () => resolve({ ...GONE, cause: "the relay is stopping" }), { once: true });
      else resolve(reply);
    });
  }
}
