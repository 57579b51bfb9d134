/** ok: as it should be. note: good to know. warn: works, but something will be lost or hurt. fail: has to be mended. */
export type Verdict = "ok" | "note" | "warn" | "fail";

/** One line of the report. Never holds a secret. */
export interface Check {
  /** What was examined, the heading of its lines: "upstream default", "queue". */
  readonly group: string;
  readonly verdict: Verdict;
  /** What is so: a sentence without a full stop. */
  readonly what: string;
  /** What a person should do about it. */
  readonly todo?: string;
  /** True for an upstream that cannot be reached at the moment, which nobody may need to mend here. */
  readonly unreachable?: boolean;
}

/** 0: nothing has to be mended. 69: only that an upstream cannot be reached. 1: something else. */
export function exitCodeOf(checks: readonly Check[]): 0 | 1 | 69 {
  const failed = checks.filter(({ verdict }) => verdict === "fail");
  if (failed.length === 0) return 0;
  return failed.every(({ unreachable }) => unreachable === true) ? 69 : 1;
}
