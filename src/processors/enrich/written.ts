import * as z from "zod";
import { newRecord } from "../../record/record.ts";
import { SEVERITY_NAMES } from "../../record/severity.ts";
import { compose } from "./composed.ts";
import { propertyOf } from "./property.ts";

// What a person may write in `enrich`, with the mistakes that show without a record.

const name = z.string().min(1);
const value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).min(1)], {
  error: "expected a text, a number, true, false or a list of texts",
});

/** Names that say where a record came from: they can be read and never written. */
const READ_ONLY: readonly string[] = ["input", "peer", "tag"];
/** Names a record cannot be without. */
const NEEDED: readonly string[] = ["message", "severity", "level"];

/** Name to value, for `set` and `default`. */
export const assignments = z.record(name, value).superRefine((written, context) => {
  for (const [target, one] of Object.entries(written)) {
    const mistake = readOnly(target) ?? unfit(target, one);
    if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake, path: [target] });
  }
});

/** Old name to new name. */
export const renames = z.record(name, name).superRefine((written, context) => {
  for (const [from, to] of Object.entries(written)) {
    const mistake = readOnly(from) ?? needed(from) ?? readOnly(to);
    if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake, path: [from] });
  }
});

/** Names to take away. */
export const removals = z.array(name).superRefine((written, context) => {
  for (const [index, target] of written.entries()) {
    const mistake = readOnly(target) ?? needed(target);
    if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake, path: [index] });
  }
});

function readOnly(target: string): string | undefined {
  return READ_ONLY.includes(target) ? `"${target}" says where a record came from and cannot be changed` : undefined;
}

function needed(target: string): string | undefined {
  return NEEDED.includes(target) ? `a record always has "${target}"; it can be set, not taken away` : undefined;
}

/** A value without places either fits its name now or never will. */
function unfit(target: string, one: z.output<typeof value>): string | undefined {
  const nowhere = { input: "", peer: "", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };
  const composed = compose(one);
  const scratch = newRecord(nowhere, "");
  const fixed = composed(scratch);
  if (fixed === undefined || propertyOf(target).write(scratch, fixed)) return undefined;
  const known = target === "severity" || target === "level" ? ` (${SEVERITY_NAMES.join(", ")})` : "";
  return `${JSON.stringify(one)} cannot be the ${target} of a record${known}`;
}
