import type { ParsedTrace } from "../record/exception.ts";
import { fieldText } from "../record/field.ts";
import type { LogRecord } from "../record/record.ts";
import { clip, clipLong, fitsBytes, oneLine } from "./bounds.ts";
import { contextsOf, type Contexts } from "./contexts.ts";
import { composed } from "./event-size.ts";
import { exceptionJson } from "./exception.ts";
import { Extra } from "./extra.ts";
import { joined, jsonText } from "./json-text.ts";
import { eventLevel, unixSeconds } from "./level.ts";
import { firstValid, validDist, validEnvironment, validRelease } from "./release.ts";
import { requestOf } from "./request.ts";
import { tagsOf, type Tags } from "./tags.ts";
import { isAddress, userOf } from "./user.ts";

/** What an event is made of, beside the policy. */
export interface EventParts {
  readonly record: LogRecord;
  /** 32 lower-case hex digits. */
  readonly eventId: string;
  readonly template: string;
  readonly params: readonly string[];
  readonly trace: ParsedTrace | undefined;
  /** The message as logged. */
  readonly message: string;
  readonly fingerprint: readonly string[];
  /** JSON texts, oldest first; see `breadcrumbJson`. */
  readonly breadcrumbs: readonly string[];
}

/** What the policy says for all events. */
export interface EventDefaults {
  /** Names of fields that become tags. */
  readonly tags: readonly string[];
  readonly environment?: string;
  readonly release?: string;
  readonly serverName?: string;
  /** Of the relay, for `sdk`. */
  readonly version: string;
}

const MAX_MESSAGE_CHARS = 8_192;
const MAX_PARAMS = 32;

export interface MadeEvent {
  /**
   * The payload of an event item: at most a megabyte of JSON that Relay takes as it is. The last member is always
   * `extra`, so that the text ends in "}}" and `withStormReport` can add to it.
   */
  readonly json: string;
  readonly serverName: string | undefined;
}

/** The JSON alone of {@link eventOf}. */
export function eventJson(parts: EventParts, defaults: EventDefaults): string {
  return eventOf(parts, defaults).json;
}

export function eventOf(parts: EventParts, defaults: EventDefaults): MadeEvent {
  const taken = new Set<string>();
  const contexts = contextsOf(parts.record, parts.eventId, taken);
  const tags = tagsOf(parts.record, defaults.tags, taken);
  const server = serverName(parts.record, defaults, contexts);
  const json = composed({
    head(detail, bigContexts) {
      const attributes = {
        ...attributesOf(parts, defaults, server),
        tags,
        contexts: bigContexts ? contexts : smallOf(contexts),
      };
      const exception = exceptionJson(parts.record, parts.trace, detail);
      return joined(jsonText(attributes).slice(1, -1), exception === undefined ? "" : `"exception":${exception}`);
    },
    breadcrumbs: parts.breadcrumbs,
    extra: extraOf(parts, tags, taken),
  });
  return { json, serverName: server };
}

function attributesOf(parts: EventParts, defaults: EventDefaults, server: string | undefined) {
  const { record, params } = parts;
  return {
    event_id: parts.eventId,
    timestamp: unixSeconds(record.timeMs),
    platform: parts.trace?.platform ?? "other",
    level: eventLevel(record.severity),
    logger: record.logger === undefined ? undefined : loggerName(record.logger),
    logentry: {
      formatted: clipLong(parts.message, MAX_MESSAGE_CHARS),
      message: clipLong(parts.template, MAX_MESSAGE_CHARS),
      params: params.length === 0 ? undefined : params.slice(0, MAX_PARAMS).map((param) => clip(param, 256)),
    },
    transaction: record.transaction ? clip(oneLine(record.transaction), 200) : undefined,
    server_name: server,
    release: firstValid(validRelease, record.release, record.from.labels?.get("release"), defaults.release),
    dist: firstValid(validDist, record.dist, record.from.labels?.get("dist")),
    environment: firstValid(validEnvironment, record.environment, record.from.labels?.get("environment"), defaults.environment),
    fingerprint: parts.fingerprint.slice(0, 10).map((part) => clip(part, 200)),
    user: userOf(record),
    request: requestOf(record),
    sdk: { name: "crumbtrail", version: defaults.version },
  };
}

/** At most 64 characters in one line; packages of a longer dotted name shrink to their initials. */
function loggerName(logger: string): string | undefined {
  const name = oneLine(logger).trim();
  if (name.length <= 64) return name === "" ? undefined : name;
  const parts = name.slice(0, 512).split(".");
  let length = name.length;
  for (let index = 0; index < parts.length - 1 && length > 64; index += 1) {
    const part = parts[index] ?? "";
    parts[index] = part.slice(0, 1);
    length -= part.length - 1;
  }
  return clip(parts.join("."), 64);
}

function serverName(record: LogRecord, defaults: EventDefaults, contexts: Contexts): string | undefined {
  const node = contexts["kubernetes"]?.["node"] ?? fieldText(record, "k8s.node.name");
  const name = record.host || (typeof node === "string" && node) || defaults.serverName || record.from.peer;
  return name === "" ? undefined : clip(oneLine(name), 256);
}

function smallOf(contexts: Contexts): Contexts {
  return Object.fromEntries(Object.entries(contexts).filter(([, context]) => fitsBytes(jsonText(context), 1_024)));
}

/** Every field that stands nowhere else in the event, then what the event could not hold in its own place. */
function extraOf(parts: EventParts, tags: Tags, taken: ReadonlySet<string>): string {
  const { record } = parts;
  const extra = new Extra();
  for (const [name, value] of record.fields) {
    if (!taken.has(name)) extra.add(name, value);
  }
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "" && !record.fields.has(name) && !taken.has(name)) extra.add(name, value);
  };
  if (tags["service"] === undefined) add("service", record.service);
  if (tags["request_id"] === undefined) add("request_id", record.requestId);
  if (tags["tag"] === undefined) add("tag", record.from.tag);
  if (parts.message.length > MAX_MESSAGE_CHARS) add("message", parts.message);
  if (record.logger !== undefined && record.logger.length > 64) add("logger", record.logger);
  if (parts.trace === undefined) {
    add("stack", record.stackText);
    const isField = ["error", "err"].some((name) => record.fields.get(name) === record.errorMessage);
    if (record.errorType === undefined && !isField) add("error_message", record.errorMessage);
  } else {
    const headline = parts.trace.values.at(-1);
    // A trace that names neither is shown with what the record says.
    const isNamed = headline?.type !== undefined || headline?.value !== undefined;
    const isType = record.errorType === headline?.type || record.errorType === `${headline?.module}.${headline?.type}`;
    if (isNamed && !isType) add("error_type", record.errorType);
    if (isNamed && record.errorMessage !== headline?.value) add("error_message", record.errorMessage);
  }
  const address = record.user?.ip_address;
  if (address !== undefined && !isAddress(address)) add("client_ip", address);
  if (record.release !== undefined && validRelease(record.release) === undefined) add("release", record.release);
  if (record.environment !== undefined && validEnvironment(record.environment) === undefined)
    add("environment", record.environment);
  return extra.json;
}
