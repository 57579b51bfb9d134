import { MAX_SHOWN } from "./expectations.ts";
import type { Path } from "./mistake.ts";

/** Names of fields whose texts nobody else may read; all that lies inside such a field counts as well. */
const SECRET =
  /^(?:.*_)?(?:dsn|tokens?|password|passphrase|secrets?|shared_key|api_key|access_key|hash_key|users|authorization)$/i;

/** `scheme://user:password@` of any URL. */
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)([^@/\s]+)@/i;

const REDACTED = "***";

export function isSecretPath(path: Path): boolean {
  // The name a person gave to an input or upstream is no field.
  const first = path[0] === "inputs" || path[0] === "upstreams" ? 2 : 0;
  return path.some((part, index) => index >= first && typeof part === "string" && SECRET.test(part));
}

/** A value without its secrets: `https://***@host/1`, `***`. Lists and mappings are copied. */
export function redact(value: unknown, path: Path = []): unknown {
  if (typeof value === "string") return redactText(value, isSecretPath(path));
  if (Array.isArray(value)) return value.map((item, index) => redact(item, [...path, index]));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redact(item, [...path, name])]));
  }
  return typeof value === "number" && isSecretPath(path) ? REDACTED : value;
}

function redactText(text: string, secret: boolean): string {
  if (USER_INFO.test(text)) return text.replace(USER_INFO, `$1${REDACTED}@`);
  return secret && text !== "" ? REDACTED : text;
}

/** The secret texts in a configuration: keys of DSNs, tokens, passwords. For redacting what is logged. */
export function secretsIn(value: unknown, path: Path = []): string[] {
  const found = new Set<string>();
  collect(value, path, found);
  return [...found];
}

function collect(value: unknown, path: Path, found: Set<string>): void {
  if (typeof value === "string") {
    const userInfo = USER_INFO.exec(value)?.[2];
    if (userInfo !== undefined) for (const part of secretParts(userInfo, isSecretPath(path))) found.add(part);
    else if (isSecretPath(path)) found.add(value);
  } else if (Array.isArray(value)) value.forEach((item, index) => collect(item, [...path, index], found));
  else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) collect(item, [...path, name], found);
  }
  found.delete("");
}

/** All keys of a DSN; of another URL the password, or the name where it stands alone. As written, and as meant: "p%40ss" is "p@ss". */
function secretParts(userInfo: string, all: boolean): readonly string[] {
  const parts = userInfo.split(":");
  return (all ? parts : parts.slice(-1)).flatMap((part) => [part, decodedPart(part)]);
}

function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Shorter ones are only blotted out at their own path: the token "a" must not eat the words of other messages. */
const MIN_SOUGHT = 6;

/** A message about `value`, which stands at `path`, with neither its secret nor any other in it. */
export function blot(message: string, path: Path, value: unknown, secrets: readonly string[]): string {
  const own = isSecretPath(path) && (typeof value === "string" || typeof value === "number") ? [String(value)] : [];
  const sought = [...own, ...secrets.filter((secret) => secret.length >= MIN_SOUGHT)].flatMap(spellings);
  let safe = message;
  for (const secret of sought.toSorted((a, b) => b.length - a.length)) {
    if (secret.length >= MIN_SOUGHT) safe = safe.replaceAll(secret, REDACTED);
    else if (secret !== "" && safe.endsWith(` ${secret}`)) safe = safe.slice(0, -secret.length) + REDACTED;
    else if (secret !== "") safe = safe.replaceAll(`"${secret}"`, REDACTED);
  }
  return safe;
}

/** A secret as a message may quote it: escaped, cut. */
function spellings(secret: string): string[] {
  const parts = [secret, secret.slice(0, MAX_SHOWN)];
  return [...new Set([...parts, ...parts.map((part) => JSON.stringify(part).slice(1, -1))])];
}
