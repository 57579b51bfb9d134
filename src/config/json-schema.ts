import * as z from "zod";
import * as builtInRegistry from "../registry.ts";
import type { AnySpec } from "../component/spec.ts";
import { configSchema, type Registry } from "./schema.ts";

/** The part of JSON Schema that occurs here. */
export interface JsonSchema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  $ref?: string;
  $schema?: string;
  $defs?: Record<string, JsonSchema>;
}

/** The configuration as people write it, without what serves editors only. */
export function writtenSchema(registry: Registry = builtInRegistry): JsonSchema {
  // Defaults are shown as written; what JSON Schema cannot say (a custom check) is left open.
  const schema = z.toJSONSchema(configSchema(registry), { io: "input", unrepresentable: "any", reused: "inline" }) as JsonSchema;
  for (const [section, specs] of componentSections(schema, registry)) {
    section.anyOf = (section.oneOf ?? []).map((option, index) => componentOption(option, specs[index]));
    delete section.oneOf;
  }
  // Whatever is left out has a default, here or in `defaults.ts`.
  delete schema.required;
  return schema;
}

/**
 * `relay.schema.json`: JSON Schema (draft 2020-12) of `relay.yml` with all components, for editors. Where a number, a unit or
 * a word is wanted, `${VAR}` is taken as well.
 */
export function relayJsonSchema(registry: Registry = builtInRegistry): JsonSchema {
  const { $schema, ...schema } = writtenSchema(registry);
  takeVariables(schema);
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: "Crumbtrail configuration",
    ...schema,
    $defs: {
      variable: {
        description: "Environment variables and files, replaced before anything is checked.",
        type: "string",
        pattern: "\\$\\{",
      },
    },
  };
}

type Section = readonly [JsonSchema, readonly AnySpec[]];

/** The schemas that choose a component by its `type`, each with the specs it chooses from. */
function componentSections(schema: JsonSchema, registry: Registry): Section[] {
  const { inputs, processors, queue, upstreams } = schema.properties ?? {};
  const sections: [JsonSchema | boolean | undefined, readonly AnySpec[]][] = [
    [inputs?.additionalProperties, registry.inputs],
    [processors?.items, registry.processors],
    [queue, registry.queues],
    [upstreams?.additionalProperties, registry.upstreams],
  ];
  return sections.flatMap(([section, specs]) => (typeof section === "object" ? [[section, specs] as const] : []));
}

function componentOption(option: JsonSchema, spec: AnySpec | undefined): JsonSchema {
  const { type, ...fields } = option.properties ?? {};
  const examples = spec?.examples.map((example) => Object.assign({ type: spec.type }, example)) ?? [];
  return { ...option, examples, properties: { type: { ...type, description: option.description ?? "" }, ...fields } };
}

/** Lets a variable stand wherever a schema is narrower than text. `type` stays: editors choose by it. */
function takeVariables(schema: JsonSchema): void {
  for (const [name, field] of Object.entries(schema.properties ?? {})) if (name !== "type") takeVariable(field);
  if (typeof schema.additionalProperties === "object") takeVariable(schema.additionalProperties);
  if (schema.items !== undefined) takeVariable(schema.items);
  for (const option of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) takeVariables(option);
}

const VARIABLE: JsonSchema = { $ref: "#/$defs/variable" };
const OUTER = new Set(["description", "title", "default", "examples"]);

function takeVariable(field: JsonSchema): void {
  takeVariables(field);
  if (field.anyOf !== undefined) {
    if (field.anyOf.some(isNarrow)) field.anyOf.push(VARIABLE);
    return;
  }
  if (!isNarrow(field)) return;
  const inner = Object.entries(field).filter(([key]) => !OUTER.has(key));
  for (const [key] of inner) Reflect.deleteProperty(field, key);
  field.anyOf = [Object.fromEntries(inner), VARIABLE];
}

function isNarrow({ type, pattern, enum: words, const: word }: JsonSchema): boolean {
  return NARROW.has(type) || pattern !== undefined || words !== undefined || word !== undefined;
}

const NARROW: ReadonlySet<string | undefined> = new Set(["integer", "number", "boolean", "null"]);
