import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { codeOf, messageOf, RelayError } from "../base/errors.ts";

/** Longest PEM file read; a bundle of all public authorities has 250 KB. */
const MAX_BYTES = 4 << 20;

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; write the path of a PEM file",
  ENOTDIR: "there is no such file; write the path of a PEM file",
  EACCES: "this process may not read it; give its user permission",
  EISDIR: "it is a directory; write the path of a PEM file",
};

/**
 * Reads a PEM file that the configuration names. `field` is the place there: "inputs.edge.tls.cert". Rejects with words
 * for a person: which field, which file, what is wrong with it and what to do.
 */
export async function readPem(path: string, field: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    // To open a named pipe would wait for somebody who writes.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile() && !stats.isDirectory()) throw new Error("it is no regular file; write the path of a PEM file");
    if (stats.size > MAX_BYTES) throw new Error(`it has ${stats.size} bytes, and a PEM file is shorter; is it another file?`);
    return await file.readFile();
  } catch (error) {
    const text = ADVICE[codeOf(error)] ?? messageOf(error);
    throw new RelayError("RELAY_BAD_CONFIG", `${field}: ${path}: ${text}`, { cause: error });
  } finally {
    await file?.close();
  }
}

/** Uses what was read; when OpenSSL cannot, throws `text` with OpenSSL's reason. */
export function tryOut(use: () => unknown, text: string): void {
  try {
    use();
  } catch (error) {
    throw new RelayError("RELAY_BAD_CONFIG", `${text} (${reasonOf(error)})`, { cause: error });
  }
}

/** What OpenSSL says is wrong, without its place in OpenSSL's source. */
export function reasonOf(thrown: unknown): string {
  const reason = typeof thrown === "object" && thrown !== null && "reason" in thrown ? thrown.reason : undefined;
  return typeof reason === "string" ? reason : messageOf(thrown);
}
