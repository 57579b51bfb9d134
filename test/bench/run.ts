// npm run bench: how many records each input takes per CPU second of the relay's process, how long an error takes from
// the sender's write to the tracker, how much memory it needs, and more; each beside its bar, and beside the bare loop of
// the same minute.
//   --smoke          a minute of all that, as a guard: fails when something breaks, or when a ratio to the bare loop is
//                    below half of the recorded one; with --write it records these ratios instead, as a full run does too
//   --only gelf_tcp  one input; "latency"; "start" for time and memory of a start; "lanes"; "envelopes"; "balance" for
//                    several relays behind nginx; "durability" for the disk queue beside the one in memory; "file" for
//                    following files; "wrap" for wrapping a process; "text" for what reading text costs, or one of its
//                    rows: join, parse, record, template, scrub
//   --node PATH      everything under another Node
//   --write          also records what was found (test/bench/recorded.json) and writes docs/benchmarks.md
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { balanceRows } from "./balance.ts";
import { bareLoop } from "./bare.ts";
import { hasBar, RATES, type Setting } from "./bars.ts";
import { durability } from "./durability.ts";
import { fileRows, reportFiles } from "./files.ts";
import { fallen, fallText, ratiosOf, recordedRatios } from "./guard.ts";
import { latency } from "./latency.ts";
import { page } from "./page.ts";
import { answerOf, Sink } from "./processes.ts";
import { readRecorded, record } from "./recorded.ts";
import * as reports from "./report.ts";
import type { EnvelopesRow, LanesRow, LatencyRow, Rate, Results, Row } from "./results.ts";
import { startRow } from "./start.ts";
import { textRows } from "./text.ts";
import { reportText } from "./text-report.ts";
import { throughput } from "./throughput.ts";
import { PROTOCOLS, type Protocol } from "./traffic.ts";
import { reportWrap, wrapRows } from "./wrapping.ts";

const { values } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    only: { type: "string" },
    node: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const { smoke, only, node, write } = values;
if (node !== undefined) process.exit(underAnother(node));

const protocols = PROTOCOLS.filter((name) => only === undefined || name === only);
process.stdout.write(`Node ${process.versions.node}\n`);
const rows = await throughputRows(smoke);
const timed = only === "latency" ? PROTOCOLS : smoke ? protocols.filter((name) => name === "forward") : protocols;
const latencies: LatencyRow[] = [];
for (const protocol of timed) latencies.push(said(await latency(protocol, smoke), reports.reportLatency));
const start = wanted("start") ? said(await startRow(smoke), reports.reportStart) : undefined;
const lanes = wanted("lanes")
  ? said(await answerOf<LanesRow>("./lane-speed.js", ...(smoke ? ["3", "1"] : ["30", "5"])), reports.reportLanes)
  : undefined;
const envelopes = wanted("envelopes") ? said(await envelopesRow(smoke), reports.reportEnvelopes) : undefined;
const balance = wanted("balance") ? await balanceRows(smoke) : undefined;
if (balance !== undefined) reports.reportBalance(balance);
else if (wanted("balance"))
  process.stdout.write("several relays behind a balancer: not run, nginx with its stream module is not here\n");
const durable = wanted("durability") ? said(await durability(smoke), reports.reportDurability) : undefined;
const files = wanted("file") ? said(await fileRows(smoke), reportFiles) : undefined;
const wrapping = wanted("wrap") ? said(await wrapRows(smoke), reportWrap) : undefined;
const text = await textRows(only, smoke);
if (text.length > 0) reportText(text);

const results: Results = {
  rows,
  latency: latencies,
  text,
  ...(start === undefined ? {} : { start }),
  ...(lanes === undefined ? {} : { lanes }),
  ...(envelopes === undefined ? {} : { envelopes }),
  ...(balance === undefined ? {} : { balance }),
  ...(durable === undefined ? {} : { durable }),
  ...(files === undefined ? {} : { files }),
  ...(wrapping === undefined ? {} : { wrapping }),
};
if (write) await keep();
else if (smoke) await guard();
process.exit();

function wanted(part: string): boolean {
  return only === undefined || only === part;
}

function said<T>(found: T, say: (found: T) => void): T {
  say(found);
  return found;
}

async function throughputRows(smoke: boolean): Promise<Row[]> {
  const all: Row[] = [];
  for (const protocol of protocols) {
    // Only what has a bar of its own runs like for like, and the guard does without it.
    const settings: readonly Setting[] = !smoke && hasBar(protocol, "like for like") ? ["like for like", "default"] : ["default"];
    for (const setting of settings) all.push(said(await throughputRow(protocol, setting, smoke), reports.report));
  }
  return all;
}

async function throughputRow(protocol: Protocol, setting: Setting, smoke: boolean): Promise<Row> {
  const bare = bareLoop(protocol, smoke ? 0.3 : 2);
  const rates: Rate[] = [];
  for (const every of RATES) rates.push(await throughput({ protocol, every, smoke, setting }));
  return { protocol, setting, bare, rates };
}

async function envelopesRow(smoke: boolean): Promise<EnvelopesRow> {
  const sink = await Sink.start(false);
  try {
    return await answerOf<EnvelopesRow>("./envelopes.js", sink.dsn, smoke ? "4000" : "60000");
  } finally {
    sink.stop();
  }
}

/** Records what was found, and what the guard's short slices find in the same minutes. */
async function keep(): Promise<void> {
  process.stdout.write("for the guard:\n");
  const short = smoke
    ? results
    : { rows: await throughputRows(true), ...(envelopes === undefined ? {} : { envelopes: await envelopesRow(true) }) };
  const all = record(smoke ? { rows: [], latency: [], text: [] } : results, ratiosOf(short));
  writeFileSync(fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url)), page(all));
}

/** Fails the run when a ratio has fallen, and stays down when it is measured a second time. */
async function guard(): Promise<void> {
  const recorded = recordedRatios(readRecorded(), process.versions.node);
  const found = ratiosOf(results);
  const again: Row[] = [];
  for (const { name } of fallen(recorded, found)) {
    const row = rows.find(({ protocol, setting }) => name.startsWith(`${protocol}, `) && name.endsWith(setting));
    if (row === undefined || again.some(({ protocol }) => protocol === row.protocol)) continue;
    again.push(said(await throughputRow(row.protocol, row.setting, true), reports.report));
  }
  const second = ratiosOf({ rows: again });
  const better = new Map([...found].map(([name, ratio]) => [name, Math.max(ratio, second.get(name) ?? ratio)]));
  const falls = fallen(recorded, better);
  for (const fall of falls) process.stderr.write(`${fallText(fall)}\n`);
  if (falls.length > 0) process.exitCode = 1;
  else process.stdout.write(`guard: ${better.size} ratios looked at, ${recorded.size} recorded, none has fallen\n`);
}

/** The same command under another Node: relay, sender, tracker and bare loops. Its exit status. */
function underAnother(path: string): number {
  const own = process.argv.slice(2);
  const at = own.findIndex((word) => word === "--node" || word.startsWith("--node="));
  const rest = own.toSpliced(at, own[at] === "--node" ? 2 : 1);
  const { status, error } = spawnSync(path, [fileURLToPath(import.meta.url), ...rest], { stdio: "inherit" });
  if (error !== undefined) process.stderr.write(`${path} does not run: ${error.message}\n`);
  return status ?? 1;
}
