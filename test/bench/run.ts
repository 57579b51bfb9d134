// npm run bench: how many records each input takes per CPU second of the relay's process, how long an error takes from
// the sender's write to the tracker, and how much memory it needs; beside the bare decode loop of the same minute.
//   --smoke          a second of each, to see that nothing breaks
//   --only gelf_tcp  one input; "durability" for the disk queue beside the one in memory; "file"
//                    for following files; "wrap" for wrapping a process; "text" for what reading text
//                    costs, or one of its rows: join, parse, record, template, scrub
//   --write          also writes docs/benchmarks.md
import { Daemon } from "../support/daemon.ts";
import { bareLoop } from "./bare.ts";
import { durability } from "./durability.ts";
import { fileRows, reportFiles } from "./files.ts";
import { peakRssMiB, send, Sink } from "./processes.ts";
import { report, reportDurability, write, type Row } from "./report.ts";
import { textRows } from "./text.ts";
import { reportText } from "./text-report.ts";
import { configFor, settled, throughput } from "./throughput.ts";
import { PROTOCOLS, type Protocol } from "./traffic.ts";
import { reportWrap, wrapRows } from "./wrapping.ts";

const smoke = process.argv.includes("--smoke");
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : undefined;
const protocols = PROTOCOLS.filter((name) => only === undefined || name === only);

const PACE = 20_000;
const PACED_SECONDS = 10;

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
  const rates = [await throughput({ protocol, every: 1_000, smoke }), await throughput({ protocol, every: 100, smoke })];
  const row: Row = { protocol, bare, rates, latency: await latency(protocol, 100) };
  rows.push(row);
  report(row);
}
const durable = only === undefined || only === "durability" ? await durability(smoke) : undefined;
if (durable !== undefined) reportDurability(durable);
const files = only === undefined || only === "file" ? await fileRows(smoke) : undefined;
if (files !== undefined) reportFiles(files);
const wrapping = only === undefined || only === "wrap" ? await wrapRows(smoke) : undefined;
if (wrapping !== undefined) reportWrap(wrapping);
const text = await textRows(only, smoke);
if (text.length > 0) reportText(text);
if (process.argv.includes("--write")) write({ rows, pace: PACE, durable, files, wrapping, text });
process.exit();
