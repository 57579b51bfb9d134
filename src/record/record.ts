import type { Provenance } from "./provenance.ts";
import type { SeverityNumber } from "./severity.ts";

/** A value of a field: what JSON can hold. Nesting and size are bounded by the codec that made it. */
export type FieldValue = string | number | boolean | null | readonly FieldValue[] | { readonly [key: string]: FieldValue };

export interface User {
  id?: string;
  email?: string;
  username?: string;
  name?: string;
  ip_address?: string;
}

export interface HttpRequest {
  method?: string;
  url?: string;
  query_string?: string;
  /** Title-Case names. */
  headers?: Record<string, string>;
  status?: number;
  remoteAddress?: string;
}

/**
 * One log record. It lives and dies inside a lane, has one owner and is changed in place; it is never cloned and never
 * serialised. `newRecord` fills every field, in this order, so that V8 sees one hidden class.
 */
export interface LogRecord {
  /** Unix milliseconds with fraction, already mended (arrival time when absent or absurd). */
  timeMs: number;
  severity: SeverityNumber;
  /** False when the sender named no level and `severity` is only the default. */
  severityStated: boolean;
  /** The message as logged; never empty ({@link NO_MESSAGE}). */
  message: string;
  /** True for a raw line of text (a container's stdout, a plain stdin line), which a stack trace may follow line by line. */
  rawLine: boolean;
  /** The logger's own template where it supplies one (Serilog `@mt`, structlog `event`, ...). */
  template: string | undefined;
  logger: string | undefined;
  service: string | undefined;
  host: string | undefined;
  environment: string | undefined;
  release: string | undefined;
  dist: string | undefined;
  transaction: string | undefined;
  /** 32 lower-case hex digits. */
  traceId: string | undefined;
  /** 16 lower-case hex digits. */
  spanId: string | undefined;
  requestId: string | undefined;
  user: User | undefined;
  request: HttpRequest | undefined;
  /** Text that holds a stack trace, from `full_message`, `exc_info`, `stack`, `error.stack_trace`, ...; as logged. */
  stackText: string | undefined;
  errorType: string | undefined;
  errorMessage: string | undefined;
  /** The record's own `fingerprint`; wins over the computed one. */
  fingerprint: readonly string[] | undefined;
  /** Names of upstreams set by `route`; undefined: the default one. */
  upstreams: readonly string[] | undefined;
  /** Every other field under its mended name (GELF `_team` is `team`), in the order of arrival. A Map: no `__proto__` to fear. */
  fields: Map<string, FieldValue>;
  from: Provenance;
}

/** Stands for a message that is missing or blank. */
export const NO_MESSAGE = "(no message)";

/** An info record with nothing but a message. */
export function newRecord(from: Provenance, message: string): LogRecord {
  return {
    timeMs: from.receivedMs,
    severity: 9,
    severityStated: false,
    message,
    rawLine: false,
    template: undefined,
    logger: undefined,
    service: undefined,
    host: undefined,
    environment: undefined,
    release: undefined,
    dist: undefined,
    transaction: undefined,
    traceId: undefined,
    spanId: undefined,
    requestId: undefined,
    user: undefined,
    request: undefined,
    stackText: undefined,
    errorType: undefined,
    errorMessage: undefined,
    fingerprint: undefined,
    upstreams: undefined,
    fields: new Map(),
    from,
  };
}
