import type { Provenance } from "../record/provenance.ts";
import { NO_MESSAGE, type HttpRequest, type LogRecord } from "../record/record.ts";
import { withoutColour } from "./ansi.ts";
import { Draft } from "./draft.ts";
import { hasMembers, memberOf, type Members } from "./field-values.ts";
import { fillRequest } from "./http.ts";
import { setPlace, versionOfImage } from "./kubernetes.ts";
import { isBlank, SLOT } from "./readers.ts";
import { fillError, fillMessage } from "./record-text.ts";
import type { Dialect } from "./spellings.ts";

/** One decoded log object: JSON values, plus what msgpack knows beyond them (`bigint`, `Uint8Array`, `Date`, `Map`). */
export type LogObject = Members;

/**
 * Fills a record from the members of one decoded log object, by the spellings of `spellings.ts`: the best spelling of
 * a role fills the record's property, everything else stays a field under its mended name, bounded. Pure; never throws,
 * whatever the members. `carried` is what the object's carrier says of it (a container runtime's time and stream): it counts
 * where the object itself says nothing.
 */
export function recordFromObject(
  object: LogObject,
  from: Provenance,
  dialect: Dialect,
  carried?: ReadonlyMap<string, string>,
): LogRecord {
  draft.begin(from, dialect);
  draft.takeAll(object);
  const line = lineOf(dialect);
  if (line !== undefined) draft.takeLine(line.object, memberOf(line.object, "short_message") === undefined ? "json" : "gelf");
  if (carried !== undefined) draft.takeMetadata(carried);
  if (from.metadata !== undefined) draft.takeMetadata(from.metadata);
  const { record } = draft;
  record.timeMs = draft.get(SLOT.time) ?? from.receivedMs;
  fillNames(record);
  fillError(record, draft);
  fillMessage(record, draft, line?.object ?? object, line?.text);
  fillLevel(record, dialect, line !== undefined);
  if (draft.hasRequest) fillRequest(record, draft);
  if (record.message === NO_MESSAGE && record.request?.url !== undefined) record.message = requestText(record.request);
  if (draft.hasContainer) fillPlace(record);
  record.transaction ??= actionOf(record.fields);
  record.host ??= from.peer === "" ? undefined : from.peer;
  if (from.place !== undefined) for (const [name, value] of from.place) setPlace(record, name, value);
  draft.budget.close(record.fields);
  return record;
}

/** A record of a raw line of text, with what its carrier and its batch say of it. */
export function recordFromLine(message: string, from: Provenance, carried?: ReadonlyMap<string, string>): LogRecord {
  draft.begin(from, "json");
  if (carried !== undefined) draft.takeMetadata(carried);
  if (from.metadata !== undefined) draft.takeMetadata(from.metadata);
  const { record } = draft;
  record.message = message;
  record.rawLine = true;
  record.timeMs = draft.get(SLOT.time) ?? from.receivedMs;
  fillNames(record);
  const level = draft.get(SLOT.level);
  if (level !== undefined) record.severity = level;
  record.severityStated = level !== undefined;
  if (draft.hasRequest) fillRequest(record, draft);
  if (draft.hasContainer) fillPlace(record);
  record.host ??= from.peer === "" ? undefined : from.peer;
  if (from.place !== undefined) for (const [name, value] of from.place) setPlace(record, name, value);
  draft.budget.close(record.fields);
  return record;
}

/** One draft for all records of this thread: decoding is synchronous and never nests. */
const draft = new Draft();

/** Longest text that is tried as JSON. */
const MAX_LINE_CHARS = 1 << 20;

/** A message that is itself a JSON object: what a program wrote before a collector wrapped it. */
interface Line {
  readonly object: Members;
  readonly text: string;
}

function lineOf(dialect: Dialect): Line | undefined {
  if (dialect === "grpc" || (dialect === "json" && draft.nameOf(SLOT.message) !== "log")) return undefined;
  if (dialect === "gelf" && !isDockers()) return undefined;
  const message = draft.get(SLOT.message);
  if (message === undefined || message.length > MAX_LINE_CHARS) return undefined;
  if (!message.startsWith("{") && !isBlank(message.charAt(0))) return undefined;
  const text = message.trim();
  if (!text.startsWith("{") || !text.endsWith("}") || text.length < 3) return undefined;
  try {
    const object: unknown = JSON.parse(text);
    return hasMembers(object) ? { object, text } : undefined;
  } catch {
    return undefined;
  }
}

/** Docker's gelf driver: one raw line of a container a message, never with a `full_message`. */
function isDockers(): boolean {
  return draft.hasContainer && draft.get(SLOT.containerId) !== undefined && draft.get(SLOT.fullMessage) === undefined;
}

function fillNames(record: LogRecord): void {
  record.logger = draft.get(SLOT.logger);
  record.service = draft.get(SLOT.service);
  record.host = draft.get(SLOT.host);
  record.environment = draft.get(SLOT.environment);
  record.release = draft.get(SLOT.release);
  record.dist = draft.get(SLOT.dist);
  record.transaction = draft.get(SLOT.transaction);
  const trace = draft.get(SLOT.traceId);
  record.traceId = trace?.traceId;
  record.spanId = draft.get(SLOT.spanId) ?? trace?.spanId;
  record.requestId = draft.get(SLOT.requestId);
  record.fingerprint = draft.get(SLOT.fingerprint);
}

/** An access log without a message says what was asked and how it went: `GET /cart 502`. */
export function requestText({ method, url, status }: HttpRequest): string {
  return [method, url, status].filter((part) => part !== undefined).join(" ");
}

/** A controller of Rails, Phoenix or Symfony and its action, as Sentry's SDKs call a transaction: `CartsController#show`. */
function actionOf(fields: LogRecord["fields"]): string | undefined {
  const payload = fields.get("payload");
  const controller = fields.get("controller") ?? memberOf(payload, "controller");
  if (typeof controller !== "string" || controller === "") return undefined;
  const action = fields.get("action") ?? memberOf(payload, "action");
  return typeof action === "string" && action !== "" ? `${controller}#${action}` : undefined;
}

function fillLevel(record: LogRecord, dialect: Dialect, isLine: boolean): void {
  const level = draft.get(SLOT.level);
  if (level !== undefined) record.severity = level;
  // Serilog's compact format leaves the level out where it is Information.
  record.severityStated = level !== undefined || draft.nameOf(SLOT.template) === "@mt" || draft.nameOf(SLOT.message) === "@m";
  if (isLine || !isRawLine(record, dialect)) return;
  record.rawLine = true;
  record.message = withoutColour(record.message);
  // Docker's driver knows only stdout from stderr: the line itself may say more.
  if (dialect === "gelf" && record.fields.has("image_id")) record.severityStated = false;
}

function isRawLine(record: LogRecord, dialect: Dialect): boolean {
  if (record.stackText !== undefined || record.errorType !== undefined) return false;
  if (dialect === "gelf") return isDockers();
  // Who names a level has looked into the line; journald names one for all that a service prints.
  if (draft.get(SLOT.level) !== undefined && draft.nameOf(SLOT.level) !== "PRIORITY") return false;
  const name = draft.nameOf(SLOT.message);
  if (name === "log") return dialect !== "grpc";
  if (dialect !== "forward" || (name !== "message" && name !== "MESSAGE")) return false;
  for (const field of record.fields.keys()) if (!CARRIER_FIELDS.has(field) && !field.startsWith("_")) return false;
  return true;
}

/** What collectors add to a line of text that they have not looked into. */
const CARRIER_FIELDS: ReadonlySet<string> = new Set(
  [
    "stream source logtag time kubernetes docker namespace namespace_name pod pod_name node node_name",
    "container_name container_id partial_message partial_id partial_ordinal partial_last",
    "tag file filename file_name filepath path offset log_file host program SYSLOG_IDENTIFIER PRIORITY",
  ].flatMap((names) => names.split(" ")),
);

function fillPlace(record: LogRecord): void {
  const node = draft.get(SLOT.node);
  setPlace(record, "namespace", draft.get(SLOT.namespace));
  setPlace(record, "pod", draft.get(SLOT.pod));
  setPlace(record, "container_name", draft.get(SLOT.containerName));
  setPlace(record, "container_id", draft.get(SLOT.containerId));
  setPlace(record, "node", node);
  record.host ??= node;
  const image = draft.get(SLOT.image);
  if (image !== undefined) record.release ??= versionOfImage(image);
}
