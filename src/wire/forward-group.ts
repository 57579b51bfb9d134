import { MsgpackReader, type MsgpackValue } from "../scan/msgpack-value.ts";

type Members = { readonly [key: string]: MsgpackValue };

const MAX_ATTRIBUTES = 64;
const MAX_LENGTH = 1_024;
/** OpenTelemetry resource attributes that have a field name of their own here. */
const FIELD_NAMES: ReadonlyMap<string, string> = new Map([
  ["service.name", "service"],
  ["service.version", "release"],
  ["deployment.environment.name", "environment"],
  ["deployment.environment", "environment"],
  ["host.name", "host"],
]);
const reader = new MsgpackReader();

/**
 * What a group of Fluent Bit's says about the records in it, by field name: the OpenTelemetry resource's attributes and
 * the scope as logger. `start .. end` is the entry that opens the group; undefined when it says nothing.
 */
export function groupMetadata(bytes: Buffer, start: number, end: number): ReadonlyMap<string, string> | undefined {
  reader.over(bytes, start, end);
  const entry = reader.read();
  reader.release();
  const body = Array.isArray(entry) ? membersOf(entry[1]) : {};
  const metadata = new Map<string, string>();
  const attributes = membersOf(membersOf(body["resource"])["attributes"]);
  for (const [key, value] of Object.entries(attributes)) {
    if (metadata.size >= MAX_ATTRIBUTES) break;
    if (typeof value !== "object") metadata.set(FIELD_NAMES.get(key) ?? key, String(value).slice(0, MAX_LENGTH));
  }
  const scope = membersOf(body["scope"])["name"];
  if (typeof scope === "string" && scope !== "") metadata.set("logger", scope.slice(0, MAX_LENGTH));
  return metadata.size > 0 ? metadata : undefined;
}

function membersOf(value: MsgpackValue | undefined): Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
