import { hasMembers, membersOf } from "./field-values.ts";

/** Stands around the index of a variable; no format holds it. */
const MARK = "\ue000";

/**
 * Where a `log_format` is a JSON object: which variable stands behind each member whose value is one. Undefined where it is
 * no object.
 */
export function jsonNamesOf(text: string, variable: RegExp): ReadonlyMap<string, string> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  const names: string[] = [];
  let marked = "";
  let at = 0;
  for (const match of text.matchAll(variable)) {
    const before = text.slice(at, match.index);
    marked += before;
    const mark = `${MARK}${names.length}${MARK}`;
    marked += isInString(marked) ? mark : `"${mark}"`;
    names.push(match[1] ?? match[2] ?? "");
    at = match.index + match[0].length;
  }
  const object = parsed(marked + text.slice(at));
  if (!hasMembers(object)) return undefined;
  const found = new Map<string, string>();
  for (const [key, value] of membersOf(object)) {
    const index = typeof value === "string" ? new RegExp(`^${MARK}(\\d+)${MARK}$`).exec(value)?.[1] : undefined;
    const name = index === undefined ? undefined : names[Number(index)];
    if (name !== undefined) found.set(key, name);
  }
  return found;
}

/** Whether a JSON text ends within a string. */
function isInString(text: string): boolean {
  let inside = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (letter === '"') inside = !inside;
    else if (letter === "\\" && inside) at += 1;
  }
  return inside;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
