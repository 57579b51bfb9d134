import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

/** Kubernetes allows 256 KiB of annotations in all; quoting makes them longer. */
const MAX_BYTES = 1 << 20;
const MAX_TEXTS = 1_000;

/** Labels or annotations as the downward API writes them into a file: `name="value"` in each line, quoted as in Go. */
export function downwardTexts(text: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals <= 0 || texts.size === MAX_TEXTS) continue;
    texts.set(line.slice(0, equals), unquoted(line.slice(equals + 1)));
  }
  return texts;
}

/** What a file of the downward API says; undefined when it cannot be read. */
export function downwardFile(directory: string, name: string): ReadonlyMap<string, string> | undefined {
  try {
    const file = openSync(join(directory, name), "r");
    try {
      const bytes = Buffer.alloc(MAX_BYTES);
      let length = 0;
      for (;;) {
        const read = readSync(file, bytes, length, bytes.length - length, length);
        length += read;
        if (read === 0 || length === bytes.length) break;
      }
      return downwardTexts(bytes.toString("utf8", 0, length));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** A Go string literal; what is none is taken as it stands. */
function unquoted(written: string): string {
  if (!written.startsWith('"') || !written.endsWith('"') || written.length < 2) return written;
  const inner = written.slice(1, -1);
  return inner.includes("\\") ? inner.replace(ESCAPE, unescaped) : inner;
}

const ESCAPE = /\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)/g;
const SINGLE: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["a", "\u0007"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
]);

function unescaped(escape: string): string {
  const kind = escape.charAt(1);
  if (escape.length === 2) return SINGLE.get(kind) ?? kind;
  const code = Number.parseInt(escape.slice(2), 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}
