import type { TestContext } from "node:test";
import type { DeliveryReport } from "./deliveries.ts";
import type { FlowReport } from "./flow.ts";

/** One line of the table that every scenario prints. Issues, told apart by their numbers. */
export interface Row {
  readonly what: string;
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  /** Came again under the same event id; a tracker drops these. */
  readonly duplicated: number;
  /** Acknowledged and not delivered. */
  readonly lost: number;
}

/** Compares what senders were told with what trackers got. Other senders' issues may be at the trackers too. */
export function balance(what: string, flows: readonly FlowReport[], trackers: readonly DeliveryReport[]): Row {
  const sent = new Set(flows.flatMap((flow) => [...flow.sent]));
  const acknowledged = new Set(flows.flatMap((flow) => [...flow.acknowledged]));
  let [delivered, duplicated] = [0, 0];
  for (const { numbers, times } of trackers) {
    for (const [i, number] of numbers.entries()) {
      if (!sent.has(number)) continue;
      delivered += 1;
      duplicated += (times[i] ?? 0) - 1;
      acknowledged.delete(number);
    }
  }
  const lost = acknowledged.size;
  const all = flows.reduce((sum, flow) => sum + flow.acknowledged.length, 0);
  return { what, sent: sent.size, acknowledged: all, delivered, duplicated, lost };
}

/** Prints the table of a scenario, and its lines as diagnostics of the test. */
export function tell(t: TestContext, rows: readonly Row[], ...remarks: readonly string[]): void {
  const columns = ["sent", "acknowledged", "delivered", "duplicated", "lost"] as const;
  const width = Math.max(...rows.map(({ what }) => what.length));
  const head = `${"".padEnd(width)}  ${columns.map((name) => name.padStart(14)).join("")}`;
  const lines = rows.map((row) => `${row.what.padEnd(width)}  ${columns.map((name) => String(row[name]).padStart(14)).join("")}`);
  process.stdout.write(`\n${[head, ...lines, ...remarks.map((remark) => `  ${remark}`)].join("\n")}\n\n`);
  for (const row of rows) t.diagnostic(`${row.what}: ${columns.map((name) => `${row[name]} ${name}`).join(", ")}`);
  for (const remark of remarks) t.diagnostic(remark);
}

/** The value below which a share of them lies; NaN without any. */
export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}
