// A tracker in miniature, on real sockets: as strict as Relay about what it takes, and as awkward as told.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gunzipSync, inflateSync } from "node:zlib";
import { parseEnvelopeStrictly, type EnvelopeItem, type ParsedEnvelope } from "./envelope-parser.ts";
import { eventProblems, logProblems } from "./event-rules.ts";
import { authOf, type Auth } from "./sentry-auth.ts";

/** What to do with one request. The default is to answer 200 and keep the envelope. */
export interface Behaviour {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Of the answer. Default: what Relay says. */
  readonly body?: string;
  readonly delayMs?: number;
  /**
   * `hang`: never answers. `reset`: resets the connection before the body is read. `reset_midway`: when half of it has
   * come. `reset_after`: takes the envelope, then resets instead of answering. `cut_answer`: sends the status and half
   * a body. `stall_answer`: sends the status, and never ends the body. `close`: answers and closes the connection.
   */
  readonly fault?: "hang" | "reset" | "reset_midway" | "reset_after" | "cut_answer" | "stall_answer" | "close";
}

/** One request, as it arrived. */
export interface Received {
  readonly receivedAt: number;
  readonly project: string;
  /** What stood before `/api`. */
  readonly pathPrefix: string;
  readonly auth: Auth | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Unzipped. */
  readonly raw: Buffer;
  /** Undefined when the bytes are no envelope, or were never read. */
  readonly envelope: ParsedEnvelope | undefined;
  /** What was answered; 0: nothing. */
  readonly status: number;
  /** True when the project has it now. */
  readonly stored: boolean;
}

export interface Stats {
  readonly requests: number;
  readonly connections: number;
  readonly events: number;
  readonly uniqueEvents: number;
  readonly logs: number;
  readonly clientReports: number;
  readonly bytes: number;
  readonly problems: number;
}

export interface MiniSentryOptions {
  readonly port?: number;
  /** False: takes framing apart and counts, but neither reads nor keeps payloads; for long runs and benchmarks. */
  readonly keep?: boolean;
  /** Called for each item that was taken, in order. */
  readonly taken?: (item: EnvelopeItem, envelope: ParsedEnvelope) => void;
}

type Json = Readonly<Record<string, unknown>>;
type Judged = Received & { readonly refusal: string };

const MAX_BODY_BYTES = 20 << 20;
const MAX_EVENT_BYTES = 1 << 20;

export class MiniSentry {
  readonly requests: Received[] = [];
  /** What Relay would have removed or refused in payloads that were taken. */
  readonly problems: string[] = [];
  /** The answer to what is not scripted, or what thinks of one for each request. */
  always: Behaviour | (() => Behaviour) = {};
  /** Looks into an envelope that is otherwise fine; undefined: it is answered as `script` and `always` say. */
  judge: ((envelope: ParsedEnvelope) => Behaviour | undefined) | undefined;
  readonly #script: Behaviour[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<() => void>();
  readonly #eventIds = new Set<string>();
  readonly #keep: boolean;
  readonly #taken: MiniSentryOptions["taken"];
  readonly #counts = { requests: 0, connections: 0, events: 0, logs: 0, clientReports: 0, bytes: 0 };

  private constructor(options: MiniSentryOptions) {
    this.#keep = options.keep ?? true;
    this.#taken = options.taken;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on("connection", (socket) => {
      this.#counts.connections += 1;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    });
  }

  static async start(options: MiniSentryOptions = {}): Promise<MiniSentry> {
    const mini = new MiniSentry(options);
    await new Promise<void>((resolve, reject) => {
      mini.#server.once("error", reject);
      mini.#server.listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    return mini;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  dsn(project = "42", pathPrefix = ""): string {
    return `http://0123456789abcdef0123456789abcdef@127.0.0.1:${this.port}${pathPrefix}/${project}`;
  }

  /** What to do with the next requests, one each. */
  script(...behaviours: readonly Behaviour[]): void {
    this.#script.push(...behaviours);
  }

  /** Payloads of all events taken, in order of arrival. */
  events(project?: string): readonly Json[] {
    return this.#payloads("event", project);
  }

  /** As a tracker shows them: the first of those with the same event_id. */
  uniqueEvents(project?: string): readonly Json[] {
    return [
      ...new Map(
        this.events(project)
          .toReversed()
          .map((event) => [event["event_id"], event]),
      ).values(),
    ].toReversed();
  }

  /** Single entries of all log containers taken. */
  logs(project?: string): readonly Json[] {
    return this.#payloads("log", project).flatMap((container) => container["items"] as readonly Json[]);
  }

  clientReports(project?: string): readonly Json[] {
    return this.#payloads("client_report", project);
  }

  stats(): Stats {
    return { ...this.#counts, uniqueEvents: this.#eventIds.size, problems: this.problems.length };
  }

  /** The events, once there are at least `count`; rejects with what there is when they do not come in time. */
  async waitForEvents(count: number, timeoutMs = 10_000): Promise<readonly Json[]> {
    await this.waitFor(`${count} events`, (mini) => mini.stats().events >= count, timeoutMs);
    return this.events();
  }

  /** Resolves once a condition holds; looked at after each request. */
  waitFor(what: string, holds: (mini: MiniSentry) => boolean, timeoutMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        if (!holds(this)) return false;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
        return true;
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`waited ${timeoutMs} ms for ${what}; there is ${JSON.stringify(this.stats())}`));
      }, timeoutMs);
      if (!look()) this.#waiting.add(look);
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #payloads(type: string, project: string | undefined): readonly Json[] {
    return this.requests
      .filter((received) => received.stored && (project === undefined || received.project === project))
      .flatMap(({ envelope }) => envelope?.items.filter(({ header }) => header["type"] === type) ?? [])
      .map(({ payload }) => payload as Json);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith("/__mini/") === true) {
      await this.#control(request, response);
      return;
    }
    const { always } = this;
    const told = this.#script.shift() ?? (typeof always === "function" ? always() : always);
    const { fault } = told;
    if (fault === "reset") {
      request.socket.resetAndDestroy();
      this.#keepIt(unanswered(request, Buffer.alloc(0)));
      return;
    }
    const body = await readBody(request, fault === "reset_midway" ? Number(request.headers["content-length"]) / 2 : Infinity);
    if (body === undefined) return;
    if (fault === "hang" || fault === "reset_midway") {
      if (fault === "reset_midway") request.socket.resetAndDestroy();
      this.#keepIt(unanswered(request, body));
      return;
    }
    if (told.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, told.delayMs));
    const { received, behaviour } = this.#decide(this.#judge(request, body, told.status ?? 200), told);
    this.#keepIt(received);
    if (fault === "reset_after") request.socket.resetAndDestroy();
    else answer(response, received, behaviour);
  }

  #decide(received: Judged, told: Behaviour): { readonly received: Judged; readonly behaviour: Behaviour } {
    const behaviour = received.stored && received.envelope !== undefined ? this.judge?.(received.envelope) : undefined;
    if (behaviour === undefined) return { received, behaviour: told };
    const status = behaviour.status ?? 200;
    return { received: { ...received, status, stored: status >= 200 && status < 300 }, behaviour };
  }

  /** Decides as Relay does: address, auth, size, framing; then what the script says. */
  #judge(request: IncomingMessage, body: Buffer, scripted: number): Judged {
    const { path, ...rest } = placeOf(request);
    const refused = (status: number, refusal: string, raw = body) =>
      ({ ...rest, raw, envelope: undefined, status, stored: false, refusal }) as const;
    if (path === undefined || request.method !== "POST") return refused(404, "no such endpoint");
    if (rest.auth === undefined) return refused(401, "missing or multiple authorization payloads");
    if (body.length > MAX_BODY_BYTES) return refused(413, "request too large");
    if (Number(request.headers["content-length"]) !== body.length) return refused(400, "content-length is missing or wrong");
    try {
      const raw = unzipped(body, request.headers["content-encoding"]);
      const envelope = parseEnvelopeStrictly(raw, this.#keep);
      if (envelope.items.some(({ header, bytes }) => header["type"] === "event" && bytes.length > MAX_EVENT_BYTES)) {
        return refused(413, "event too large", raw);
      }
      const isOurs = String(request.headers["user-agent"]).startsWith("crumbtrail/");
      if (isOurs && envelope.items.some(({ header }) => header["length"] === undefined)) {
        return refused(400, "an item of the relay's has no length", raw);
      }
      return { ...rest, raw, envelope, status: scripted, stored: scripted >= 200 && scripted < 300, refusal: "" };
    } catch (thrown) {
      return refused(400, `invalid envelope: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }

  #keepIt(received: Received): void {
    this.#counts.requests += 1;
    this.#counts.bytes += received.raw.length;
    if (this.#keep) this.requests.push(received);
    if (received.stored && received.envelope !== undefined) this.#count(received.envelope);
    for (const look of this.#waiting) look();
  }

  #count(envelope: ParsedEnvelope): void {
    for (const item of envelope.items) {
      const { header, payload } = item;
      this.#taken?.(item, envelope);
      if (header["type"] === "event") {
        this.#counts.events += 1;
        this.#eventIds.add(String(envelope.headers["event_id"]));
        if (this.#keep) this.problems.push(...eventProblems(payload));
      } else if (header["type"] === "log") {
        this.#counts.logs += Number(header["item_count"]);
        if (this.#keep) this.problems.push(...(payload as { readonly items: readonly unknown[] }).items.flatMap(logProblems));
      } else if (header["type"] === "client_report") this.#counts.clientReports += 1;
    }
  }

  /** For a test in another process: `GET stats|events|logs|reports|problems`, `POST script|always` with JSON. */
  async #control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, Infinity);
    const verb = request.url?.slice("/__mini/".length) ?? "";
    if (request.method === "POST" && body !== undefined) {
      const told: unknown = JSON.parse(body.toString());
      if (verb === "script") this.#script.push(...(told as Behaviour[]));
      else this.always = told as Behaviour;
    }
    const said: Record<string, () => unknown> = {
      stats: () => this.stats(),
      events: () => this.events(),
      logs: () => this.logs(),
      reports: () => this.clientReports(),
      problems: () => this.problems,
    };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(said[verb]?.() ?? {}));
  }
}

/** The first `atMost` bytes of a body, or all; undefined when the sender went away. */
function readBody(request: IncomingMessage, atMost: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= atMost) resolve(Buffer.concat(chunks));
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

function unanswered(request: IncomingMessage, raw: Buffer): Received {
  const { path: _path, ...rest } = placeOf(request);
  return { ...rest, raw, envelope: undefined, status: 0, stored: false };
}

function placeOf(request: IncomingMessage) {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://mini.invalid");
  const match = /^(.*)\/api\/([^/]+)\/envelope\/$/.exec(pathname);
  return {
    path: match?.[0],
    receivedAt: Date.now(),
    pathPrefix: match?.[1] ?? "",
    project: match?.[2] ?? "",
    auth: authOf(request.headers, searchParams),
    headers: request.headers,
  };
}

function unzipped(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === "gzip") return gunzipSync(body, { maxOutputLength: 200 << 20 });
  return encoding === "deflate" ? inflateSync(body, { maxOutputLength: 200 << 20 }) : body;
}

function answer(response: ServerResponse, received: Judged, behaviour: Behaviour): void {
  const { status, refusal, envelope } = received;
  const eventId = envelope?.headers["event_id"];
  const said =
    status < 300
      ? JSON.stringify(eventId === undefined ? {} : { id: eventId })
      : JSON.stringify({ detail: refusal || "scripted" });
  const body = behaviour.body ?? said;
  const headers: Record<string, string | string[]> = { "content-type": "application/json" };
  for (const [name, value] of Object.entries(behaviour.headers ?? {}))
    headers[name] = typeof value === "string" ? value : [...value];
  if (behaviour.fault === "close") headers["connection"] = "close";
  if (behaviour.fault !== "cut_answer" && behaviour.fault !== "stall_answer") {
    response.writeHead(status, headers).end(body);
    return;
  }
  response.writeHead(status, { ...headers, "content-length": String(2 * body.length + 2) });
  response.write(body, () => {
    if (behaviour.fault === "cut_answer") response.socket?.resetAndDestroy();
  });
}
