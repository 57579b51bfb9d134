import { MemoryBudget } from "../base/memory-budget.ts";
import type { RelayConfig } from "../config/relay-config.ts";
import type { Lane } from "../lanes/lane.ts";
import { MemoryWatch } from "./memory-watch.ts";
import type { Books } from "./queue-losses.ts";

/** What bounds the memory of a relay: what its inputs share, and a watch on the whole process. */
export class RelayMemory {
  readonly budget: MemoryBudget;
  readonly watch: MemoryWatch;

  constructor({ memory }: RelayConfig, lanes: () => readonly Lane[], books: Pick<Books, "complain">) {
    this.budget = new MemoryBudget(memory.inFlightBytes);
    this.watch = new MemoryWatch({
      maxBytes: memory.maxBytes,
      takenBytes: () => process.memoryUsage.rss(),
      budget: this.budget,
      trailBytes: () => laneTotals(lanes()).bytes,
      halveTrails: () => lanes().forEach((lane) => lane.shrinkTrails(lane.stats().trailBytes / 2)),
      complain: (complaint) => books.complain("memory", complaint),
    });
  }

  /** For `/status`. */
  status(): object {
    return { in_flight_bytes: this.budget.held, in_flight_limit_bytes: this.budget.limit, shortage: this.watch.shortage };
  }
}

/** What all lanes hold: records that wait for the rest of a trace, and trails. */
export function laneTotals(lanes: readonly Lane[]): { readonly held: number; readonly keys: number; readonly bytes: number } {
  const stats = lanes.map((lane) => lane.stats());
  return {
    held: stats.reduce((total, { held }) => total + held, 0),
    keys: stats.reduce((total, { trailKeys }) => total + trailKeys, 0),
    bytes: stats.reduce((total, { trailBytes }) => total + trailBytes, 0),
  };
}
