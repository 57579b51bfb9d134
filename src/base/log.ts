import { pino, type Logger } from "pino";
import { terminalJson } from "./json-line.ts";
import { veil } from "./veil.ts";

export type { Logger } from "pino";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/**
 * The relay's own log: JSON lines on standard error, synchronous so that nothing is lost when the process ends. No line holds
 * a secret that the {@link veil} knows, or anything that a terminal would obey.
 */
export function createLogger(level: LogLevel): Logger {
  const stderr = pino.destination({ fd: 2, sync: true });
  return loggerTo(level, (line) => void stderr.write(line));
}

/** As {@link createLogger}, to wherever the lines should go. */
export function loggerTo(level: LogLevel, write: (line: string) => void): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => write(terminalJson(veil.over(line))) },
  );
}
