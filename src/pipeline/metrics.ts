import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { FileCounts } from "../component/following.ts";
import type { Delivery } from "../component/delivery.ts";
import type { QueueStats } from "../component/queue.ts";
import type { Ledger } from "../record/ledger.ts";
import type { DataCategory, Parcel } from "../record/parcel.ts";

/** What a scrape reads from the rest of the relay. */
export interface MetricSources {
  readonly ledger: Ledger;
  inFlight(): number;
  connections(): ReadonlyMap<string, number>;
  gelfChunks(): ReadonlyMap<string, number>;
  /** What inputs refused before a record of it was known, by input and reason. */
  turnedAway(): ReadonlyMap<string, ReadonlyMap<string, number>>;
  forwardHandshakes(): ReadonlyMap<string, number>;
  /** Datagrams that the kernel dropped, by input; without inputs that cannot tell. */
  kernelDrops(): ReadonlyMap<string, number>;
  /** Of inputs that follow files. */
  files(): ReadonlyMap<string, FileCounts>;
  queue(): QueueNow;
  deadLetters(): number;
  /** Upstreams that annotations asked for. */
  tenants(): number;
  /** What annotations asked for and is not heeded, by cause. */
  refusedWishes(): ReadonlyMap<string, number>;
  trails(): { readonly keys: number; readonly bytes: number };
  /** Between sockets and queue. */
  bytesInFlight(): number;
  /** What was shed because memory ran short, by step. */
  memoryShed(): ReadonlyMap<string, number>;
}

/** What a scrape shows of the queue. */
export interface QueueNow {
  readonly parcels: number;
  readonly bytes: number;
  readonly oldestAgeSeconds: number;
  readonly quarantined: number;
}

export function queueNow({ parcels, bytes, oldestBornMs, quarantined }: QueueStats, nowMs: number): QueueNow {
  const ageMs = oldestBornMs === undefined ? 0 : nowMs - oldestBornMs;
  return { parcels, bytes, quarantined, oldestAgeSeconds: Math.max(0, ageMs) / 1_000 };
}

/** A metric as the reference documents it. */
export interface MetricDoc {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
}

const doc = (name: string, type: MetricDoc["type"], help: string, labels: readonly string[] = []): MetricDoc => ({
  name: `crumbtrail_${name}`,
  type,
  labels,
  help,
});

/** Every metric of the relay's own; `docs/reference.md` lists these. */
export const METRICS = {
  received: doc("records_received_total", "counter", "Records that came in, malformed ones included.", ["input"]),
  settled: doc("records_settled_total", "counter", "Records that left, by door.", ["outcome"]),
  inFlight: doc("records_in_flight", "gauge", "Records waiting in open stack traces, in the queue, and on loan to upstreams."),
  bytes: doc("bytes_received_total", "counter", "Bytes read from the network or standard input.", ["input"]),
  connections: doc("connections", "gauge", "Connections open now.", ["input"]),
  events: doc("events_created_total", "counter", "Events made from records, before storm control."),
  scrubbed: doc("scrubbed_total", "counter", "Secrets that scrub replaced before anything left, by rule.", ["rule"]),
  delivered: doc("parcels_delivered_total", "counter", "Events and logs that an upstream accepted.", ["upstream", "category"]),
  queueParcels: doc("queue_parcels", "gauge", "Parcels in the queue, those on loan included."),
  queueBytes: doc("queue_bytes", "gauge", "Bytes of parcels in the queue, those on loan included."),
  queueAge: doc("queue_oldest_age_seconds", "gauge", "Age of the oldest parcel in the queue; 0 when it is empty."),
  quarantined: doc("queue_quarantined_total", "counter", "Parcels that the disk gave back damaged, set aside in quarantine."),
  deadLetters: doc("dead_letters", "gauge", "Dead letters kept in data_dir."),
  tenants: doc("tenants", "gauge", "Upstreams beside those of the configuration, made for DSNs in annotations."),
  refusedWishes: doc(
    "annotations_refused_total",
    "counter",
    "DSNs and rates in annotations that are not heeded, each once for a pod.",
    ["cause"],
  ),
  requests: doc("upstream_requests_total", "counter", "Requests to an upstream, by what they came to.", ["upstream", "result"]),
  requestSeconds: doc("upstream_request_duration_seconds", "histogram", "How long a request to an upstream took.", ["upstream"]),
  trailKeys: doc("trail_keys", "gauge", "Keys that have a trail."),
  trailBytes: doc("trail_bytes", "gauge", "Bytes held by trails."),
  bytesInFlight: doc(
    "in_flight_bytes",
    "gauge",
    "Bytes that inputs hold between their sockets and the queue, what open connections cost included.",
  ),
  memoryShed: doc(
    "memory_shed_total",
    "counter",
    "Steps taken because the process came near max_memory: trails (halved), room (inputs have less), datagrams (are dropped).",
    ["step"],
  ),
  intakeSeconds: doc("intake_seconds", "histogram", "From a batch's arrival to its receipt."),
  udpDropped: doc("udp_dropped_total", "counter", "Datagrams the kernel dropped because the receive buffer was full.", ["input"]),
  filesFollowed: doc("files_followed", "gauge", "Files followed now.", ["input"]),
  filesLag: doc("files_lag_bytes", "gauge", "Bytes written to followed files and not read when they were last looked at.", [
    "input",
  ]),
  fileTruncations: doc("file_truncations_total", "counter", "Followed files that were cut or rewritten in place.", ["input"]),
  fileLost: doc(
    "file_bytes_lost_total",
    "counter",
    "Bytes of followed files that were truncated before they were read and are in no copy beside them, as far as that can be told.",
    ["input"],
  ),
  turnedAway: doc(
    "turned_away_total",
    "counter",
    "Connections, requests and datagrams refused before a record of them was known, by reason: not_allowed, proxy_header, " +
      "too_many_connections, too_many_per_peer, unauthorized, rate_limited, headers, slow, memory (also an unfinished message given up).",
    ["input", "reason"],
  ),
  gelfChunks: doc("gelf_chunks_total", "counter", "GELF chunks and chunk sets, by result.", ["result"]),
  forwardHandshakes: doc(
    "forward_handshakes_total",
    "counter",
    "Handshakes of senders to forward inputs with a shared_key, by result: accepted, wrong_key, wrong_user, invalid, timed_out, " +
      "too_many (refused unseen after many failures).",
    ["result"],
  ),
} as const satisfies Record<string, MetricDoc>;

const CATEGORIES: readonly DataCategory[] = ["error", "log_item"];
const RESULTS: readonly Delivery["kind"][] = ["delivered", "limited", "retry", "refused_dsn", "rejected"];

/** The relay's Prometheus registry. Counts are read from their owners at each scrape; nothing is counted twice. */
export class RelayMetrics {
  readonly registry = new Registry();
  readonly #delivered = this.#counter(METRICS.delivered);
  readonly #requests = this.#counter(METRICS.requests);
  readonly #events = this.#counter(METRICS.events);
  readonly #scrubbed = this.#counter(METRICS.scrubbed);
  readonly #requestSeconds = this.#histogram(METRICS.requestSeconds);
  readonly #intakeSeconds = this.#histogram(METRICS.intakeSeconds);

  /** `nodeMetrics` adds Node's own (event loop, heap, garbage collector), which keep a timer. */
  constructor(sources: MetricSources, nodeMetrics: boolean) {
    if (nodeMetrics) collectDefaultMetrics({ register: this.registry });
    const { ledger } = sources;
    this.#read(METRICS.received, () => ledger.received);
    this.#read(METRICS.settled, () => ledger.settled);
    this.#read(METRICS.bytes, () => ledger.bytes);
    this.#read(METRICS.connections, () => sources.connections());
    this.#read(METRICS.udpDropped, () => sources.kernelDrops());
    const files = (of: (counts: FileCounts) => number) => (): ReadonlyMap<string, number> =>
      new Map([...sources.files()].map(([input, counts]) => [input, of(counts)]));
    this.#read(
      METRICS.filesFollowed,
      files(({ followed }) => followed),
    );
    this.#read(
      METRICS.filesLag,
      files(({ lagBytes }) => lagBytes),
    );
    this.#read(
      METRICS.fileTruncations,
      files(({ truncations }) => truncations),
    );
    this.#read(
      METRICS.fileLost,
      files(({ lostBytes }) => lostBytes),
    );
    this.#read(METRICS.gelfChunks, () => sources.gelfChunks());
    this.#read(METRICS.turnedAway, () => sources.turnedAway());
    this.#read(METRICS.forwardHandshakes, () => sources.forwardHandshakes());
    this.#read(METRICS.inFlight, () => sources.inFlight());
    this.#read(METRICS.queueParcels, () => sources.queue().parcels);
    this.#read(METRICS.queueBytes, () => sources.queue().bytes);
    this.#read(METRICS.queueAge, () => sources.queue().oldestAgeSeconds);
    this.#read(METRICS.quarantined, () => sources.queue().quarantined);
    this.#read(METRICS.deadLetters, () => sources.deadLetters());
    this.#read(METRICS.tenants, () => sources.tenants());
    this.#read(METRICS.refusedWishes, () => sources.refusedWishes());
    this.#read(METRICS.trailKeys, () => sources.trails().keys);
    this.#read(METRICS.trailBytes, () => sources.trails().bytes);
    this.#read(METRICS.bytesInFlight, () => sources.bytesInFlight());
    this.#read(METRICS.memoryShed, () => sources.memoryShed());
  }

  /** An upstream that exists shows with zero, so that a rate over it is never missing. */
  addUpstream(upstream: string): void {
    for (const category of CATEGORIES) this.#delivered.inc({ upstream, category }, 0);
    for (const result of RESULTS) this.#requests.inc({ upstream, result }, 0);
    this.#requestSeconds.zero({ upstream });
  }

  delivered(parcels: readonly Parcel[]): void {
    for (const { upstream, category } of parcels) this.#delivered.inc({ upstream, category });
  }

  attempted(upstream: string, result: Delivery["kind"], seconds: number): void {
    this.#requests.inc({ upstream, result });
    this.#requestSeconds.observe({ upstream }, seconds);
  }

  eventsCreated(count: number): void {
    this.#events.inc(count);
  }

  replaced(counts: ReadonlyMap<string, number>): void {
    for (const [rule, count] of counts) this.#scrubbed.inc({ rule }, count);
  }

  intakeTook(seconds: number): void {
    this.#intakeSeconds.observe(seconds);
  }

  #counter(metric: MetricDoc): Counter {
    return new Counter({ name: metric.name, help: metric.help, labelNames: [...metric.labels], registers: [this.registry] });
  }

  #histogram(metric: MetricDoc): Histogram {
    const buckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];
    return new Histogram({
      name: metric.name,
      help: metric.help,
      labelNames: [...metric.labels],
      buckets,
      registers: [this.registry],
    });
  }

  /** A metric whose values live elsewhere: one number, or one for each value of its label, or of its two labels. */
  #read(metric: MetricDoc, values: () => number | ReadonlyMap<string, number | ReadonlyMap<string, number>>): void {
    const options = { name: metric.name, help: metric.help, labelNames: [...metric.labels], registers: [this.registry] };
    const [label = "", inner = ""] = metric.labels;
    const fill = (set: (value: number, by: Record<string, string>) => void): void => {
      const now = values();
      if (typeof now === "number") set(now, {});
      else
        for (const [name, value] of now) {
          if (typeof value === "number") set(value, { [label]: name });
          else for (const [name2, value2] of value) set(value2, { [label]: name, [inner]: name2 });
        }
    };
    if (metric.type === "gauge") {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          fill((value, by) => this.set(by, value));
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          fill((value, by) => this.inc(by, value));
        },
      });
    }
  }
}
