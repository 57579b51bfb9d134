import { fingerprintOf, HEAD_BYTES, isOf, NO_FINGERPRINT, type Fingerprint } from "./fingerprint.ts";
import type { OpenFile } from "./open-file.ts";

/** How often it is looked at whether a file that is read without a pause is still the one that it was. */
const CHECK_MS = 200;
/** What a file held before it was truncated, so often. */
const MAX_FORMER = 4;

/** How a followed file begins, by which it is known to be the same. */
export class FileHead {
  #print: Fingerprint;
  #former: readonly Fingerprint[] = [];
  #checkedMs = -Infinity;

  constructor(print: Fingerprint) {
    this.#print = print;
  }

  get print(): Fingerprint {
    return this.#print;
  }

  /** Of what it held before it was truncated, so that a copy of that is known. */
  get former(): readonly Fingerprint[] {
    return this.#former;
  }

  /** Looks at a file that has grown to `size` while there may be more of it than is known; whether nothing was known before. */
  async learn(file: OpenFile, size: number): Promise<boolean> {
    const { length } = this.#print;
    // A beginning that is short is looked at again when the file is, which is soon enough.
    if (length >= HEAD_BYTES || (length > 0 && size < HEAD_BYTES)) return false;
    this.#print = fingerprintOf(await read(file, HEAD_BYTES));
    return length === 0;
  }

  /** Whether a file does not begin any more as it did. While it `hasMore` to be read, that is not looked at every time. */
  async isReplaced(file: OpenFile, nowMs: number, hasMore: boolean): Promise<boolean> {
    const { length } = this.#print;
    if (length === 0 || (hasMore && nowMs - this.#checkedMs < CHECK_MS)) return false;
    this.#checkedMs = nowMs;
    const head = await read(file, length);
    if (!isOf(this.#print, head)) return true;
    if (head.length > length) this.#print = fingerprintOf(head);
    return false;
  }

  /** It was truncated, and begins in another way from now on. */
  renew(): void {
    if (this.#print.length > 0) this.#former = [this.#print, ...this.#former].slice(0, MAX_FORMER);
    this.#print = NO_FINGERPRINT;
  }
}

async function read(file: OpenFile, enough: number): Promise<Buffer> {
  // Not from Node's pool: what others keep in there for long would keep these bytes too.
  const bytes = Buffer.allocUnsafeSlow(HEAD_BYTES);
  return bytes.subarray(0, await file.read(bytes, 0, enough));
}
