import * as z from "zod";
import { aborted } from "../base/abort.ts";
import type { Component } from "../base/lifecycle.ts";
import { TimeAllowance } from "../base/time-allowance.ts";
import type { InputHost } from "../component/host.ts";
import { defineInput, type InputSpec } from "../component/spec.ts";
import type { Frames, Receipt } from "../record/batch.ts";
import { LineReader } from "../wire/line-reader.ts";
import { processEnd } from "../wire/process/ending.ts";
import { LastOutput } from "../wire/process/last-output.ts";
import type { Output } from "../wire/process/output.ts";
import type { WrappedProcess } from "../wire/process/wrapped-process.ts";

/** Longest line that is read; a longer one still passes. */
const MAX_LINE_BYTES = 1 << 20;
/** Bytes that may wait for the queue; beyond it records are dropped, because the process must not feel the relay. */
const MAX_PENDING_BYTES = 4 << 20;
/** A process that prints faster than its lines can be read is held up for so long, ... */
const PATIENCE_MS = 5_000;
/** ... and from then on for this share of the time. */
const SHARE = 0.5;
const LF = 0x0a;

/**
 * The input that reads what a wrapped process prints (`crumbtrail run -- CMD`), and makes a record of its end. Nothing in
 * a configuration can name it, so it is not in the registry.
 */
export function processInput(wrapped: WrappedProcess): InputSpec {
  return defineInput({
    type: "process",
    summary: "Reads what a wrapped process prints on standard output and standard error.",
    stability: "beta",
    config: z.object({}),
    examples: [{}],
    create: (_config, host) => new ProcessInput(wrapped, host),
  });
}

class ProcessInput implements Component {
  readonly #wrapped: WrappedProcess;
  readonly #host: InputHost;
  readonly #allowance: TimeAllowance;
  readonly #last = new LastOutput();
  readonly #held = new Set<Promise<unknown>>();
  #pendingBytes = 0;
  /** Resolves when the process has ended and all it printed is queued or accounted for. */
  #finished: Promise<void> | undefined;

  constructor(wrapped: WrappedProcess, host: InputHost) {
    this.#wrapped = wrapped;
    this.#host = host;
    this.#allowance = new TimeAllowance(PATIENCE_MS, SHARE, host.clock.tickMs());
  }

  async start(): Promise<void> {
    const { stdout, stderr } = this.#wrapped;
    this.#finished = this.#finish([this.#watch(stdout, "stdout"), this.#watch(stderr, "stderr")]);
  }

  /** Does not end the process: whoever stops the relay has seen its end, or gives up on the relay alone. */
  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.race([this.#finished, aborted(deadline)]);
  }

  /** Takes the lines of one output; returns what takes the last one, which no line end closed. */
  #watch(output: Output, stream: string): () => void {
    // A stack trace on one output must not be taken apart by a line on the other.
    const labels = new Map([...(this.#host.labels ?? []), ["stream", stream]]);
    const reader = new LineReader(MAX_LINE_BYTES, () => {
      this.#host.refuse("too_large");
      const message = `a line on ${stream} over ${MAX_LINE_BYTES} bytes was passed on, but is no record`;
      this.#host.complain({ cause: "too_large", peer: "", message });
    });
    /** Within a line whose beginning was left out. */
    let torn = false;
    output.watch((chunk) => {
      const { clock } = this.#host;
      this.#host.receivedBytes(chunk.length);
      this.#last.add(chunk);
      const startMs = clock.tickMs();
      if (!this.#allowance.has(startMs)) {
        this.#take(reader.end(), "auto", labels);
        this.#leaveOut(chunk);
        torn = true;
        return;
      }
      const from = torn ? chunk.indexOf(LF) + 1 : 0;
      if (torn && from === 0) return;
      torn = false;
      this.#take(reader.push(chunk.subarray(from)), "auto", labels);
      this.#allowance.take(clock.tickMs() - startMs);
    });
    return () => this.#take(reader.end(), "auto", labels);
  }

  async #finish(readers: readonly (() => void)[]): Promise<void> {
    const { ended, command } = this.#wrapped;
    const ending = await ended.catch(() => undefined);
    for (const end of readers) end();
    const record = ending === undefined ? undefined : processEnd(command, ending);
    if (record !== undefined) {
      const bytes = Buffer.from(JSON.stringify({ ...record, last_output: this.#last.lines() }));
      this.#take({ bytes, bounds: [0, bytes.length] }, "json", this.#host.labels);
    }
    await Promise.all(this.#held);
    this.#host.ended();
  }

  #take(frames: Frames | undefined, codec: string, labels: ReadonlyMap<string, string> | undefined): void {
    if (frames === undefined) return;
    const { name, clock } = this.#host;
    const bytes = frames.bytes.length;
    if (this.#pendingBytes + bytes > MAX_PENDING_BYTES) {
      this.#refuse(frames.bounds.length / 2, "the queue is full");
      return;
    }
    const from = { input: name, peer: "", receivedMs: clock.nowMs(), tag: "", labels, metadata: undefined };
    const receipt = this.#host.intake({ codec, from, frames, position: undefined });
    if (!(receipt instanceof Promise)) {
      this.#hold(receipt.held);
      return;
    }
    this.#pendingBytes += bytes;
    this.#hold(
      receipt.then((received: Receipt) => {
        this.#pendingBytes -= bytes;
        return received.held;
      }),
    );
  }

  #leaveOut(chunk: Buffer): void {
    let lines = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) lines += 1;
    if (lines > 0) this.#refuse(lines, "it prints faster than its lines can be read");
  }

  #refuse(records: number, why: string): void {
    this.#host.refuse("queue_full", records);
    const message = `${why}: what the process prints is passed on, but some of it makes no records`;
    this.#host.complain({ cause: "queue_full", peer: "", message });
  }

  #hold(held: Promise<unknown> | undefined): void {
    if (held === undefined) return;
    this.#held.add(held);
    void held.then(() => this.#held.delete(held));
  }
}
