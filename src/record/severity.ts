/** OpenTelemetry severity numbers, so that a comparison is `>=`. */
export const Severity = { trace: 1, debug: 5, info: 9, notice: 10, warning: 13, error: 17, fatal: 21 } as const;

export type SeverityName = keyof typeof Severity;
/** 1-24, see {@link Severity}. Codecs produce only the seven named values. */
export type SeverityNumber = (typeof Severity)[SeverityName];

export const SEVERITY_NAMES = [
  "trace",
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "fatal",
] as const satisfies readonly SeverityName[];

/** The name of a severity number. */
export function severityName(severity: SeverityNumber): SeverityName {
  return NAMES.get(severity) ?? "info";
}

const NAMES: ReadonlyMap<number, SeverityName> = new Map(SEVERITY_NAMES.map((name) => [Severity[name], name]));
