import { constants } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";

/** A DSN that somebody asked for. */
export interface KeptTenant {
  readonly dsn: string;
  /** When it was asked for last, to the day; Unix milliseconds. */
  readonly wishedMs: number;
}

const MAX_FILE_BYTES = 1 << 20;
const VERSION = 1;

/**
 * The DSNs of tenants in the data directory, for their owner's eyes only because they hold keys:
 * `{"version": 1, "tenants": [{"dsn": "https://key@host/42", "wished_ms": 1767323045000}]}`. Never rejects.
 */
export class TenantFile {
  readonly #path: string;
  readonly #log: Logger;
  #writing: Promise<void> = Promise.resolve();
  #troubled = false;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /** What was written last. A file that cannot be read, or holds something else, is told of and passed over. */
  async load(): Promise<readonly KeptTenant[]> {
    try {
      return kept(JSON.parse(await beginning(this.#path)));
    } catch (thrown) {
      if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return [];
      // The parser's words quote the text, which holds keys.
      const why = thrown instanceof SyntaxError ? "it is no JSON" : messageOf(thrown);
      this.#log.warn(`${this.#path} is passed over, and written anew with the next DSN in an annotation: ${why}`);
      return [];
    }
  }

  /** Replaces the file; one after the other, so that the last state wins. */
  save(tenants: readonly KeptTenant[]): void {
    const entries = tenants.map(({ dsn, wishedMs }) => ({ dsn, wished_ms: wishedMs }));
    const text = `${JSON.stringify({ version: VERSION, tenants: entries })}\n`;
    this.#writing = this.#writing.then(() => this.#write(text));
  }

  /** Resolves when all is written. */
  written(): Promise<void> {
    return this.#writing;
  }

  async #write(text: string): Promise<void> {
    const path = this.#path;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await replace(path, text);
      this.#troubled = false;
    } catch (thrown) {
      const cost = "after a restart, events for DSNs in annotations wait until their pods are seen";
      if (!this.#troubled) this.#log.warn(`cannot write ${path}: ${messageOf(thrown)}; ${cost}`);
      this.#troubled = true;
    }
  }
}

async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  // One that was left there may be open to others.
  await rm(draft, { force: true });
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** The text of a file that is not too long for what it should hold. */
async function beginning(path: string): Promise<string> {
  // Opening a pipe without O_NONBLOCK would wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("it is no file");
    if (stats.size > MAX_FILE_BYTES) throw new Error(`it is longer than ${MAX_FILE_BYTES} bytes`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function kept(value: unknown): readonly KeptTenant[] {
  const entries = memberOf(value, "tenants");
  if (!Array.isArray(entries)) throw new Error(`it has no list "tenants"`);
  return entries.flatMap((entry: unknown) => {
    const [dsn, wishedMs] = [memberOf(entry, "dsn"), memberOf(entry, "wished_ms")];
    return typeof dsn === "string" && typeof wishedMs === "number" && Number.isFinite(wishedMs) ? [{ dsn, wishedMs }] : [];
  });
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
