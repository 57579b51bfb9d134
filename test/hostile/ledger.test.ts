import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { array, asBin, entry } from "../support/forward-bytes.ts";
import type { Behaviour } from "../support/mini-sentry.ts";
import { GrpcSender } from "../support/real-senders-grpc.ts";
import { post, pour, scatter } from "../support/real-senders-hostile.ts";
import { SharedRelay } from "../support/real-senders-relay.ts";

/** What one sender does: so many good records, so many that are none, and how they are packed. */
interface Burst {
  readonly input: "tcp" | "udp" | "web" | "fluent" | "rpc" | "syslog" | "syslogUdp";
  readonly good: number;
  readonly bad: number;
  readonly large: boolean;
  readonly variant: number;
  /** Every so many records one is an error. */
  readonly loud: number;
}

const bursts = fc.array(
  fc.record<Burst>({
    input: fc.constantFrom("tcp", "udp", "web", "fluent", "rpc", "syslog", "syslogUdp"),
    good: fc.integer({ min: 0, max: 60 }),
    bad: fc.integer({ min: 0, max: 5 }),
    large: fc.boolean(),
    variant: fc.nat(5),
    loud: fc.integer({ min: 1, max: 20 }),
  }),
  { minLength: 3, maxLength: 12 },
);

const level = (i: number, { loud }: Burst): number => (i % loud === 0 ? 3 : 6);
/** Some are stack traces cut into lines, so that records wait for each other. */
const text = (i: number, { variant }: Burst): string =>
  variant === 3 ? (TRACE[i % TRACE.length] ?? "") : `message ${i} of ${variant}`;
const TRACE = [
  "Traceback (most recent call last):",
  '  File "a.py", line 3, in f',
  "    g()",
  "ValueError: 7",
  "and then a line",
];
const gelf = (i: number, burst: Burst): string =>
  JSON.stringify({ host: `h${burst.variant}`, short_message: text(i, burst), level: level(i, burst) });
const syslog = (i: number, burst: Burst): string =>
  `<${128 + level(i, burst)}>Nov 20 08:30:12 h${burst.variant} shop[${i % 2}]: ${text(i, burst)}`;
const each = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Does it; resolves with the number of records it must have counted for. */
const SENDERS: { readonly [input in Burst["input"]]: (relay: SharedRelay, burst: Burst) => Promise<number> } = {
  async tcp(relay, burst) {
    const frames = [
      ...each(burst.good, (i) => gelf(i, burst)),
      ...each(burst.bad, () => "no json"),
      ...(burst.large ? ["x".repeat(20_000)] : []),
    ];
    const bytes = Buffer.from(frames.join(burst.variant % 2 === 0 ? "\0" : "\n"));
    const size = [1_000_000, 17, 1_400, 300, 65_536, 5_000][burst.variant] ?? 1;
    await pour(
      await relay.port("tcp"),
      "127.0.0.1",
      ...each(Math.ceil(bytes.length / size), (i) => bytes.subarray(i * size, (i + 1) * size)),
    );
    return frames.length;
  },
  async udp(relay, burst) {
    const pack = burst.variant % 2 === 0 ? Buffer.from : gzipSync;
    const lost = each(burst.bad, (i) => Buffer.from([0x1e, 0x0f, 9, burst.variant, 3, 4, 5, 6, 7, i, 0, 2, 0x7b]));
    const datagrams = [
      ...each(burst.good, (i) => pack(gelf(i, burst))),
      ...lost,
      ...(burst.large ? [gzipSync(Buffer.alloc(3 << 20))] : []),
    ];
    await scatter(await relay.port("udp"), "127.0.0.1", ...datagrams);
    return datagrams.length;
  },
  async web(relay, burst) {
    const lines = [
      ...each(burst.good, (i) => gelf(i, burst)),
      ...each(burst.bad, () => "no json"),
      ...(burst.large ? [`{"a":"${"x".repeat(20_000)}"}`] : []),
    ];
    const body = Buffer.from(lines.join("\n"));
    await post(await relay.port("web"), "127.0.0.1", burst.variant % 2 === 0 ? body : gzipSync(body));
    return lines.length;
  },
  async fluent(relay, burst) {
    const records = each(burst.good, (i) =>
      entry({ message: text(i, burst), level: level(i, burst) === 3 ? "error" : "info", service: `s${burst.variant}` }),
    );
    const entries = [...records, ...each(burst.bad, () => array(1, "no map"))];
    const body = [asBin(Buffer.concat(entries)), asBin(gzipSync(Buffer.concat(entries))), array(...entries)][burst.variant % 3];
    const option = burst.variant % 2 === 0 ? { chunk: `c${burst.variant}` } : {};
    const large = array("t", asBin(gzipSync(Buffer.alloc(3 << 20))));
    await pour(await relay.port("fluent", "tcp"), "127.0.0.1", array("t", body, option), ...(burst.large ? [large] : []));
    return entries.length + (burst.large ? 1 : 0);
  },
  async rpc(relay, burst) {
    const sender = new GrpcSender(await relay.port("rpc"));
    const records = each(burst.good, (i) => ({ message: text(i, burst), severity: level(i, burst) === 3 ? "error" : "info" }));
    try {
      if (burst.variant % 2 === 0) await sender.send({ id: `b${burst.variant}`, records });
      else await sender.stream(records.map((record) => ({ records: [record] })));
      const tooLarge = burst.large ? sender.send({ records: [{ message: "x".repeat(200_000) }] }).catch(() => {}) : undefined;
      await tooLarge;
    } finally {
      sender.close();
    }
    return records.length + (burst.large ? 1 : 0);
  },
  async syslog(relay, burst) {
    const messages = [
      ...each(burst.good, (i) => syslog(i, burst)),
      ...each(burst.bad, () => "\u0001\u0002\u0003\u0004"),
      ...(burst.large ? [`<14>${"x".repeat(20_000)}`] : []),
    ];
    const isCounted = (i: number): boolean => burst.variant === 0 || (burst.variant === 1 && i % 2 === 0);
    // Only what begins like a message may be counted.
    const framed = messages.map((message, i) =>
      isCounted(i) && message.startsWith("<") ? `${message.length} ${message}` : `${message}\n`,
    );
    await pour(await relay.port("syslog"), "127.0.0.1", framed.join(""));
    return messages.length;
  },
  async syslogUdp(relay, burst) {
    const messages = [...each(burst.good, (i) => syslog(i, burst)), ...each(burst.bad, () => "\u0001\u0002\u0003\u0004")];
    await scatter(await relay.port("syslog_udp"), "127.0.0.1", ...messages);
    return messages.length;
  },
};

const INPUTS = `  tcp: { type: gelf_tcp, listen: "127.0.0.1:0", max_message_bytes: 10KiB }
  udp: { type: gelf_udp, listen: "127.0.0.1:0", max_decompressed_bytes: 1MiB, chunk_timeout: 100ms }
  web: { type: gelf_http, listen: "127.0.0.1:0", max_message_bytes: 10KiB }
  fluent: { type: forward, listen: "127.0.0.1:0", max_decompressed_bytes: 1MiB }
  rpc: { type: grpc, listen: "127.0.0.1:0", max_message_bytes: 100KiB }
  syslog: { type: syslog_tcp, listen: "127.0.0.1:0", max_message_bytes: 10KiB }
  syslog_udp: { type: syslog_udp, listen: "127.0.0.1:0" }`;

const UPSTREAM =
  'upstreams: { default: { type: sentry, dsn: "http://0123456789abcdef0123456789abcdef@MINI/42", timeout: 300ms, concurrency: 4, backoff: { first: 5ms, max: 20ms } } }';

const RELAYS: readonly { readonly what: string; readonly rest: string; readonly trouble: readonly Behaviour[] }[] = [
  { what: "a good tracker", rest: 'policy: { storm: "off" }', trouble: [] },
  {
    what: "two lanes, storm control and a tracker in trouble",
    rest: 'lanes: 2\npolicy: { storm: { per_issue: "5/s", budget: "50/s" }, join: { wait: 50ms } }',
    trouble: [
      { status: 503 },
      { fault: "reset" },
      { status: 413 },
      { fault: "reset_midway" },
      { status: 400 },
      { fault: "close" },
    ],
  },
  {
    what: "a queue that is full and a filter",
    rest: 'queue: { type: memory, max_bytes: 8KiB, when_full: drop_oldest }\nprocessors: [{ type: filter, drop: [{ message: "of 2" }] }, { type: sample, rate: 0.5, match: { severity: info } }]\npolicy: { storm: "off", breadcrumb: notice }',
    trouble: [{ delayMs: 20 }, { status: 502 }, { status: 429, headers: { "retry-after": "0" } }, { delayMs: 30 }],
  },
];

describe("the ledger balances", () => {
  for (const { what, rest, trouble } of RELAYS) {
    it(`at every moment of any mix of good and bad, with ${what}`, async (t) => {
      const relay = await SharedRelay.start(INPUTS, `${rest}\n${UPSTREAM}`);
      t.after(() => relay.close());
      const seed = Number(process.env["CRUMBTRAIL_SEED"] ?? Date.now() % 1_000_000_007);
      t.diagnostic(`seed ${seed}; again with CRUMBTRAIL_SEED=${seed}`);
      const property = fc.asyncProperty(bursts, async (mix) => {
        await relay.begin();
        relay.mini.script(...trouble);
        let done = false;
        const watched = watch(relay, () => done);
        const run = async (): Promise<void> => {
          const counts = await Promise.all(mix.map((burst) => SENDERS[burst.input](relay, burst)));
          await relay.harvest(counts.reduce((sum, count) => sum + count, 0));
        };
        await Promise.all([watched, run().finally(() => (done = true))]);
      });
      await fc.assert(property, { seed, numRuns: 3, endOnFailure: true, includeErrorInReport: true });
      assert.equal(await relay.stop(), 0);
      assert.match(relay.daemon.stderr, /"in_flight":0,"msg":"stopped"/);
    });
  }
});

/** Looks at the books again and again, both as `/status` and as `/metrics` show them. */
async function watch(relay: SharedRelay, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    const { ledger } = await relay.daemon.status();
    const settled = Object.values(ledger.settled).reduce((sum, count) => sum + count, 0);
    assert.equal(ledger.received, settled + ledger.in_flight, JSON.stringify(ledger));
    const metrics = await relay.daemon.metrics();
    const sum = (name: string): number =>
      [...metrics].filter(([key]) => key.startsWith(name)).reduce((all, [, value]) => all + value, 0);
    const [received, left, waiting] = [
      "crumbtrail_records_received_total",
      "crumbtrail_records_settled_total",
      "crumbtrail_records_in_flight",
    ].map(sum);
    assert.equal(received, (left ?? 0) + (waiting ?? 0), "as /metrics shows it");
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
