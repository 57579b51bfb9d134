import { Document, Scalar, visit } from "yaml";
import { terminalJson } from "../base/json-line.ts";
import { writtenSchema, type JsonSchema } from "./json-schema.ts";
import { isMapping } from "./overrides.ts";
import type { Right } from "./config.ts";
import type { Registry } from "./schema.ts";
import { redact } from "./secrets.ts";

/** The configuration in force as YAML: every default spelled out, secrets redacted, units as a person would write them. */
export function effectiveYaml({ config, written }: Right, registry?: Registry): string {
  const schema = writtenSchema(registry);
  const filled = fill(schema, written);
  const value = isMapping(filled) ? filled : {};
  const { environment, release } = config.policy;
  const policy = { ...Object(value["policy"]), ...defined({ environment, release }) };
  return terminalYaml(redact({ ...value, policy }));
}

/** YAML in which no text can make a terminal do anything: what could is in double quotes, where YAML's escapes are JSON's. */
function terminalYaml(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Scalar(_key, node) {
      const { value: text } = node;
      if (typeof text === "string" && (CONTROL.test(text) || terminalJson(text) !== text)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return terminalJson(document.toString({ lineWidth: 0 }));
}

const CONTROL = /[^\P{Cc}\n\t]/u;

/** A value with the defaults of its schema, in the schema's order. */
function fill(schema: JsonSchema, value: unknown): unknown {
  const present = value === undefined ? schema.default : value;
  const { additionalProperties, items } = schema;
  if (Array.isArray(present)) return present.map((item: unknown) => (items === undefined ? item : fill(items, item)));
  if (!isMapping(present)) return present;
  const option = schema.anyOf?.find((candidate) => fits(candidate, present));
  if (option !== undefined) return fill(option, present);
  const filled: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const inner = fill(field, present[name]);
    if (inner !== undefined) filled[name] = inner;
  }
  for (const [name, inner] of Object.entries(present)) {
    if (!Object.hasOwn(filled, name))
      filled[name] = typeof additionalProperties === "object" ? fill(additionalProperties, inner) : inner;
  }
  return filled;
}

/** Whether a mapping is meant by this option: the one of its `type`, or the only one that is a mapping. */
function fits(option: JsonSchema, value: Readonly<Record<string, unknown>>): boolean {
  const type = option.properties?.["type"];
  return option.type === "object" && (type?.const === undefined || type.const === value["type"]);
}

function defined(fields: Readonly<Record<string, string | undefined>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== undefined));
}
