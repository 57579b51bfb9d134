import { Daemon } from "../support/daemon.ts";
import { PACE } from "./bars.ts";
import { peakRssMiB, send, Sink } from "./processes.ts";
import type { LatencyRow } from "./results.ts";
import { configFor, settled } from "./throughput.ts";
import type { Protocol } from "./traffic.ts";

const SECONDS = 10;
const WARM_UP_SECONDS = 5;
const EVERY = 100;

/** How long an error takes from the sender's write to the tracker, at a fixed pace and 1 error in 100. */
export async function latency(protocol: Protocol, smoke: boolean): Promise<LatencyRow> {
  const sink = await Sink.start(true);
  const daemon = await Daemon.start({ config: configFor(protocol, sink.dsn, {}) });
  try {
    const port = protocol === "stdin" ? 0 : await daemon.port("bench");
    const [seconds, warmUp] = smoke ? [1, 1] : [SECONDS, WARM_UP_SECONDS];
    const load = { protocol, port, every: EVERY, perSecond: PACE };
    await send({ ...load, records: PACE * warmUp }, daemon);
    await settled(daemon, protocol, PACE * warmUp);
    await fetch(`http://127.0.0.1:${sink.port}/reset`);
    const started = performance.now();
    await send({ ...load, records: PACE * seconds }, daemon);
    const took = (performance.now() - started) / 1_000;
    await settled(daemon, protocol, PACE * (warmUp + seconds));
    const { latenciesMs } = await sink.stats();
    const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN;
    const pace = Math.min(PACE, (PACE * seconds) / took);
    return { protocol, p50: at(0.5), p99: at(0.99), rssMiB: peakRssMiB(daemon.process.pid ?? 0), pace };
  } finally {
    await daemon.stop("SIGKILL");
    sink.stop();
  }
}
