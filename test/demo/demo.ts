// `npm run demo`: a minute of traffic from five services through every input of a real relay, and what becomes of it.
import { parseArgs } from "node:util";
import { pino } from "pino";
import { JsonView } from "../../src/sentry/json-view.ts";
import { Daemon } from "../support/daemon.ts";
import { MiniSentry } from "../support/mini-sentry.ts";
import { Board, type Screen } from "./board.ts";
import { Forward, GelfHttp, GelfTcp, GelfUdp, GrpcStream } from "./senders.ts";
import { Traffic, type Incident, type Services } from "./traffic.ts";

const TICK_MS = 50;
/** Page views, orders and reports a second. */
const PACE = { browse: 40, order: 12, report: 4 };

/** What goes wrong, and when: as a share of the whole time. */
const PLOT: readonly (readonly [at: number, incident: Incident])[] = [
  [0.06, "card_declined"],
  [0.15, "upstream_timeout"],
  [0.22, "card_declined"],
  [0.29, "missing_rate"],
  [0.36, "label_panic"],
  [0.43, "cart_total"],
  [0.5, "card_declined"],
  [0.55, "database_storm"],
  [0.66, "upstream_timeout"],
  [0.72, "missing_rate"],
  [0.78, "card_declined"],
  [0.83, "label_panic"],
  [0.88, "cart_total"],
  [0.95, "database_away"],
];

/** Every input, on free ports. Storm control works in windows that fit into the demo. */
function configuration(dsn: string, totalMs: number): string {
  return `
inputs:
  shop: { type: gelf_tcp, listen: "127.0.0.1:0" }
  page: { type: gelf_http, listen: "127.0.0.1:0" }
  billing: { type: gelf_udp, listen: "127.0.0.1:0" }
  reports: { type: forward, listen: "127.0.0.1:0" }
  worker: { type: grpc, listen: "127.0.0.1:0" }
  api: { type: stdin }
policy:
  environment: demo
  storm: { per_issue: "5/${Math.round(totalMs / 10)}ms" }
upstreams:
  default: { type: sentry, dsn: "${dsn}" }
`;
}

async function connect(daemon: Daemon): Promise<Services> {
  const input = daemon.process.stdin;
  if (input === null) throw new Error("the relay has no standard input");
  return {
    shop: await GelfTcp.open(await daemon.port("shop")),
    page: new GelfHttp(await daemon.port("page")),
    billing: await GelfUdp.open(await daemon.port("billing")),
    reports: await Forward.open(await daemon.port("reports", "tcp"), "reports.nightly"),
    worker: await GrpcStream.open(await daemon.port("worker")),
    api: pino({ level: "debug", name: "api", base: { hostname: "api-5c9b" } }, input),
  };
}

/** The same traffic each time: mulberry32, a small public-domain generator. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Starts so many of something a second, however long a tick really took. */
function paced(perSecond: number, act: () => void): (elapsedMs: number) => void {
  let done = 0;
  return (elapsedMs) => {
    for (; done < (elapsedMs / 1_000) * perSecond; done += 1) act();
  };
}

async function play(traffic: Traffic, totalMs: number, eachTick: (elapsedMs: number) => Promise<void>): Promise<void> {
  const routine = [
    paced(PACE.browse, () => traffic.browse()),
    paced(PACE.order, () => traffic.order()),
    paced(PACE.report, () => traffic.report()),
  ];
  const plot = [...PLOT];
  const started = performance.now();
  for (let elapsedMs = 0; elapsedMs < totalMs; elapsedMs = performance.now() - started) {
    for (const act of routine) act(elapsedMs);
    while (plot[0] !== undefined && plot[0][0] * totalMs <= elapsedMs) traffic.incidents[plot.shift()![1]]();
    await eachTick(elapsedMs);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  for (const [, incident] of plot) traffic.incidents[incident]();
  await traffic.finished();
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
  const totalMs = Number(values.seconds) * 1_000;
  if (!(totalMs >= 1_000 && totalMs <= 3_600_000)) {
    process.stderr.write("demo: --seconds takes a number from 1 to 3600\n");
    return 2;
  }
  const tracker = await MiniSentry.start();
  const daemon = await Daemon.start({ config: configuration(tracker.dsn(), totalMs), env: { PATH: process.env["PATH"] ?? "" } });
  const board = new Board(screen());
  try {
    const services = await connect(daemon);
    board.print(introduction(totalMs));
    await show(services, { tracker, daemon, board, totalMs });
    return await closingTime({ tracker, daemon, board });
  } finally {
    await daemon.stop();
    await tracker.close();
  }
}

/** The part of `/status` that is shown. */
interface Status {
  readonly inputs: readonly { readonly name: string; readonly type: string; readonly received: number }[];
  readonly ledger: { readonly settled: Readonly<Record<string, number>>; readonly in_flight: number };
}

interface Stage {
  readonly tracker: MiniSentry;
  readonly daemon: Daemon;
  readonly board: Board;
}

async function show(services: Services, stage: Stage & { readonly totalMs: number }): Promise<void> {
  const { tracker, daemon, board, totalMs } = stage;
  const traffic = new Traffic(services, seeded(7));
  let shown = 0;
  const look = async (elapsedMs: number): Promise<void> => {
    const events = tracker.events();
    for (; shown < events.length; shown += 1) board.take(new JsonView(events[shown]), elapsedMs);
    const { ledger } = await daemon.status();
    board.progress({ elapsedMs, totalMs, received: ledger.received, heldBack: ledger.settled["storm"] ?? 0 });
  };
  await play(traffic, totalMs, look);
  const { shop, page, billing, reports, worker } = services;
  await Promise.all([shop, page, billing, reports, worker].map((sender) => sender.close()));
  daemon.process.stdin?.end();
  await daemon.settled(1);
  await look(totalMs);
}

async function closingTime({ daemon, board }: Stage): Promise<number> {
  const { inputs, ledger } = (await (await daemon.get("/status")).json()) as Status;
  board.summary();
  const received = new Map(inputs.map(({ name, type, received: records }) => [`${name} (${type})`, records]));
  const balances = board.ledger({ received, settled: ledger.settled, inFlight: ledger.in_flight });
  const code = await daemon.stop();
  return balances && code === 0 ? 0 : 1;
}

function introduction(totalMs: number): string {
  const seconds = totalMs / 1_000;
  return `Five services log into one relay for ${seconds} seconds: a web shop (GELF over TCP, its pages over HTTP), a Java billing
service (GELF over UDP), a Node API (pino on standard input), a Go worker (gRPC) and a Python job (Fluentd forward).
Quiet records become trails. Every issue is shown when the tracker first sees it, with the end of its trail.\n\n`;
}

function screen(): Screen {
  const { stdout, env } = process;
  return {
    colour: stdout.isTTY && env["NO_COLOR"] === undefined,
    live: stdout.isTTY,
    columns: stdout.columns || 80,
    write: (text) => void stdout.write(text),
  };
}

process.exitCode = await main();
