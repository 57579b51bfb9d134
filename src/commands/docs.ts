import { referenceMarkdown } from "../config/reference.ts";
import { METRICS } from "../pipeline/metrics.ts";

/** Prints the reference. */
export async function docs(): Promise<number> {
  process.stdout.write(referenceMarkdown(Object.values(METRICS)));
  return 0;
}
