import { hasClient, isNginxErrorLine, isOpenEntry } from "./nginx-error.ts";

/** What else a web server prints between two lines of an entry where its logs share a stream: access lines. */
const ACCESS = /^(?:\{|\S{2,253} \S{1,64} [^[\n]{1,128} ?\[\d\d\/[A-Z][a-z]{2}\/\d{4}:)/;
const MAX_HEAD_CHARS = 512;

/**
 * An entry of nginx's error log that arrives line by line: what a FastCGI server printed, and paths with a newline in them,
 * stand in it as they are. It is complete with the line that names the client, or when the next entry begins.
 */
export class NginxJoin {
  readonly pending = 0;
  readonly awaitsLevel = false;
  #text: string;
  #lines: number;
  #bytes: number;
  #closed = false;

  /** Undefined when the text is no entry, or a complete one. */
  static open(text: string): NginxJoin | undefined {
    return isOpenEntry(text) ? new NginxJoin(text) : undefined;
  }

  private constructor(text: string) {
    this.#text = text;
    this.#lines = linesOf(text);
    this.#bytes = Buffer.byteLength(text);
  }

  get text(): string {
    return this.#text.trimEnd();
  }

  get lines(): number {
    return this.#lines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  offer(text: string): boolean {
    if (this.#closed || isNginxErrorLine(text) || ACCESS.test(text.slice(0, MAX_HEAD_CHARS))) return false;
    this.#text += `\n${text}`;
    this.#lines += linesOf(text);
    this.#bytes += 1 + Buffer.byteLength(text);
    this.#closed = hasClient(text);
    return true;
  }
}

function linesOf(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
