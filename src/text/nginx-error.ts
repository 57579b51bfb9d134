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
  /** Who logs in, in the mail module. */
  readonly login: string | undefined;
  /** What the stream module has moved: "from/to client:0/52, bytes from/to upstream:52/0". */
  readonly bytes: string | undefined;
}

/** nginx itself cuts at 2048 bytes; text of FastCGI servers may be joined to more. */
const MAX_ENTRY_CHARS = 65_536;
const ENTRY =
  /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[(emerg|alert|crit|error|warn|notice|info|debug)\] (\d+)#(\d+): (?:\*(\d+) )?/;
/** What nginx prints on standard error before it has a log. */
const STARTUP = /^nginx: \[(emerg|alert|crit|error|warn|notice|info|debug)\] /;
/** No prefix is longer. */
const MAX_PREFIX_CHARS = 128;
/** What the stream module adds behind everything. */
const STREAM_BYTES = /, bytes (from\/to client:\d+\/\d+, bytes from\/to upstream:\d+\/\d+)$/;
/** The longest of what that matches. */
const MAX_BYTES_CHARS = 160;
/** From right to left. */
const QUOTED = ["referrer", "host", "upstream", "login", "subrequest", "request"] as const;

type Quoted = Record<(typeof QUOTED)[number], string | undefined>;

/** Whether a text is an entry of an nginx error log. */
export function isNginxErrorLine(text: string): boolean {
  return nginxLevelOf(text) !== undefined;
}

/** The level of an entry; undefined when the text is none. */
export function nginxLevelOf(text: string): NginxLevel | undefined {
  const first = text.charCodeAt(0);
  const isDated = first >= 0x30 && first <= 0x39 && text.charCodeAt(4) === 0x2f;
  if (!isDated && first !== 0x6e) return undefined;
  const prefix = text.slice(0, MAX_PREFIX_CHARS);
  const level = isDated ? ENTRY.exec(prefix)?.[2] : STARTUP.exec(prefix)?.[1];
  return isLevel(level) ? level : undefined;
}

/** Whether an entry may go on in the next line of a file: it belongs to a request, whose client it does not name yet. */
export function isOpenEntry(text: string): boolean {
  const entry = ENTRY.exec(text.slice(0, MAX_PREFIX_CHARS));
  if (entry?.[5] === undefined || QUIET.has(entry[2] ?? "")) return false;
  // What nginx has cut goes on nowhere.
  return text.length < CUT_CHARS && !hasClient(text);
}

/** Whether a line of an entry holds the beginning of what nginx puts behind the message. */
export function hasClient(line: string): boolean {
  return line.includes(", client: ");
}

/** Entries of these levels may belong to a connection without saying whose. */
const QUIET: ReadonlySet<string> = new Set(["notice", "info", "debug"]);
const CUT_CHARS = 2_000;

/** Reads one entry; undefined when the text is none. */
export function parseNginxError(text: string): NginxError | undefined {
  const prefix = text.slice(0, MAX_PREFIX_CHARS);
  const entry = ENTRY.exec(prefix);
  const startup = entry === null ? STARTUP.exec(prefix) : null;
  const level = entry?.[2] ?? startup?.[1];
  if (!isLevel(level)) return undefined;
  const whole = text.slice((entry ?? startup)?.[0].length, MAX_ENTRY_CHARS).trimEnd();
  const bytes = STREAM_BYTES.exec(whole.slice(-MAX_BYTES_CHARS));
  const said = bytes === null ? whole : whole.slice(0, -bytes[0].length);
  return {
    time: entry?.[1],
    level,
    pid: numberOf(entry?.[3]),
    tid: numberOf(entry?.[4]),
    connection: numberOf(entry?.[5]),
    ...suffixOf(said),
    bytes: bytes?.[1],
  };
}

type Suffix = Pick<NginxError, "message" | "client" | "server" | keyof Quoted>;

/** Takes the suffix off, last value first. A value that was cut off at the end of the line goes with what follows it. */
function suffixOf(said: string): Suffix {
  const { values, end } = quotedOf(withoutCutLabel(said));
  const at = said.lastIndexOf(", client: ", end - 1);
  const start = at < 0 ? said.lastIndexOf(", udp client: ", end - 1) : at;
  if (start < 0) return { ...NONE, message: said, client: undefined, server: undefined };
  const address = said.slice(said.indexOf(": ", start) + 2, end);
  const server = address.indexOf(", server: ");
  // The mail module names its upstream without quotes, behind the server.
  const name = server < 0 ? undefined : /, upstream: ([^\s,"]+)$/.exec(address.slice(-300))?.[1];
  return {
    ...values,
    message: said.slice(0, start).replace(/, udp$/, ""),
    client: clean(server < 0 ? address : address.slice(0, server)),
    server: server < 0 ? undefined : clean(address.slice(server + ", server: ".length)),
    upstream: values.upstream ?? name,
  };
}

const NONE: Quoted = {
  referrer: undefined,
  host: undefined,
  upstream: undefined,
  login: undefined,
  subrequest: undefined,
  request: undefined,
};

/** The quoted values, and where the first of them begins. */
function quotedOf(given: string): { readonly values: Quoted; readonly end: number } {
  const values = { ...NONE };
  // Behind a login the mail module writes its upstream without quotes.
  const bare = /, upstream: [^\s,"]+$/.exec(given.slice(-300));
  let end =
    bare !== null && given.charAt(given.length - bare[0].length - 1) === '"' ? given.length - bare[0].length : given.length;
  if (end < given.length) values.upstream = given.slice(end + ", upstream: ".length);
  const last = end;
  for (const name of QUOTED) {
    const label = `, ${name}: "`;
    const at = given.lastIndexOf(label, end - label.length);
    if (at < 0) continue;
    const from = at + label.length;
    const closed = given.charAt(end - 1) === '"' && end - 1 >= from;
    // Only the last value may be cut; before another one a missing quote means that this label is part of a value.
    if (!closed && end < last) continue;
    const value = given.slice(from, closed ? end - 1 : end);
    if (!isValue(name, value, closed)) continue;
    values[name] = value;
    end = at;
  }
  return { values, end };
}

/** Where an entry was cut within a label, it ends with the value before. */
function withoutCutLabel(said: string): string {
  const cut = /", ?(?:[a-z]{1,10}:? ?)?$/.exec(said.slice(-16));
  return cut === null ? said : said.slice(0, said.length - cut[0].length + 1);
}

/** Whether a label stands in the suffix, and not in the message or in another value: no value holds a quote but these two. */
function isValue(name: keyof Quoted, value: string, closed: boolean): boolean {
  if (name !== "request" && name !== "referrer") return !value.includes('"');
  return closed || !value.includes(", client: ");
}

/** An address or a name, without what stream and mail modules add, or what is left of the next label. */
function clean(value: string): string | undefined {
  return /^[^,\s]+/.exec(value.trimStart())?.[0];
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function isLevel(level: string | undefined): level is NginxLevel {
  return level !== undefined;
}
