import type { Agent, Dispatcher } from "undici";
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { answerText } from "../http-answer.ts";
import { LineReader } from "../line-reader.ts";
import { CredentialReader, type CredentialFiles } from "./credentials.ts";
import { textAt } from "./json.ts";

export interface ApiOptions {
  /** "https://10.96.0.1:443", without a path. */
  readonly server: string;
  readonly files: CredentialFiles;
  /** "crumbtrail", for the server's audit log. */
  readonly agent: string;
  readonly clock: Clock;
}

/** No answer, or none that is of use. */
export interface ApiTrouble {
  readonly kind: "trouble";
  /** 0: there was no answer, or it was cut short. */
  readonly status: number;
  readonly message: string;
  /** As long the server wants to be left alone. */
  readonly retryAfterMs: number;
}

export interface ApiObject {
  readonly kind: "object";
  readonly value: unknown;
}

export type Query = Readonly<Record<string, string>>;

const CONNECT_MS = 10_000;
const HEAD_MS = 15_000;
const BODY_MS = 30_000;
/** A page of a list: a node has at most some hundred pods, each some ten kilobytes. */
const MAX_BODY_BYTES = 64 << 20;
/** The API server stores no object above 1.5 MiB; JSON is longer than what it stores. */
const MAX_LINE_BYTES = 8 << 20;
const MAX_ERROR_BYTES = 16_384;
const MAX_RETRY_AFTER_S = 300;

/** A client of the Kubernetes API that reads: gets, lists and watches. Never rejects. */
export class ApiClient {
  readonly #options: ApiOptions;
  readonly #credentials: CredentialReader;
  #ca: string | undefined;
  #agent: Agent | undefined;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#credentials = new CredentialReader(options.files, options.clock);
  }

  /** An object, or a page of a list. */
  async get(path: string, query: Query, signal: AbortSignal): Promise<ApiObject | ApiTrouble> {
    const answer = await this.#ask({ path, query, signal, bodyMs: BODY_MS });
    if ("kind" in answer) return answer;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > MAX_BODY_BYTES) return trouble(0, `the answer is longer than ${MAX_BODY_BYTES} bytes`);
        chunks.push(chunk);
      }
      return { kind: "object", value: JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown };
    } catch (thrown) {
      return trouble(0, messageOf(thrown));
    }
  }

  /** Text, such as a log; what is longer is cut. */
  async text(path: string, query: Query, signal: AbortSignal, maxBytes: number): Promise<string | ApiTrouble> {
    const answer = await this.#ask({ path, query, signal, bodyMs: BODY_MS });
    return "kind" in answer ? answer : answerText(answer.body, maxBytes);
  }

  /**
   * Follows a watch and hands each event on; ends with the server, with trouble, or when the listener says "stop".
   * @param idleMs how long the server may say nothing
   */
  async watch(path: string, query: Query, idleMs: number, listener: WatchListener): Promise<"ended" | ApiTrouble> {
    const { signal } = listener;
    const answer = await this.#ask({ path, query: { ...query, watch: "1" }, signal, bodyMs: idleMs });
    if ("kind" in answer) return answer;
    let tooLong = false;
    const lines = new LineReader(MAX_LINE_BYTES, () => {
      tooLong = true;
    });
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        const frames = lines.push(chunk);
        if (tooLong) return trouble(0, `an event is longer than ${MAX_LINE_BYTES} bytes`);
        if (frames === undefined) continue;
        const { bytes, bounds } = frames;
        for (let i = 0; i < bounds.length; i += 2) {
          const event: unknown = JSON.parse(bytes.toString("utf8", bounds[i], bounds[i + 1]));
          if (listener.event(event) === "stop") return "ended";
        }
      }
      return "ended";
    } catch (thrown) {
      return trouble(0, messageOf(thrown));
    }
  }

  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await agent?.destroy();
  }

  async #ask(question: Question): Promise<Dispatcher.ResponseData | ApiTrouble> {
    const { path, query, signal, bodyMs } = question;
    const { token, ca } = await this.#credentials.current();
    const url = `${this.#options.server}${path}?${new URLSearchParams(query).toString()}`;
    const headers: Record<string, string> = { accept: "application/json", "user-agent": this.#options.agent };
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    try {
      const { request } = await import("undici");
      const dispatcher = await this.#dispatcher(ca);
      const answer = await request(url, { dispatcher, headers, signal, headersTimeout: HEAD_MS, bodyTimeout: bodyMs });
      return answer.statusCode === 200 ? answer : await this.#refusal(answer);
    } catch (thrown) {
      const first: unknown = thrown instanceof AggregateError && thrown.errors.length > 0 ? thrown.errors[0] : thrown;
      return trouble(0, messageOf(first));
    }
  }

  /** What an answer other than 200 says; its body is read, so that the connection can be used again. */
  async #refusal({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<ApiTrouble> {
    if (statusCode === 401) this.#credentials.refused();
    const text = await answerText(body, MAX_ERROR_BYTES);
    const seconds = Number(headers["retry-after"]);
    const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_S) * 1_000 : 0;
    return { ...trouble(statusCode, saidIn(text)), retryAfterMs };
  }

  async #dispatcher(ca: string | undefined): Promise<Agent> {
    if (this.#agent !== undefined && this.#ca === ca) return this.#agent;
    const { Agent: AgentOf } = await import("undici");
    // Its watch goes on until the server ends it.
    const old = this.#agent;
    void old?.close().catch(() => {});
    this.#ca = ca;
    this.#agent = new AgentOf({ connect: { timeout: CONNECT_MS, ...(ca === undefined ? {} : { ca }) } });
    return this.#agent;
  }
}

/** Where the events of a watch go. */
export interface WatchListener {
  /** One line of the watch, decoded; may be anything. */
  event(event: unknown): "stop" | undefined;
  readonly signal: AbortSignal;
}

interface Question {
  readonly path: string;
  readonly query: Query;
  readonly signal: AbortSignal;
  readonly bodyMs: number;
}

function trouble(status: number, message: string): ApiTrouble {
  return { kind: "trouble", status, message, retryAfterMs: 0 };
}

/** The API server answers with an object whose `message` is for people; whatever stands before it may say anything. */
function saidIn(text: string): string {
  try {
    const message = textAt(JSON.parse(text), "message");
    if (message !== "") return message.slice(0, 300);
  } catch {
    // What is no JSON is shown as it is.
  }
  return text.slice(0, 300).trim();
}
