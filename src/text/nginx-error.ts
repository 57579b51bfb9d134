// One entry of nginx's error_log, as nginx/src/core/ngx_log.c and the modules that add to it write it:
//
//     2026/08/21 17:00:43 [error] 31#31: *7 MESSAGE, client: 10.0.0.9, server: shop.example, request: "GET /a HTTP/1.1",
//     upstream: "http://10.0.0.2:8080/a", host: "shop.example", referrer: "https://x.example/"
//
// Nothing in the quoted values is escaped: a request line may hold a quote, a newline, `, host: "`. So the end is read
// first, from the right; host and referrer are the client's word.

/** Levels of error_log, the worst first. */
export type NginxLevel = "emerg" | "alert" | "crit" | "error" | "warn" | "notice" | "info" | "debug";

/** What one entry says; what it does not say is undefined. */
export interface NginxError {
  /** `2026/08/21 17:00:43`, local time of the server; undefined at startup and on standard error. */
  readonly time: string | undefined;
  readonly level: NginxLevel;
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  /** Serial number of the connection, unique together with the pid. */
  readonly connection: number | undefined;
  /** Without prefix and suffix: "connect() failed (111: Connection refused) while connecting to upstream". */
  readonly message: string;
  readonly client: string | undefined;
  /** The name of the server block, or what it listens on. */
  readonly server: string | undefined;
  readonly request: string | undefined;
  readonly subrequest: string | undefined;
  readonly upstream: string | undefined;
  readonly host: string | undefined;
  readonly referrer: string | undefined;
}

/** nginx itself cuts at 2048 bytes; text of FastCGI servers may be joined to more. */
const MAX_ENTRY_CHARS = 65_536;
const ENTRY =
  /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[(emerg|alert|crit|error|warn|notice|info|debug)\] (\d+)#(\d+): (?:\*(\d+) )?/;
/** What nginx prints on standard error before it has a log. */
const STARTUP = /^nginx: \[(emerg|alert|crit|error|warn|notice|info|debug)\] /;
/** What the stream module adds behind everything. */
const STREAM_BYTES = /, bytes from\/to client:\d+\/\d+, bytes from\/to upstream:\d+\/\d+$/;
/** From right to left. */
const QUOTED = ["referrer", "host", "upstream", "subrequest", "request"] as const;

/** Whether a text is an entry of an nginx error log. */
export function isNginxErrorLine(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first === 0x6e) return STARTUP.test(text);
  return first >= 0x30 && first <= 0x39 && text.charCodeAt(4) === 0x2f && ENTRY.test(text);
}

/** Reads one entry; undefined when the text is none. */
export function parseNginxError(text: string): NginxError | undefined {
  const entry = ENTRY.exec(text);
  const startup = entry === null ? STARTUP.exec(text) : null;
  const level = entry?.[2] ?? startup?.[1];
  if (!isLevel(level)) return undefined;
  const said = text
    .slice((entry ?? startup)?.[0].length, MAX_ENTRY_CHARS)
    .trimEnd()
    .replace(STREAM_BYTES, "");
  return {
    time: entry?.[1],
    level,
    pid: numberOf(entry?.[3]),
    tid: numberOf(entry?.[4]),
    connection: numberOf(entry?.[5]),
    ...suffixOf(said),
  };
}

type Suffix = Pick<NginxError, "message" | "client" | "server" | (typeof QUOTED)[number]>;

/** Takes the suffix off, last value first. A value that was cut off at the end of the line goes with what follows it. */
function suffixOf(said: string): Suffix {
  const client = clientAt(said);
  const values: Partial<Record<(typeof QUOTED)[number], string>> = {};
  let end = said.length;
  for (const name of client < 0 ? [] : QUOTED) {
    const label = `, ${name}: "`;
    const at = said.lastIndexOf(label, end - label.length);
    if (at < client) continue;
    const closed = said.charAt(end - 1) === '"' && end - 1 >= at + label.length;
    // Only the last value may be cut; before another one a missing quote means that this label is part of a value.
    if (!closed && end < said.length) continue;
    values[name] = said.slice(at + label.length, closed ? end - 1 : end);
    end = at;
  }
  const { request, subrequest, upstream, host, referrer } = values;
  const rest = { request, subrequest, upstream, host, referrer };
  if (client < 0) return { message: said, client: undefined, server: undefined, ...rest };
  const address = said.slice(said.indexOf(": ", client) + 2, end);
  const server = address.indexOf(", server: ");
  return {
    message: said.slice(0, client),
    client: clean(server < 0 ? address : address.slice(0, server)),
    server: server < 0 ? undefined : clean(address.slice(server + ", server: ".length)),
    ...rest,
  };
}

/** Where ", client: " begins that the suffix starts with; -1 when there is none. The message may hold one too: the last before the first request counts. */
function clientAt(said: string): number {
  const request = said.indexOf(', request: "');
  const at = said.lastIndexOf(", client: ", request < 0 ? said.length : request);
  return at >= 0 ? at : said.lastIndexOf(", udp client: ");
}

/** Up to what stream and mail modules add: ", bytes from/to client:1/2", ", login: ...". */
function clean(value: string): string | undefined {
  const text = value
    .replace(/(?:, (?:upstream|login|bytes|using )| using starttls).*$/s, "")
    .replace(/,$/, "")
    .trim();
  return text === "" ? undefined : text;
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function isLevel(level: string | undefined): level is NginxLevel {
  return level !== undefined;
}
