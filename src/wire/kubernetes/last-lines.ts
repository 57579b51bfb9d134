import { open } from "node:fs/promises";
import { join } from "node:path";

/** Which log: `<directory>/<namespace>_<pod>_<uid>/<container>/<run>.log`. */
export interface LogFile {
  /** "/var/log/pods". */
  readonly directory: string;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly run: number;
}

/** As much is read from the end of a log. */
const MAX_BYTES = 32_768;
/** Longest line that is shown, in characters. */
const MAX_LINE_CHARS = 2_000;
/** Names from outside that go into a path. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,253}$/;

/** The path of a log; undefined where a name could lead somewhere else. */
export function logPath({ directory, namespace, pod, uid, container, run }: LogFile): string | undefined {
  const names = [namespace, pod, uid, container];
  if (!names.every((name) => NAME.test(name)) || !Number.isSafeInteger(run) || run < 0) return undefined;
  return join(directory, `${namespace}_${pod}_${uid}`, container, `${run}.log`);
}

/** The last lines of a log, without what the runtime puts before them; undefined when it cannot be read. */
export async function lastLines(file: LogFile, count: number): Promise<readonly string[] | undefined> {
  const path = logPath(file);
  if (path === undefined) return undefined;
  try {
    const log = await open(path, "r");
    try {
      const { size } = await log.stat();
      const bytes = Buffer.alloc(Math.min(size, MAX_BYTES));
      const { bytesRead } = await log.read(bytes, 0, bytes.length, size - bytes.length);
      const lines = bytes.toString("latin1", 0, bytesRead).split("\n");
      // The first may be half of one.
      if (size > bytes.length) lines.shift();
      return written(lines, count);
    } finally {
      await log.close();
    }
  } catch {
    return undefined;
  }
}

/** The last lines of plain text, as the API gives a log. */
export function lastOf(text: string, count: number): readonly string[] {
  return shown(text.split("\n"), count);
}

/** What the program wrote. One character a byte until parts are joined, because a part may end within a character. */
function written(lines: readonly string[], count: number): readonly string[] {
  const whole: string[] = [];
  const parts = new Map<string, string>();
  for (const line of lines) {
    const cri = CRI.exec(line);
    const part = cri === null ? dockerPart(line) : { stream: cri[1] ?? "", text: cri[3] ?? "", ends: cri[2] !== "P" };
    if (part === undefined) {
      whole.push(utf8(line));
      continue;
    }
    const text = (parts.get(part.stream) ?? "") + part.text;
    if (part.ends || text.length > MAX_BYTES) {
      whole.push(utf8(text));
      parts.delete(part.stream);
    } else parts.set(part.stream, text);
  }
  for (const text of parts.values()) whole.push(utf8(text));
  return shown(whole, count);
}

/** Time, stream, `P`art or `F`ull, and what was written. */
const CRI = /^\S+ (stdout|stderr) ([PF])[^ ]* (.*)$/s;

interface Part {
  readonly stream: string;
  readonly text: string;
  readonly ends: boolean;
}

/** A line of Docker's json-file. */
function dockerPart(line: string): Part | undefined {
  if (!line.startsWith('{"log":')) return undefined;
  try {
    const { log, stream } = JSON.parse(Buffer.from(line, "latin1").toString("utf8")) as { log?: unknown; stream?: unknown };
    if (typeof log !== "string") return undefined;
    const text = Buffer.from(log.replace(/\n$/, ""), "utf8").toString("latin1");
    return { stream: String(stream), text, ends: log.endsWith("\n") };
  } catch {
    return undefined;
  }
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function shown(lines: readonly string[], count: number): readonly string[] {
  return lines
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .map((line) => (line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS - 3)}...` : line));
}
