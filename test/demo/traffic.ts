import type { Logger } from "pino";
import type { Fields, Sender } from "./senders.ts";
import { CART_TOTAL, cardDeclined, connectionRefused, LABEL_PANIC, MISSING_RATE } from "./traces.ts";

/** The five services, each with its own way to the relay. */
export interface Services {
  /** nginx before the web shop; GELF over TCP. */
  readonly shop: Sender<Fields>;
  /** The shop's pages in the browser; GELF over HTTP. */
  readonly page: Sender<Fields>;
  /** A Node API; pino's JSON on the relay's standard input. */
  readonly api: Logger;
  /** A Java service; GELF over UDP. */
  readonly billing: Sender<Fields>;
  /** A Go worker; gRPC. */
  readonly worker: Sender<Fields>;
  /** A Python job; Fluentd forward. */
  readonly reports: Sender<Fields>;
}

export type Incident = keyof typeof Traffic.prototype.incidents;

/** One customer's request on its way through the services: what they log carries its trace id. */
interface Journey {
  readonly order: number;
  readonly traceId: string;
  readonly client: string;
  readonly amount: string;
}

const PATHS = ["/", "/search?q=lamp", "/products/17", "/products/204", "/cart", "/assets/cart-4be1.js", "/api/stock"];

/** Makes the services log what they log on an ordinary day, and on a bad one. */
export class Traffic {
  readonly #services: Services;
  readonly #random: () => number;
  readonly #underWay = new Set<Promise<void>>();
  #orders = 1_041;

  constructor(services: Services, random: () => number) {
    this.#services = services;
    this.#random = random;
  }

  /** What goes wrong now and then. */
  readonly incidents = {
    card_declined: (): void => this.#start(this.#declinedOrder()),
    upstream_timeout: (): void => this.#start(this.#slowOrder()),
    missing_rate: (): void => this.#start(this.#brokenReport()),
    label_panic: (): void => this.#start(this.#panickingOrder()),
    cart_total: (): void => this.#start(this.#brokenPage()),
    database_storm: (): void => this.#start(this.#databaseAway(400)),
    database_away: (): void => this.#start(this.#databaseAway(1)),
  };

  /** Somebody looks around. */
  browse(): void {
    const path = PATHS[Math.floor(this.#random() * PATHS.length)] ?? "/";
    this.#access({ method: "GET", path, status: this.#random() < 0.02 ? 404 : 200, client: this.#client() });
  }

  /** Somebody buys something. */
  order(): void {
    this.#start(this.#order(this.#journey()));
  }

  /** The nightly report gets on. */
  report(): void {
    const rows = Math.floor(this.#random() * 900) + 100;
    const tail = this.#random() < 0.1 ? { levelname: "WARNING", message: `slow batch: ${rows} rows took 4.1s` } : undefined;
    this.#services.reports.send({ name: "reports.nightly", levelname: "INFO", message: `converted ${rows} rows`, ...tail });
  }

  /** Resolves when every journey has come to its end. */
  async finished(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #start(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  #journey(): Journey {
    this.#orders += 1;
    const hex = (): string =>
      Math.floor(this.#random() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    const amount = (this.#random() * 90 + 10).toFixed(2);
    return { order: this.#orders, traceId: `${hex()}${hex()}${hex()}${hex()}`, client: this.#client(), amount };
  }

  #client(): string {
    return `203.0.113.${Math.floor(this.#random() * 250) + 1}`;
  }

  #pause(ms: number): Promise<void> {
    const waitMs = ms * (0.5 + this.#random());
    return new Promise((resolve) => {
      setTimeout(resolve, waitMs);
    });
  }

  #access(asked: { method: string; path: string; status: number; client: string; traceId?: string }): void {
    const { method, path, status, client, traceId } = asked;
    this.#services.shop.send({
      host: "web-1",
      short_message: `${method} ${path} ${status}`,
      level: 6,
      _logger: "nginx.access",
      _service: "shop",
      _client_ip: client,
      ...(traceId === undefined ? {} : { _trace_id: traceId }),
    });
  }

  async #accepted({ order, traceId, client, amount }: Journey): Promise<void> {
    const { api } = this.#services;
    this.#access({ method: "POST", path: "/checkout", status: 202, client, traceId });
    await this.#pause(15);
    api.debug({ trace_id: traceId, order }, "cart loaded");
    await this.#pause(25);
    api.info({ trace_id: traceId, order, amount }, "order placed");
  }

  #billing(journey: Journey, fields: Fields): void {
    this.#services.billing.send({
      host: "billing-7d4f",
      level: 6,
      _logger: "com.example.billing.ChargeService",
      _thread: "orders-0-C-1",
      _service: "billing",
      _trace_id: journey.traceId,
      ...fields,
    });
  }

  #worker(journey: Journey, record: Fields): void {
    const place = { logger: "worker.labels", host: "worker-2", service: "worker", trace_id: journey.traceId };
    this.#services.worker.send({ severity: "info", ...place, ...record });
  }

  async #order(journey: Journey): Promise<void> {
    const { order, amount } = journey;
    await this.#accepted(journey);
    await this.#pause(60);
    this.#billing(journey, { short_message: `charging ${amount} EUR for order ${order}` });
    await this.#pause(120);
    this.#billing(journey, { short_message: `order ${order} is paid` });
    this.#worker(journey, { message: `printing the label of order ${order}` });
  }

  async #declinedOrder(): Promise<void> {
    const journey = this.#journey();
    const { order, amount } = journey;
    await this.#accepted(journey);
    await this.#pause(60);
    this.#billing(journey, { short_message: `charging ${amount} EUR for order ${order}` });
    await this.#pause(200);
    this.#billing(journey, { short_message: "the acquirer said no, trying once more", level: 4 });
    await this.#pause(200);
    this.#billing(journey, {
      short_message: `could not charge order ${order}`,
      full_message: `could not charge order ${order}\n${cardDeclined(order, amount)}`,
      level: 3,
    });
  }

  async #slowOrder(): Promise<void> {
    const { traceId, client } = this.#journey();
    this.#services.api.warn({ trace_id: traceId, pool: { waiting: 31 } }, "all database connections are busy");
    await this.#pause(300);
    const now = new Date();
    const stamp = now.toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ");
    this.#services.shop.send({
      host: "web-1",
      short_message:
        `${stamp} [error] 31#31: *${Math.floor(this.#random() * 9e4)} upstream timed out (110: Connection timed out) while reading ` +
        `response header from upstream, client: ${client}, server: shop.example, request: "POST /checkout HTTP/1.1", ` +
        `upstream: "http://10.0.2.14:3000/orders", host: "shop.example"`,
      level: 3,
      _service: "shop",
      _trace_id: traceId,
    });
  }

  async #brokenReport(): Promise<void> {
    const { reports } = this.#services;
    reports.send({ name: "reports.nightly", levelname: "INFO", message: "report of yesterday: 12 currencies" });
    await this.#pause(80);
    reports.send({ name: "reports.nightly", levelname: "DEBUG", message: "row 4711 is in SEK" });
    reports.send({ name: "reports.nightly", levelname: "ERROR", message: "the nightly report failed", exc_info: MISSING_RATE });
  }

  async #panickingOrder(): Promise<void> {
    const journey = this.#journey();
    await this.#accepted(journey);
    await this.#pause(80);
    this.#worker(journey, { message: `printing the label of order ${journey.order}` });
    this.#worker(journey, { severity: "warning", message: "printer 3 does not answer, using none" });
    await this.#pause(40);
    this.#worker(journey, { severity: "fatal", message: LABEL_PANIC });
  }

  async #brokenPage(): Promise<void> {
    const { traceId, client } = this.#journey();
    this.#access({ method: "GET", path: "/cart", status: 200, client, traceId });
    await this.#pause(150);
    this.#services.page.send({
      host: "shop.example",
      short_message: "TypeError: Cannot read properties of undefined (reading 'total')",
      full_message: CART_TOTAL,
      level: 3,
      _logger: "browser",
      _service: "shop",
      _url: "https://shop.example/cart",
      _trace_id: traceId,
    });
  }

  /** Everybody's orders fail at once: the hour in which a tracker drowns. */
  async #databaseAway(orders: number): Promise<void> {
    for (let failed = 0; failed < orders; failed += 1) {
      const { traceId, order } = this.#journey();
      this.#services.api.error({ trace_id: traceId, order, err: connectionRefused() }, "could not load the order");
      if (failed % 20 === 19) await this.#pause(15);
    }
  }
}
