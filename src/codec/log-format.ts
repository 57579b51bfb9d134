import { jsonNamesOf } from "./log-format-json.ts";

// The formats of nginx's access logs (ngx_http_log_module): text with `$variables` in it, compiled into a walk that finds each
// piece of text once, from left to right.

/** How nginx writes what could be mistaken for the format's own text. */
export type Escaping = "default" | "json" | "none";

export interface LogFormat {
  /** The variables of a line, by name, without those that are empty; undefined when the line is not of this format. */
  read(line: string): Map<string, string> | undefined;
  /** Where the format is a JSON object: the variable behind each of its members; undefined where it is none. */
  readonly jsonNames: ReadonlyMap<string, string> | undefined;
}

export interface LogFormatMistake {
  readonly mistake: string;
}

/** The format that nginx has without being told. */
export const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

export function isLogFormatMistake(compiled: object): compiled is LogFormatMistake {
  return "mistake" in compiled;
}

/** One variable and the text before it. */
interface Piece {
  readonly before: string;
  readonly variable: string;
}

const MAX_FORMAT_CHARS = 8_192;
const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

/**
 * Compiles a format: its text, or the whole directive `log_format NAME [escape=...] 'text' 'more text';` as it stands in
 * nginx's configuration.
 */
export function compileLogFormat(written: string): LogFormat | LogFormatMistake {
  if (written.length > MAX_FORMAT_CHARS) return { mistake: `the format is longer than ${MAX_FORMAT_CHARS} characters` };
  if (/^\s*combined;?\s*$/.test(written)) return compileLogFormat(COMBINED);
  const source = sourceOf(written);
  if ("mistake" in source) return source;
  const { text, escaping } = source;
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const variable = match[1] ?? match[2] ?? "";
    const before = text.slice(at, match.index);
    const last = pieces.at(-1);
    if (last !== undefined && before === "") {
      const both = `$${last.variable}${match[0]}`;
      return {
        mistake: `nothing stands between two variables at character ${match.index + 1} (${both}), so they cannot be told apart`,
      };
    }
    pieces.push({ before, variable });
    at = match.index + match[0].length;
  }
  if (pieces.length === 0)
    return { mistake: "the format has no variable, expected text such as $remote_addr [$time_local] $status" };
  const tail = text.slice(at);
  return {
    read: (line) => valuesOf(line, { pieces, tail, escaping }),
    jsonNames: jsonNamesOf(text, VARIABLE),
  };
}

interface Source {
  readonly text: string;
  readonly escaping: Escaping;
}

const DIRECTIVE = /^\s*log_format\s+([\w.-]+)\s+(?:escape=(\w+)\s+)?([^]*?)\s*;?\s*$/;
const QUOTED = /\s*(?:'((?:[^'\\]|\\[^])*)'|"((?:[^"\\]|\\[^])*)"|([^\s'"]+))/y;

function sourceOf(written: string): Source | LogFormatMistake {
  if (!/^\s*log_format\s/.test(written)) return { text: written.replace(/(?:;\s*|[\r\n]+)$/, ""), escaping: "default" };
  const [, name, escape = "default", rest] = DIRECTIVE.exec(written) ?? [];
  if (name === undefined || rest === undefined) {
    return { mistake: "the directive cannot be read, expected log_format NAME 'text $variable ...';" };
  }
  if (escape !== "default" && escape !== "json" && escape !== "none") {
    return { mistake: `unknown escape=${escape} (known are default, json and none)` };
  }
  const parts: string[] = [];
  let at = 0;
  while (at < rest.length) {
    QUOTED.lastIndex = at;
    const match = QUOTED.exec(rest);
    if (match === null) return { mistake: `a quote at "${rest.slice(at, at + 20)}" is not closed` };
    parts.push((match[1] ?? match[2] ?? match[3] ?? "").replaceAll(/\\(['"\\])/g, "$1"));
    at = QUOTED.lastIndex;
  }
  return { text: parts.join(""), escaping: escape };
}

interface Compiled {
  readonly pieces: readonly Piece[];
  readonly tail: string;
  readonly escaping: Escaping;
}

/** Each piece of text is looked for behind the one before it, and never again: linear in the length of the line. */
function valuesOf(line: string, { pieces, tail, escaping }: Compiled): Map<string, string> | undefined {
  const first = pieces[0]?.before ?? "";
  if (!line.startsWith(first)) return undefined;
  const values = new Map<string, string>();
  let at = first.length;
  for (const [index, { variable }] of pieces.entries()) {
    const next = pieces[index + 1]?.before;
    const end = next === undefined ? endAt(line, tail, at) : endBefore(line, { next, at, variable });
    if (end < at) return undefined;
    const value = unescaped(line.slice(at, end), escaping);
    if (value !== "" && value !== "-" && !values.has(variable)) values.set(variable, value);
    at = end + (next?.length ?? 0);
  }
  return values;
}

function endAt(line: string, tail: string, at: number): number {
  const end = line.length - tail.length;
  return end >= at && line.endsWith(tail) ? end : -1;
}

/** Where a value ends that text follows. What several upstreams said is separated by ", " and " : ". */
function endBefore(
  line: string,
  { next, at, variable }: { readonly next: string; readonly at: number; readonly variable: string },
): number {
  let end = line.indexOf(next, at);
  if (!next.startsWith(" ") || !variable.startsWith("upstream_")) return end;
  while (end > at && (line.charAt(end - 1) === "," || line.startsWith(" : ", end) || line.startsWith(" : ", end - 2))) {
    end = line.indexOf(next, end + 1);
  }
  return end;
}

/** `\xHH` for each byte that is no printable ASCII, a quote or a backslash; or JSON's escapes. */
function unescaped(text: string, escaping: Escaping): string {
  if (escaping === "none" || !text.includes("\\")) return text;
  if (escaping === "json") return parsedString(text);
  const bytes: Buffer[] = [];
  let at = 0;
  for (const match of text.matchAll(/\\x([0-9A-Fa-f]{2})/g)) {
    bytes.push(Buffer.from(text.slice(at, match.index)), Buffer.from(match[1] ?? "", "hex"));
    at = match.index + match[0].length;
  }
  bytes.push(Buffer.from(text.slice(at)));
  return Buffer.concat(bytes).toString("utf8");
}

function parsedString(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
