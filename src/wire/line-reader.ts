import split2 from "split2";
import type { Frames } from "../record/batch.ts";

/**
 * Cuts a byte stream into lines, one batch of frames for each chunk. Lines pass as text with one character for each
 * byte (latin1), so that bytes stay exact, and a 10 MiB line costs one count and no more memory than the limit.
 */
export class LineReader {
  readonly #maxLineBytes: number;
  readonly #tooLong: () => void;
  readonly #lines: string[] = [];
  readonly #splitter: ReturnType<typeof split2>;

  /** `tooLong` is called once for each line over `maxLineBytes`, its line end not counted. */
  constructor(maxLineBytes: number, tooLong: () => void) {
    this.#maxLineBytes = maxLineBytes;
    this.#tooLong = tooLong;
    // One more for a CR whose LF is still to come. A mapper that keeps the line for itself: nothing is pushed, so
    // nothing waits and no line costs an event.
    const options = { maxLength: maxLineBytes + 1, skipOverflow: true, decodeStrings: false };
    this.#splitter = split2("\n", (line: string) => this.#keep(line), options);
  }

  /** The lines that this chunk completes, without their LF; undefined when there are none. */
  push(chunk: Buffer): Frames | undefined {
    return this.#push(chunk.toString("latin1"));
  }

  /** The last line, which no line end closed. */
  end(): Frames | undefined {
    return this.#push("\n");
  }

  #push(text: string): Frames | undefined {
    const skipped = this.#skipping;
    this.#splitter.write(text, "latin1");
    // Skipping again, rather than still, takes a line end in between.
    if (this.#skipping && (!skipped || text.includes("\n"))) this.#tooLong();
    return this.#cut();
  }

  /** Whether the rest of a line that was counted already is being skipped. */
  get #skipping(): boolean {
    // Not in the types of split2, but what its `skipOverflow` sets.
    return (this.#splitter as { overflow?: boolean }).overflow === true;
  }

  #keep(line: string): undefined {
    const length = line.endsWith("\r") ? line.length - 1 : line.length;
    if (length > this.#maxLineBytes) this.#tooLong();
    else if (length > 0) this.#lines.push(line);
    return undefined;
  }

  #cut(): Frames | undefined {
    const lines = this.#lines;
    if (lines.length === 0) return undefined;
    const bounds: number[] = [];
    let at = 0;
    for (const line of lines) {
      bounds.push(at, at + line.length);
      at += line.length;
    }
    const bytes = Buffer.from(lines.join(""), "latin1");
    lines.length = 0;
    return { bytes, bounds };
  }
}
