import { cpus } from "node:os";
import { Balancer, hasBalancer } from "../support/balancer.ts";
import { Daemon } from "../support/daemon.ts";
import { answerOf, cpuSeconds, Sink } from "./processes.ts";
import type { Load, Sent } from "./sender.ts";
import { configFor } from "./throughput.ts";

/** So many relays behind a balancer, all at once, forward with acknowledgements. */
export interface BalanceRow {
  readonly relays: number;
  readonly perSecond: number;
  /** Of the relays together. */
  readonly perCpuSecond: number;
  /** Cores that the relays kept busy, and those that sender, balancer and tracker did. */
  readonly relayCores: number;
  readonly otherCores: number;
}

/** Divisible by most numbers of relays. */
const CONNECTIONS = 12;
/** One more than there are cores shows that nothing is gained any more. */
const MOST_RELAYS = Math.min(cpus().length + 1, 6);
/** One record in so many is an error: so often that the relays have to work, and not who sends. */
export const BALANCE_EVERY = 20;
const RECORDS = 600_000;
const WARM_UP = 120_000;

/** Throughput by the number of relays; undefined where there is no nginx. */
export async function balanceRows(smoke: boolean): Promise<readonly BalanceRow[] | undefined> {
  if (!hasBalancer()) return undefined;
  const rows: BalanceRow[] = [];
  for (let relays = smoke ? 2 : 1; relays <= (smoke ? 2 : MOST_RELAYS); relays += 1) rows.push(await balanced(relays, smoke));
  return rows;
}

async function balanced(relays: number, smoke: boolean): Promise<BalanceRow> {
  const sink = await Sink.start(false);
  const daemons: Daemon[] = [];
  let balancer: Balancer | undefined;
  try {
    for (let i = 0; i < relays; i += 1) daemons.push(await Daemon.start({ config: configFor("forward", sink.dsn, {}) }));
    balancer = await Balancer.start([await Promise.all(daemons.map((daemon) => daemon.port("bench")))]);
    const port = balancer.ports[0] ?? 0;
    await sendAll(port, smoke ? CONNECTIONS * 500 : WARM_UP);
    await settledAll(daemons, smoke ? CONNECTIONS * 500 : WARM_UP);
    const pids = daemons.map((daemon) => daemon.process.pid ?? 0);
    const [relayCpu, otherCpu] = [cpuOf(pids), cpuOf([...balancer.pids, sink.pid])];
    const records = smoke ? CONNECTIONS * 1_000 : RECORDS;
    const sender = await sendAll(port, records);
    const spent = Math.max(cpuOf(pids) - relayCpu, 0.01);
    const others = cpuOf([...balancer.pids, sink.pid]) - otherCpu + sender.cpuSeconds;
    await settledAll(daemons, records + (smoke ? CONNECTIONS * 500 : WARM_UP));
    return {
      relays,
      perSecond: records / sender.seconds,
      perCpuSecond: records / spent,
      relayCores: spent / sender.seconds,
      otherCores: others / sender.seconds,
    };
  } finally {
    await balancer?.stop();
    await Promise.all(daemons.map((daemon) => daemon.stop("SIGKILL")));
    sink.stop();
  }
}

/** Sends over all connections at once, and waits for all acknowledgements. */
function sendAll(port: number, records: number): Promise<Sent> {
  const load: Load = { protocol: "forward", port, every: BALANCE_EVERY, records, connections: CONNECTIONS };
  return answerOf<Sent>("./sender.js", JSON.stringify(load));
}

/** All of it came in, and has left. */
async function settledAll(daemons: readonly Daemon[], records: number): Promise<void> {
  let received = 0;
  for (const daemon of daemons) received += (await daemon.settled(0, 120_000)).received;
  if (received !== records) throw new Error(`${records} records were sent through the balancer, ${received} came in`);
}

function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}
