// What Relay would remove, empty or refuse in an event payload and in a log, written down independently of the code
// that makes them.

type Json = Readonly<Record<string, unknown>>;

const LEVELS = new Set(["fatal", "error", "warning", "info", "debug"]);
const LOG_LEVELS = new Set(["fatal", "error", "warn", "info", "debug", "trace"]);
const RESERVED_TAGS = new Set(["release", "dist", "user", "filename", "function"]);

/** Everything that is wrong with an event; empty when Relay takes it as it is. */
export function eventProblems(event: unknown): string[] {
  const problems: string[] = [];
  const check = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const { event_id, timestamp, level, logger, logentry, transaction, server_name, fingerprint } = object(event);
  check(Buffer.byteLength(JSON.stringify(event)) <= 1 << 20, "larger than 1 MiB");
  check(isId(event_id, 32), "event_id");
  check(typeof timestamp === "number" && timestamp > 0 && timestamp < 253_402_300_800, "timestamp");
  check(LEVELS.has(String(level)), `level ${String(level)}`);
  check(fits(logger, 64, true), "logger");
  check(fits(transaction, 200, true), "transaction");
  check(fits(server_name, 256, true), "server_name");
  const { message, formatted, params } = object(logentry);
  check(fits(message, 8_192) && fits(formatted, 8_192) && typeof formatted === "string", "logentry");
  check(params === undefined || (Array.isArray(params) && params.every((param) => typeof param === "string")), "logentry.params");
  check(Array.isArray(fingerprint) && fingerprint.length <= 10 && fingerprint.every((part) => fits(part, 200)), "fingerprint");
  return [
    ...problems,
    ...versionProblems(object(event)),
    ...tagProblems(object(object(event)["tags"])),
    ...partProblems(object(event)),
  ];
}

/** Everything that is wrong with one entry of a log container. */
export function logProblems(log: unknown): string[] {
  const problems: string[] = [];
  const { timestamp, trace_id, span_id, level, body, severity_number, attributes } = object(log);
  if (typeof timestamp !== "number") problems.push("timestamp");
  if (!isId(trace_id, 32)) problems.push("trace_id");
  if (span_id !== undefined && !isId(span_id, 16)) problems.push("span_id");
  if (!LOG_LEVELS.has(String(level))) problems.push(`level ${String(level)}`);
  if (typeof body !== "string" || body === "") problems.push("body");
  if (!Number.isInteger(severity_number)) problems.push("severity_number");
  if (Buffer.byteLength(JSON.stringify(log)) > 65_536) problems.push("larger than 64 KiB");
  for (const [name, attribute] of Object.entries(object(attributes))) {
    const { value, type } = object(attribute);
    const agrees =
      (type === "string" && typeof value === "string") ||
      (type === "boolean" && typeof value === "boolean") ||
      (type === "integer" && Number.isSafeInteger(value)) ||
      (type === "double" && typeof value === "number");
    if (!agrees) problems.push(`attribute ${name}`);
  }
  return problems;
}

function versionProblems({ release, environment, dist }: Json): string[] {
  const problems: string[] = [];
  const valid = (value: unknown, maxBytes: number, refused: readonly string[]): boolean =>
    value === undefined ||
    (typeof value === "string" &&
      Buffer.byteLength(value) <= maxBytes &&
      value.trim() === value &&
      ![...refused, "", ".", ".."].includes(value.toLowerCase()) &&
      !/[/\n\r\t\f]/.test(value));
  if (!valid(release, 200, ["latest"])) problems.push("release");
  if (!valid(environment, 64, ["none"])) problems.push("environment");
  if (dist !== undefined && !(typeof dist === "string" && /^[A-Za-z0-9_.-]{1,64}$/.test(dist))) problems.push("dist");
  return problems;
}

function tagProblems(tags: Json): string[] {
  const entries = Object.entries(tags);
  const wrong = entries.filter(
    ([key, value]) =>
      !/^[A-Za-z0-9_.:-]{1,32}$/.test(key) ||
      RESERVED_TAGS.has(key) ||
      value === "" ||
      typeof value !== "string" ||
      !fits(value, 200, true),
  );
  return [...(entries.length > 100 ? ["more than 100 tags"] : []), ...wrong.map(([key]) => `tag ${key}`)];
}

function partProblems(event: Json): string[] {
  const problems: string[] = [];
  const { trace } = object(event["contexts"]);
  if (trace !== undefined) {
    const { trace_id, span_id } = object(trace);
    if (!isId(trace_id, 32) || !isId(span_id, 16)) problems.push("trace");
  }
  for (const value of values(event["exception"])) {
    const { type, value: text, stacktrace } = object(value);
    if (type === undefined && text === undefined) problems.push("exception without type and value");
    if (!fits(type, 256) || !fits(text, 8_192)) problems.push("exception too long");
    const frames = object(stacktrace)["frames"];
    if (stacktrace !== undefined && (!Array.isArray(frames) || frames.length === 0 || frames.length > 250))
      problems.push("frames");
  }
  for (const crumb of values(event["breadcrumbs"])) {
    const { timestamp, level, category, message, data } = object(crumb);
    if (typeof timestamp !== "number" || !LEVELS.has(String(level))) problems.push("breadcrumb time or level");
    if (!fits(category, 128) || !fits(message, 8_192)) problems.push("breadcrumb too long");
    if (data !== undefined && Buffer.byteLength(JSON.stringify(data)) > 2_048) problems.push("breadcrumb data too big");
  }
  if (Buffer.byteLength(JSON.stringify(event["extra"])) > 262_144) problems.push("extra too big");
  if (Object.keys(event).at(-1) !== "extra") problems.push("extra is not last");
  return problems;
}

function values(list: unknown): readonly unknown[] {
  const inner = object(list)["values"];
  return Array.isArray(inner) ? inner : [];
}

/** True for an absent text, and for one of at most so many characters (in one line, where asked). */
function fits(text: unknown, maxChars: number, oneLine = false): boolean {
  // Relay counts characters, not UTF-16 units.
  return (
    text === undefined || (typeof text === "string" && Array.from(text).length <= maxChars && !(oneLine && /[\n\r]/.test(text)))
  );
}

/** So many lower-case hex digits, not all zero. */
function isId(id: unknown, digits: number): boolean {
  return typeof id === "string" && id.length === digits && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
