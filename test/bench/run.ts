// npm run bench: how many records each input takes per CPU second of the relay's process, how long an error takes from
// the sender's write to the tracker, and how much memory it needs; beside the bare decode loop of the same minute.
//   --smoke          a second of each, to see that nothing breaks
//   --only gelf_tcp  one input
//   --write          also writes docs/benchmarks.md
import { Daemon } from "../support/daemon.ts";
import { bareLoop } from "./bare.ts";
import { cpuSeconds, peakRssMiB, send, Sink } from "./processes.ts";
import { report, write, type Row } from "./report.ts";
import { PROTOCOLS, type Protocol } from "./traffic.ts";

const smoke = process.argv.includes("--smoke");
const only = process.argv[process.argv.indexOf("--only") + 1];
const protocols = process.argv.includes("--only") ? PROTOCOLS.filter((name) => name === only) : PROTOCOLS;

/** Records of a throughput run: a few seconds' worth. */
const RECORDS: Readonly<Record<Protocol, number>> = {
  gelf_tcp: 1_500_000,
  gelf_udp: 400_000,
  gelf_http: 1_500_000,
  forward: 1_500_000,
  grpc: 1_000_000,
  stdin: 1_500_000,
};
const PACE = 20_000;
const PACED_SECONDS = 10;

function configFor(protocol: Protocol, dsn: string): string {
  const listen = protocol === "stdin" ? "" : ', listen: "127.0.0.1:0"';
  return `inputs: { bench: { type: ${protocol}${listen} } }
policy: { storm: "off" }
upstreams: { default: { type: sentry, dsn: "${dsn}" } }`;
}

async function throughput(protocol: Protocol, every: number): Promise<Row["rates"][number]> {
  const records = smoke ? 20_000 : RECORDS[protocol];
  const sink = await Sink.start(false);
  const daemon = await Daemon.start({ config: configFor(protocol, sink.dsn) });
  try {
    const pid = daemon.process.pid ?? 0;
    const port = protocol === "stdin" ? 0 : await daemon.port("bench");
    // The first records compile the code; they do not count.
    const warmUp = smoke ? 2_000 : 100_000;
    await send({ protocol, port, records: warmUp, every }, daemon);
    const before = (await settled(daemon, protocol, warmUp)).received;
    const [cpu, started] = [cpuSeconds(pid), performance.now()];
    await send({ protocol, port, records, every }, daemon);
    const { received } = await settled(daemon, protocol, before + records);
    const seconds = (performance.now() - started) / 1_000;
    const taken = received - before;
    const spent = Math.max(cpuSeconds(pid) - cpu, 0.01);
    const rssMiB = peakRssMiB(pid);
    return { every, perSecond: taken / seconds, perCpuSecond: taken / spent, lost: records - taken, rssMiB };
  } finally {
    await daemon.stop("SIGKILL");
    sink.stop();
  }
}

/** Everything that came in has left. UDP may lose on the way: there, what came in stops growing. */
async function settled(daemon: Daemon, protocol: Protocol, records: number): Promise<{ received: number }> {
  if (protocol !== "gelf_udp") return daemon.settled(records, 120_000);
  let received = -1;
  for (;;) {
    const { ledger } = await daemon.status();
    if (ledger.received === received && ledger.in_flight === 0) return ledger;
    received = ledger.received;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function latency(protocol: Protocol, every: number): Promise<Row["latency"]> {
  const sink = await Sink.start(true);
  const daemon = await Daemon.start({ config: configFor(protocol, sink.dsn) });
  try {
    const port = protocol === "stdin" ? 0 : await daemon.port("bench");
    const seconds = smoke ? 1 : PACED_SECONDS;
    await send({ protocol, port, records: PACE, every, perSecond: PACE }, daemon);
    await fetch(`http://127.0.0.1:${sink.port}/reset`);
    await send({ protocol, port, records: PACE * seconds, every, perSecond: PACE }, daemon);
    await settled(daemon, protocol, PACE);
    const { latenciesMs } = await sink.stats();
    const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99), rssMiB: peakRssMiB(daemon.process.pid ?? 0) };
  } finally {
    await daemon.stop("SIGKILL");
    sink.stop();
  }
}

const rows: Row[] = [];
for (const protocol of protocols) {
  const bare = bareLoop(protocol, smoke ? 0.2 : 2);
  const rates = [await throughput(protocol, 1_000), await throughput(protocol, 100)];
  const row: Row = { protocol, bare, rates, latency: await latency(protocol, 100) };
  rows.push(row);
  report(row);
}
if (process.argv.includes("--write")) write(rows, PACE);
process.exit();
