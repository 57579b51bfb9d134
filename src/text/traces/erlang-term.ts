import { endOfQuotes } from "./beam-frame.ts";

// Stacks as Erlang's terms: `[{shop,reserve,2,[{file,"shop.erl"},{line,9}]}, ...]`, wrapped wherever it pleases.

/** A call of such a stack. */
interface TermCall {
  /** module:function/arity */
  readonly name: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** As much of a text is looked at, and as much of the arguments of one call. */
const MAX_CHARS = 1 << 16;
const MAX_ARGUMENT_CHARS = 1_024;
const ATOM = String.raw`([a-z][\w@]*|'[^'\n]{0,200}')`;
const CALL = new RegExp(String.raw`\{${ATOM},\s*${ATOM},\s*(?:(\d{1,3})|(\[))`, "y");
const PLACE = /,\s*\[(?:\{file,\s*"([^"\n]{0,500})"\},\s*\{line,\s*(\d{1,9})\}|\{error_info,[^\]]{0,500}\}|)\]\s*\}/y;

/** The first stack from a line on, and the reason before it; undefined when there is none that says where it was. */
export function findTermStack(
  lines: readonly string[],
  from: number,
): { readonly calls: readonly TermCall[]; readonly reason: string } | undefined {
  const text = lines.slice(from).join("\n").slice(0, MAX_CHARS);
  for (let at = text.indexOf("[{"); at >= 0; at = text.indexOf("[{", at + 1)) {
    const calls = readCalls(text, at + 1);
    if (calls.some(({ file }) => file !== undefined)) return { calls, reason: reasonOf(text.slice(0, at)) };
  }
  return undefined;
}

function readCalls(text: string, from: number): TermCall[] {
  const calls: TermCall[] = [];
  for (let at = from; at < text.length; at += 1) {
    CALL.lastIndex = at;
    const call = CALL.exec(text);
    if (call === null) break;
    const [, module = "", name = "", arity] = call;
    const printed = arity === undefined ? readArguments(text, CALL.lastIndex) : { count: Number(arity), end: CALL.lastIndex };
    if (printed === undefined) break;
    PLACE.lastIndex = printed.end;
    const place = PLACE.exec(text);
    if (place === null) break;
    const line = place[2] === undefined ? undefined : Number(place[2]);
    calls.push({ name: `${module}:${name}/${printed.count}`, file: place[1], line });
    at = PLACE.lastIndex;
    while (/[\s,]/.test(text.charAt(at))) at += 1;
    at -= 1;
  }
  return calls;
}

/** Arguments instead of an arity: how many, and where their list ends. */
function readArguments(text: string, from: number): { readonly count: number; readonly end: number } | undefined {
  let depth = 0;
  let count = text.charAt(from) === "]" ? 0 : 1;
  for (let at = from; at < Math.min(text.length, from + MAX_ARGUMENT_CHARS); at += 1) {
    const unit = text.charAt(at);
    if (unit === '"' || unit === "'") {
      at = endOfQuotes(text.slice(0, from + MAX_ARGUMENT_CHARS), at);
      if (at < 0) return undefined;
    } else if ("[{(".includes(unit)) depth += 1;
    else if (unit === "]" && depth === 0) return { count, end: at + 1 };
    else if ("]})".includes(unit)) depth -= 1;
    else if (unit === "," && depth === 0) count += 1;
  }
  return undefined;
}

/** What stands before a stack in `{Reason,Stack}`, without what announces it. */
function reasonOf(before: string): string {
  const term = before
    .replace(/^\*\* Reason for termination ==\s*\n\*\* |^Error in process .* with exit value:\s*\n|^\s+reason: /, "")
    .replace(/^\{/, "")
    .replace(/,\s*$/, "");
  return term.replaceAll(/\s*\n\s*/g, "").trim();
}
