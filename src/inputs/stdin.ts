import type { Readable } from "node:stream";
import * as z from "zod";
import { aborted } from "../base/abort.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import type { Component } from "../base/lifecycle.ts";
import { checkFormat, codecOfFormat, formatFields } from "../codec/formats.ts";
import { ownCodec } from "../component/codec.ts";
import { byteSize } from "../component/fields.ts";
import type { InputHost } from "../component/host.ts";
import { defineInput } from "../component/spec.ts";
import type { Frames } from "../record/batch.ts";
import { LineReader } from "../wire/line-reader.ts";

export const stdin = defineInput({
  type: "stdin",
  summary: "Reads standard input line by line: JSON objects of any logger, or plain text.",
  stability: "stable",
  config: z
    .object({
      ...formatFields,
      max_line_bytes: byteSize("1MiB").describe("Longest line; a longer one is skipped to its end and counted `too_large`."),
    })
    .superRefine(checkFormat),
  examples: [{}, { format: "json", max_line_bytes: "64KiB" }],
  claims: () => ["stdin"],
  codec: codecOfFormat,
  create: (config, host) =>
    lineInput(() => process.stdin, { codec: ownCodec(host.name), maxLineBytes: config.max_line_bytes }, host),
});

export interface LineInputOptions {
  /** Name of the codec for each line. */
  readonly codec: string;
  readonly maxLineBytes: number;
}

/**
 * Reads lines from any stream of bytes, opened by `start`. Reads on only once the lines before are queued or accounted
 * for; tells the host when the stream has ended and every record of it has settled or is queued.
 */
export function lineInput(open: () => Readable, options: LineInputOptions, host: InputHost): Component {
  let source: Readable | undefined;
  let reading: Promise<void> | undefined;
  return {
    async start() {
      source = open();
      reading = new LineInput(options, host).read(source);
    },
    async stop(deadline) {
      source?.destroy();
      if (reading !== undefined) await Promise.race([reading, aborted(deadline)]);
    },
  };
}

class LineInput {
  readonly #codec: string;
  readonly #host: InputHost;
  readonly #reader: LineReader;
  /** Records that wait for the rest of a stack trace. */
  readonly #held = new Set<Promise<boolean>>();

  constructor(options: LineInputOptions, host: InputHost) {
    this.#codec = options.codec;
    this.#host = host;
    this.#reader = new LineReader(options.maxLineBytes, () => {
      host.refuse("too_large");
      const message = `a line over max_line_bytes (${options.maxLineBytes} bytes) was skipped to its end`;
      host.complain({ cause: "too_large", peer: "", message });
    });
  }

  /** Resolves once the stream has ended, was destroyed or failed, and its records are accounted for. Never rejects. */
  async read(source: Readable): Promise<void> {
    try {
      for await (const chunk of source as AsyncIterable<Buffer | string>) {
        const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
        this.#host.receivedBytes(bytes.length);
        await this.#take(this.#reader.push(bytes));
      }
    } catch (thrown) {
      // Destroying the stream is how `stop` ends it.
      if (!isPrematureClose(thrown)) {
        const message = `cannot read on, what came so far is kept: ${messageOf(thrown)}`;
        this.#host.complain({ cause: "unreadable", peer: "", message });
      }
    }
    await this.#take(this.#reader.end());
    await Promise.all(this.#held);
    this.#host.ended();
  }

  /** A promise only where the intake wants to be waited for. */
  #take(frames: Frames | undefined): Promise<void> | undefined {
    if (frames === undefined) return undefined;
    const { name, labels, clock } = this.#host;
    const from = { input: name, peer: "", receivedMs: clock.nowMs(), tag: "", labels, metadata: undefined };
    const receipt = this.#host.intake({ codec: this.#codec, from, frames, position: undefined });
    if (receipt instanceof Promise) return receipt.then(({ held }) => this.#hold(held));
    this.#hold(receipt.held);
    return undefined;
  }

  #hold(held: Promise<boolean> | undefined): void {
    if (held === undefined) return;
    this.#held.add(held);
    void held.then(() => this.#held.delete(held));
  }
}

function isPrematureClose(thrown: unknown): boolean {
  return codeOf(thrown) === "ERR_STREAM_PREMATURE_CLOSE";
}
