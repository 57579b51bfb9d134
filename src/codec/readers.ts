import type { SeverityNumber } from "../record/severity.ts";
import { errorTextOf, type ErrorText } from "./error-text.ts";
import { bytesText, cut, jsonText } from "./field-values.ts";
import { addressOf, headersOf, methodOf, pathOf, queryOf, requestLineOf, statusOf, type RequestLine } from "./http-values.ts";
import { severityOf } from "./levels.ts";
import type { Meaning } from "./names.ts";
import { ROLES, type Form, type Role } from "./spellings.ts";
import { timeOf } from "./timestamps.ts";
import { decimalIdOf, longTraceIdOf, spanIdOf, traceContextOf, type TraceContext } from "./trace-ids.ts";

/** What a role's value is once it is read; text where nothing else is said. */
interface Values {
  time: number;
  level: SeverityNumber;
  traceId: TraceContext;
  fingerprint: readonly string[];
  /** Text, or a list that is rendered once the error's message is known. */
  stack: string | readonly unknown[];
  error: ErrorText;
  status: number;
  headers: Record<string, string>;
  requestLine: RequestLine;
  kubernetes: never;
  dropped: true;
}

export type ValueOf<R extends Role> = R extends keyof Values ? Values[R] : string;

/** What reading depends on beside the value and its name. */
export interface Scene {
  readonly receivedMs: number;
  readonly gelf: boolean;
}

type Reader<R extends Role> = (value: unknown, meaning: Meaning, scene: Scene) => ValueOf<R> | undefined;

/** Longest name, id or address kept in a record's own properties. */
const MAX_NAME_CHARS = 1_000;
const MAX_FINGERPRINT_PARTS = 10;
const MAX_FINGERPRINT_CHARS = 200;

/** How each role reads a value; undefined when the value does not fit, and then the member stays a field. */
const READERS: { readonly [R in Role]: Reader<R> } = {
  time: (value, _meaning, scene) => timeOf(value, scene.receivedMs),
  level: (value, meaning, scene) => severityOf(value, meaning.form, scene.gelf),
  message: messageOf,
  event: textOf,
  template: textOf,
  fullMessage: linesOf,
  logger: loggerOf,
  service: nameOf,
  host: nameOf,
  environment: nameOf,
  release: (value, meaning) => releaseOf(value, meaning.form),
  dist: idOf,
  transaction: nameOf,
  traceId: traceOf,
  spanId: spanOf,
  requestId: idOf,
  fingerprint: fingerprintOf,
  stack: stackOf,
  error: errorTextOf,
  errorType: nameOf,
  errorMessage: linesOf,
  userId: idOf,
  userEmail: nameOf,
  username: nameOf,
  userFullName: nameOf,
  userIp: addressOf,
  method: (value, meaning) => methodOf(value, meaning.form === "verb"),
  url: nameOf,
  path: pathOf,
  query: (value, meaning) => queryOf(value, meaning.form === "bare"),
  status: statusOf,
  remoteAddress: addressOf,
  headers: headersOf,
  requestLine: requestLineOf,
  userAgent: nameOf,
  referrer: nameOf,
  httpHost: nameOf,
  namespace: nameOf,
  pod: nameOf,
  // Docker's own name begins with a slash.
  containerName: (value) => nameOf(typeof value === "string" && value.startsWith("/") ? value.slice(1) : value),
  containerId: nameOf,
  node: nameOf,
  image: nameOf,
  kubernetes: () => undefined,
  dropped: () => true,
};

/** The index of a role, typed with it: a constant load where it is used, instead of a lookup by name. */
export type Slot<R extends Role> = number & { readonly role?: R };

// Built from ROLES, which is also where the type takes its names from.
export const SLOT = Object.fromEntries(ROLES.map((role, slot) => [role, slot])) as { readonly [R in Role]: Slot<R> };

/** {@link READERS} by the index of the role. */
export const READER_BY_SLOT: readonly ((value: unknown, meaning: Meaning, scene: Scene) => unknown)[] = ROLES.map(
  (role) => READERS[role],
);

/** True for text in which there is nothing to read. */
export function isBlank(text: string): boolean {
  return !(text.charCodeAt(0) > 0x20) && text.trim() === "";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && !isBlank(value) ? value : undefined;
}

function linesOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return textOf(value);
  return value.length > 0 && value.every((line) => typeof line === "string") ? textOf(value.join("\n")) : undefined;
}

/** A message that is no text becomes its text; journald writes one that is no UTF-8 as a list of bytes. */
function messageOf(value: unknown): string | undefined {
  if (typeof value === "string") return isBlank(value) ? undefined : value;
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value) && value.length > 0 && value.every(isByte)) return textOf(bytesText(Uint8Array.from(value)));
  return textOf(typeof value === "object" ? jsonText(value) : String(value as number | boolean));
}

function isByte(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255;
}

/** A short text; syslog and web servers write "-" for none. */
function nameOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "" || value === "-") return undefined;
  if (value.charCodeAt(0) > 0x20 && value.charCodeAt(value.length - 1) > 0x20) return cut(value, MAX_NAME_CHARS);
  const trimmed = value.trim();
  return trimmed === "" ? undefined : cut(trimmed, MAX_NAME_CHARS);
}

/** An everyday word (`name`, `context`) counts only where its value is one word itself: a sentence is no logger. */
function loggerOf(value: unknown, meaning: Meaning): string | undefined {
  const name = nameOf(value);
  const isGuess = meaning.kept || meaning.name === "name";
  if (isGuess && name?.includes(" ") === true) return undefined;
  // winston's label names a logger, MySQL's a level.
  return meaning.name === "label" && severityOf(name, "word", false) !== undefined ? undefined : name;
}

function idOf(value: unknown): string | undefined {
  return typeof value === "number" && Number.isFinite(value) ? String(value) : nameOf(value);
}

function traceOf(value: unknown, meaning: Meaning): TraceContext | undefined {
  if (meaning.form === "datadog") {
    const traceId = (typeof value === "string" ? longTraceIdOf(value) : undefined) ?? decimalIdOf(value)?.padStart(32, "0");
    return traceId === undefined ? undefined : { traceId, spanId: undefined };
  }
  return typeof value === "string" ? traceContextOf(value) : undefined;
}

function spanOf(value: unknown, meaning: Meaning): string | undefined {
  const decimal = meaning.form === "decimal" ? decimalIdOf(value) : undefined;
  return decimal ?? (typeof value === "string" ? spanIdOf(value) : undefined);
}

/** `1.4.2`, `v2.0`, `2024.11.3-rc1`, a commit: a number alone may count anything, and `HTTP/1.1` is none. */
const VERSION = /^v?\d{1,9}\.\d{1,9}(?:\.\d{1,9}){0,3}(?:[-+._][\w.+-]{1,80})?$/;
const LEAST_VERSION = /^v?\d+\.\d+\.|^v\d/;
const COMMIT = /^(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,40}$/;

function releaseOf(value: unknown, form: Form | undefined): string | undefined {
  const id = idOf(value);
  if (form !== "version" || id === undefined) return id;
  return (VERSION.test(id) && LEAST_VERSION.test(id)) || COMMIT.test(id) ? id : undefined;
}

function stackOf(value: unknown, meaning: Meaning): string | readonly unknown[] | undefined {
  if (Array.isArray(value)) return value.length > 0 ? value : undefined;
  const text = textOf(value);
  return meaning.form === "verbose" && text?.includes("\n\t") !== true ? undefined : text;
}

function fingerprintOf(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_FINGERPRINT_PARTS) : [value];
  const parts = list.map((part) =>
    typeof part === "string" || typeof part === "number" || typeof part === "boolean" ? String(part) : "",
  );
  if (parts.length === 0 || parts.some((part) => isBlank(part))) return undefined;
  return parts.map((part) => cut(part, MAX_FINGERPRINT_CHARS));
}
