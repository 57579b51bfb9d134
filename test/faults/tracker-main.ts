// A tracker in miniature in a process of its own that keeps its books while it is up, down or in trouble; see tracker.ts.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { MiniSentry } from "../support/mini-sentry.ts";
import { Deliveries } from "./deliveries.ts";
import { answering } from "./remote.ts";
import { afflict, type Fault, type LimitReport } from "./tracker-faults.ts";

const deliveries = new Deliveries();
/** This process has little to do, so what keeps it from its timers is the machine. */
const stalls = monitorEventLoopDelay({ resolution: 10 });
stalls.enable();
let mini: MiniSentry | undefined;
/** Of trackers that were closed since. */
let requestsBefore = 0;
let limits: (() => LimitReport) | undefined;

answering({
  async open(port: number): Promise<void> {
    mini = await MiniSentry.start({ port, keep: false, taken: deliveries.take });
  },
  /** The port is closed: connections are reset, new ones refused. */
  async close(): Promise<void> {
    requestsBefore += mini?.stats().requests ?? 0;
    await mini?.close();
    mini = undefined;
  },
  suffer(fault: Fault): void {
    if (mini !== undefined) limits = afflict(mini, fault);
  },
  counts: () => ({ ...deliveries.counts(), requests: requestsBefore + (mini?.stats().requests ?? 0) }),
  limits: () => limits?.(),
  report: () => deliveries.report(),
  stallMs: () => stalls.max / 1e6,
  forgetStalls: () => stalls.reset(),
});
