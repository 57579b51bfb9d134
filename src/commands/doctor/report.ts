import { terminalJson } from "../../base/json-line.ts";
import { paint, printable, type Paint } from "../../sentry/terminal.ts";
import { exitCodeOf, type Check, type Verdict } from "./check.ts";

const VERDICTS: readonly Verdict[] = ["ok", "note", "warn", "fail"];

/** The report for people: one line a check under the heading of its group, and a sum at the end. */
export function reportText(checks: readonly Check[], colour: boolean): string {
  const brush = paint(colour);
  const lines: string[] = [];
  let group = "";
  for (const check of checks) {
    if (check.group !== group) lines.push(...(group === "" ? [] : [""]), brush.bold(printable(check.group)));
    group = check.group;
    const todo = check.todo === undefined ? "" : `; ${check.todo}`;
    lines.push(`  ${marked(check.verdict, brush)} ${printable(check.what + todo)}`);
  }
  const counts = VERDICTS.map((verdict) => `${checks.filter((check) => check.verdict === verdict).length} ${verdict}`);
  return `${lines.join("\n")}\n\n${counts.join(", ")}\n`;
}

function marked(verdict: Verdict, brush: Paint): string {
  const padded = verdict.padEnd(4);
  if (verdict === "fail") return brush.red(padded);
  if (verdict === "warn") return brush.yellow(padded);
  return verdict === "note" ? brush.cyan(padded) : brush.dim(padded);
}

/** The report for machines: one JSON object. */
export function reportJson(checks: readonly Check[], version: string): string {
  const plain = checks.map(({ group, verdict, what, todo }) => ({
    group,
    verdict,
    what,
    ...(todo === undefined ? {} : { todo }),
  }));
  return `${terminalJson(JSON.stringify({ version, exit: exitCodeOf(checks), checks: plain }, undefined, 2))}\n`;
}
