import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { formatDuration } from "../base/units.ts";

/** An answer to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as text, as far as it was wanted and read; empty for a success. */
  readonly body: string;
}

export type Post = Pick<Dispatcher.DispatchOptions, "origin" | "path" | "headers" | "body">;

/**
 * Requests to one upstream, each with its answer read to its end within one time limit. `undici.request` would make a signal,
 * a timer and a stream for each; without them a fifth more small envelopes go out in a second of CPU.
 */
export class Exchanges {
  readonly #timeoutMs: number;
  readonly #maxAnswerBytes: number;
  /** In the order of their beginning, which is that of their time limits. */
  readonly #underWay = new Set<Exchange>();
  readonly #heard = new WeakSet<AbortSignal>();
  #timer: NodeJS.Timeout | undefined;

  /** Of an answer that is no success, the body is read up to `maxAnswerBytes`. */
  constructor(timeoutMs: number, maxAnswerBytes: number) {
    this.#timeoutMs = timeoutMs;
    this.#maxAnswerBytes = maxAnswerBytes;
  }

  /** Rejects when there is no whole answer: trouble on the way, no answer in time, or `abort`, with its reason. */
  post(dispatcher: Dispatcher, request: Post, abort: AbortSignal): Promise<Answer> {
    if (abort.aborted) return Promise.reject(stopping());
    this.#hear(abort);
    return new Promise<Answer>((resolve, reject) => {
      const untilMs = performance.now() + this.#timeoutMs;
      const exchange = new Exchange({ abort, untilMs, maxAnswerBytes: this.#maxAnswerBytes }, (result) => {
        this.#underWay.delete(exchange);
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
      this.#underWay.add(exchange);
      this.#watch(this.#timeoutMs);
      dispatcher.dispatch({ ...request, method: "POST" }, exchange);
    });
  }

  /** One timer for the oldest: most are answered long before. It need not keep the process: a request's socket does. */
  #watch(ms: number): void {
    if (this.#timer === undefined) this.#timer = setTimeout(this.#look, ms).unref();
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const exchange of this.#underWay) {
      const leftMs = exchange.untilMs - now;
      if (leftMs > 0) {
        this.#watch(Math.ceil(leftMs));
        return;
      }
      exchange.end(new Error(`no answer within ${formatDuration(this.#timeoutMs)}`));
    }
  };

  #hear(signal: AbortSignal): void {
    if (this.#heard.has(signal)) return;
    this.#heard.add(signal);
    const stop = (): void => {
      for (const exchange of this.#underWay) if (exchange.abort === signal) exchange.end(stopping());
    };
    signal.addEventListener("abort", stop, { once: true });
  }
}

function stopping(): Error {
  return new Error("the relay is stopping");
}

interface Terms {
  readonly abort: AbortSignal;
  /** On the monotonic clock. */
  readonly untilMs: number;
  readonly maxAnswerBytes: number;
}

/** One request, as the HTTP client tells of it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly abort: AbortSignal;
  readonly untilMs: number;
  readonly #maxAnswerBytes: number;
  readonly #done: (result: Answer | Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #ended: Error | undefined;
  #open = true;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #bytes = 0;
  readonly #chunks: Buffer[] = [];

  constructor({ abort, untilMs, maxAnswerBytes }: Terms, done: (result: Answer | Error) => void) {
    this.abort = abort;
    this.untilMs = untilMs;
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#done = done;
  }

  /** Gives it up, even before it has a connection. */
  end(why: Error): void {
    this.#ended = why;
    this.#fail(why);
    this.#controller?.abort(why);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended !== undefined) controller.abort(this.#ended);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // What comes before the answer (103) is none.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#status >= 300) this.#chunks.push(chunk);
    if (this.#bytes < this.#maxAnswerBytes) return;
    // The status has been said; the rest would cost more than a new connection.
    this.#settle(this.#answer());
    controller.abort(new Error("the answer is too long"));
  }

  onResponseEnd(): void {
    this.#settle(this.#answer());
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  /** Once the status has been said, trouble with the rest of the answer changes nothing. */
  #fail(error: Error): void {
    this.#settle(this.#status === 0 ? error : this.#answer());
  }

  #answer(): Answer {
    const chunks = this.#chunks;
    const body = chunks.length === 0 ? "" : Buffer.concat(chunks).toString("utf8", 0, this.#maxAnswerBytes);
    return { status: this.#status, headers: this.#headers, body };
  }

  #settle(result: Answer | Error): void {
    if (!this.#open) return;
    this.#open = false;
    this.#done(result);
  }
}
