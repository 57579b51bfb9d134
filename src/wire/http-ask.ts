import type { Dispatcher } from "undici";
import type { Clock } from "../base/clock.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import { formatDuration } from "../base/units.ts";
import { answerText } from "./http-answer.ts";

/** One request. Redirects are not followed. */
export interface Question {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** From looking the name up to the end of the answer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** What to ask through; undefined: a connection of its own, which trusts whom Node trusts. */
  readonly dispatcher?: Dispatcher | undefined;
  /** True: on a connection of its own, whoever answers is believed. */
  readonly anyCertificate?: boolean;
}

export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As far as it was read, 64 KiB at most; may be anything. */
  readonly body: string;
  /** Wall clock when the question left and when the head of the answer was there, in Unix milliseconds. */
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** No answer came. `code` is Node's or OpenSSL's name for why: "ECONNREFUSED", "CERT_HAS_EXPIRED"; "" when there is none. */
export interface Silence {
  readonly kind: "silence";
  readonly code: string;
  readonly message: string;
}

const MAX_BODY_BYTES = 65_536;

/** Asks once. Never rejects. */
export async function ask(question: Question): Promise<Answer | Silence> {
  const { method, url, headers, body, timeoutMs, clock } = question;
  const { Agent, request } = await import("undici");
  const connect = { timeout: timeoutMs, rejectUnauthorized: question.anyCertificate !== true };
  const own = question.dispatcher === undefined ? new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 }) : undefined;
  const dispatcher = question.dispatcher ?? own;
  const attempt = new AbortController();
  const timer = setTimeout(() => attempt.abort(new NoAnswer(timeoutMs)), timeoutMs);
  try {
    const askedMs = clock.nowMs();
    const response = await request(url, {
      ...(dispatcher && { dispatcher }),
      method,
      headers,
      body: body ?? null,
      signal: attempt.signal,
    });
    const answeredMs = clock.nowMs();
    const text = await answerText(response.body, MAX_BODY_BYTES);
    return { kind: "answer", status: response.statusCode, headers: response.headers, body: text, askedMs, answeredMs };
  } catch (thrown) {
    return silenceOf(thrown);
  } finally {
    clearTimeout(timer);
    await own?.destroy();
  }
}

class NoAnswer extends Error {
  readonly code = "NO_ANSWER";

  constructor(timeoutMs: number) {
    super(`no answer within ${formatDuration(timeoutMs)}`);
  }
}

/** A failed connection to several addresses has no message of its own; the first of them stands for all. */
function silenceOf(thrown: unknown): Silence {
  const first: unknown = thrown instanceof AggregateError && thrown.errors.length > 0 ? thrown.errors[0] : thrown;
  const code = codeOf(first);
  return { kind: "silence", code, message: messageOf(first) };
}
