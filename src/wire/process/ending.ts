import { basename } from "node:path";
import type { Ending } from "./wrapped-process.ts";

/** What a relay is told of an end, as the JSON line of a logger. */
export interface EndRecord {
  readonly level: "error" | "fatal";
  readonly message: string;
  readonly logger: "crumbtrail";
  readonly command: string;
  readonly exit_status?: number;
  readonly signal?: string;
  readonly fingerprint: readonly string[];
}

/** Signals by which somebody asks a process to end; a shell's status for a process that ended by one is 128 above its number. */
const REQUESTS: ReadonlyMap<NodeJS.Signals, number> = new Map([
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGQUIT", 131],
  ["SIGTERM", 143],
]);

/** The record of an end that nobody asked for; undefined when it is none to open an issue for. */
export function processEnd(command: readonly string[], { status, signal, asked }: Ending): EndRecord | undefined {
  if (status === 0 || wasAsked(status, signal, asked)) return undefined;
  const name = nameOf(command);
  const how = signal === undefined ? `exited with status ${status}` : `was killed by ${signal}`;
  return {
    level: signal === undefined ? "error" : "fatal",
    message: `${name} ${how}`,
    logger: "crumbtrail",
    command: command.join(" "),
    ...(signal === undefined ? { exit_status: status as number } : { signal }),
    // The status is the cause, so unlike other numbers it must tell issues apart.
    fingerprint: ["process end", name, signal ?? String(status)],
  };
}

function wasAsked(status: number | undefined, signal: NodeJS.Signals | undefined, asked: Ending["asked"]): boolean {
  if (signal !== undefined) return REQUESTS.has(signal) && asked.has(signal);
  return [...REQUESTS].some(([request, code]) => status === code && asked.has(request));
}

/** The command as people call it: "nginx", "node server.js"; without arguments that may hold secrets. */
function nameOf([file = "", script]: readonly string[]): string {
  const isScript = script !== undefined && /^[\w./-]+\.\w{1,4}$/.test(script) && !script.startsWith("-");
  return isScript ? `${basename(file)} ${basename(script)}` : basename(file);
}
