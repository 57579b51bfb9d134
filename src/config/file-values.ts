import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { codeOf } from "../base/errors.ts";

/** What `${file:PATH}` is replaced by, or why it is not. */
export type ValueOfFile =
  | { readonly kind: "text"; readonly text: string }
  /** There is nothing: a default stands in. */
  | { readonly kind: "lacking"; readonly message: string; readonly hint: string }
  /** There is something that cannot be used, which a default must not hide. */
  | { readonly kind: "broken"; readonly message: string; readonly hint: string };

/** Reads the value behind a path. Never throws. */
export type ReadValue = (path: string) => ValueOfFile;

/** Longer files are no values: a DSN has a hundred bytes. */
const MAX_BYTES = 65_536;

/** For a text that is no file of its own, such as what a thread is given: nothing is read. */
export const noFileValues: ReadValue = (path) => ({
  kind: "broken",
  message: `the file ${path} is not read here`,
  hint: "only a configuration file may name files",
});

/**
 * Reads values from files: secrets of Docker and Kubernetes, credentials of systemd. Line ends at the end are cut off, as a
 * shell does. A relative path begins at `directory`, where the configuration file is. A file is read once, however often it
 * is named.
 */
export function fileValues(directory: string): ReadValue {
  const known = new Map<string, ValueOfFile>();
  return (path) => {
    let value = known.get(path);
    if (value === undefined) known.set(path, (value = read(path, directory)));
    return value;
  };
}

function read(path: string, directory: string): ValueOfFile {
  if (path === "") {
    return { kind: "broken", message: "a file without a name cannot be read", hint: "write ${file:/run/secrets/dsn}" };
  }
  const full = resolve(directory, path);
  const named = isAbsolute(path) ? `the file ${path}` : `the file ${path} in ${resolve(directory)}`;
  const whence = isAbsolute(path) ? "" : "; a relative path begins where the configuration file is";
  const byDefault = `create it, or give a default: \${file:${path}:-...}`;
  try {
    const text = readText(full);
    if (text === "") return { kind: "lacking", message: `${named} is empty`, hint: `write the value into it${whence}` };
    return { kind: "text", text };
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") {
      return { kind: "lacking", message: `${named} does not exist`, hint: byDefault + whence };
    }
    const [why, todo] = thrown instanceof Unfit ? [thrown.message, thrown.todo] : (TROUBLE.get(code) ?? [code, "see ls -l"]);
    return { kind: "broken", message: `${named} cannot be read: ${why}`, hint: todo + whence };
  }
}

const TROUBLE: ReadonlyMap<string, readonly [why: string, todo: string]> = new Map([
  ["EACCES", ["permission denied", "let the user that the relay runs as read it"]],
  ["EPERM", ["permission denied", "let the user that the relay runs as read it"]],
  ["ELOOP", ["its links lead in a circle", "name another file"]],
  ["ENXIO", ["it is no regular file", "name a file with nothing but the value in it"]],
  ["ERR_INVALID_ARG_VALUE", ["this is no path", "name a file"]],
]);

/** There is something, but no value. */
class Unfit extends Error {
  readonly todo: string;

  constructor(message: string, todo: string) {
    super(message);
    this.todo = todo;
  }
}

function readText(path: string): string {
  // Opening a pipe without O_NONBLOCK would wait for a writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw new Unfit("it is a directory", "name a file in it");
    if (!stats.isFile()) throw new Unfit("it is no regular file", "name a file with nothing but the value in it");
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const count = readSync(file, bytes, length, bytes.length - length, null);
      length += count;
      if (length > MAX_BYTES)
        throw new Unfit(`it is longer than ${MAX_BYTES} bytes`, "name a file with nothing but the value in it");
      if (count === 0) break;
    }
    return withoutLineEnds(decoded(bytes.subarray(0, length)));
  } finally {
    closeSync(file);
  }
}

function decoded(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Unfit("it is no text in UTF-8", "name a file with nothing but the value in it");
  }
  if (text.includes("\0")) throw new Unfit("it holds a zero byte", "name a file with nothing but the value in it");
  return text;
}

function withoutLineEnds(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end -= 1;
  return text.slice(0, end);
}
