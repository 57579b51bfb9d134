import { fieldOf } from "../../record/field.ts";
import type { FieldValue, HttpRequest, LogRecord, User } from "../../record/record.ts";
import { Severity, SEVERITY_NAMES, severityName, type SeverityName } from "../../record/severity.ts";

/** One name a person may read and write: a property of the record itself, or one of its fields. */
export interface Property {
  /** Undefined when the record has none. */
  read(record: LogRecord): FieldValue | undefined;
  /** Undefined takes the value away. Returns false, changing nothing, when the value does not fit. */
  write(record: LogRecord, value: FieldValue | undefined): boolean;
}

/** The severity a word names; undefined when it names none. */
function severityOf(word: string): SeverityName | undefined {
  return SEVERITY_NAMES.find((known) => known === word.toLowerCase());
}

/** The property a name stands for; a name the record does not know itself is a field. */
export function propertyOf(name: string): Property {
  return OWN.get(name) ?? field(name);
}

function field(name: string): Property {
  return {
    read: (record) => fieldOf(record, name),
    write(record, value) {
      if (value !== undefined) record.fields.set(name, value);
      else if (!record.fields.delete(name) && name.includes(".")) removeInside(record, name.split("."));
      return true;
    },
  };
}

/** Takes "a.b.c" out of the object `a`, which is rebuilt because values are shared and never changed. */
function removeInside(record: LogRecord, path: readonly string[]): void {
  const [head = "", ...rest] = path;
  const value = record.fields.get(head);
  if (value !== undefined) record.fields.set(head, without(value, rest));
}

function without(value: FieldValue, path: readonly string[]): FieldValue {
  const [head, ...rest] = path;
  if (head === undefined || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([name]) => rest.length > 0 || name !== head);
  // fromEntries defines its keys, so that one called __proto__ stays an ordinary key.
  return Object.fromEntries(entries.map(([name, inner]) => [name, name === head ? without(inner, rest) : inner]));
}

type TextName =
  | "logger"
  | "service"
  | "host"
  | "environment"
  | "release"
  | "dist"
  | "transaction"
  | "requestId"
  | "template"
  | "errorType"
  | "errorMessage";

function text(name: TextName): Property {
  return {
    read: (record) => record[name],
    write(record, value) {
      const written = textOf(value);
      if (written === undefined && value !== undefined) return false;
      record[name] = written;
      return true;
    },
  };
}

function hexId(name: "traceId" | "spanId", digits: number): Property {
  const valid = new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`);
  return {
    read: (record) => record[name],
    write(record, value) {
      const written = textOf(value)?.toLowerCase();
      if (value !== undefined && (written === undefined || !valid.test(written))) return false;
      record[name] = written;
      return true;
    },
  };
}

function user(name: keyof User): Property {
  return {
    read: (record) => record.user?.[name],
    write(record, value) {
      const written = textOf(value);
      if (written === undefined) {
        if (value === undefined) delete record.user?.[name];
        return value === undefined;
      }
      record.user = { ...record.user, [name]: written };
      return true;
    },
  };
}

function request(name: "method" | "url" | "query_string"): Property {
  return {
    read: (record) => record.request?.[name],
    write(record, value) {
      const written = textOf(value);
      if (written === undefined) {
        if (value === undefined) delete record.request?.[name];
        return value === undefined;
      }
      record.request = { ...record.request, [name]: written } satisfies HttpRequest;
      return true;
    },
  };
}

const status: Property = {
  read: (record) => record.request?.status,
  write(record, value) {
    const written = Number(textOf(value) ?? Number.NaN);
    if (value === undefined) delete record.request?.status;
    else if (Number.isInteger(written) && written >= 100 && written <= 599)
      record.request = { ...record.request, status: written };
    else return false;
    return true;
  },
};

const message: Property = {
  read: (record) => record.message,
  write(record, value) {
    const written = textOf(value);
    if (written !== undefined) record.message = written;
    return written !== undefined;
  },
};

const severity: Property = {
  read: (record) => severityName(record.severity),
  write(record, value) {
    const name = severityOf(textOf(value) ?? "");
    if (name === undefined) return false;
    record.severity = Severity[name];
    record.severityStated = true;
    return true;
  },
};

const fingerprint: Property = {
  read: (record) => record.fingerprint,
  write(record, value) {
    const parts = (Array.isArray(value) ? value : [value]).map(textOf).filter((part) => part !== undefined);
    if (parts.length === 0 && value !== undefined) return false;
    record.fingerprint = parts.length === 0 ? undefined : parts;
    return true;
  },
};

/** Text as written; undefined when there is none to write. */
function textOf(value: FieldValue | undefined): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

const OWN: ReadonlyMap<string, Property> = new Map([
  ["message", message],
  ["severity", severity],
  ["level", severity],
  ["logger", text("logger")],
  ["service", text("service")],
  ["host", text("host")],
  ["environment", text("environment")],
  ["release", text("release")],
  ["dist", text("dist")],
  ["transaction", text("transaction")],
  ["template", text("template")],
  ["error_type", text("errorType")],
  ["error_message", text("errorMessage")],
  ["request_id", text("requestId")],
  ["trace_id", hexId("traceId", 32)],
  ["span_id", hexId("spanId", 16)],
  ["user_id", user("id")],
  ["user_email", user("email")],
  ["user_name", user("username")],
  ["client_ip", user("ip_address")],
  ["method", request("method")],
  ["url", request("url")],
  ["query_string", request("query_string")],
  ["status", status],
  ["fingerprint", fingerprint],
]);
