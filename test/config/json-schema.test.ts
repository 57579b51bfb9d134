import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { relayJsonSchema, writtenSchema, type JsonSchema } from "../../src/config/json-schema.ts";
import * as realRegistry from "../../src/registry.ts";
import { testRegistry } from "./registry.ts";

type Validate = (value: unknown) => boolean;

/** The validator that Fastify brings along. */
function validator(schema: JsonSchema): Validate {
  const require = createRequire(createRequire(import.meta.url).resolve("fastify"));
  const { default: Ajv } = require("ajv/dist/2020") as {
    default: new (options: object) => { compile(schema: object): Validate };
  };
  return new Ajv({ strict: false }).compile(schema);
}

function everySchema(schema: JsonSchema, path: string, visit: (schema: JsonSchema, path: string) => void): void {
  visit(schema, path);
  for (const [name, field] of Object.entries(schema.properties ?? {})) everySchema(field, `${path}.${name}`, visit);
  for (const option of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    everySchema(option, `${path}(${JSON.stringify(option.properties?.["type"]?.const)})`, visit);
  }
  if (schema.items !== undefined) everySchema(schema.items, `${path}[]`, visit);
  if (typeof schema.additionalProperties === "object") everySchema(schema.additionalProperties, `${path}.*`, visit);
}

describe("relayJsonSchema", () => {
  const valid = validator(relayJsonSchema(testRegistry));

  it("takes what the loader takes", () => {
    const texts = [
      "{}",
      "inputs: { a: { type: gelf_udp, listen: '0.0.0.0:1', max_bytes: 5, labels: { a: b } } }",
      "policy: { issue: warning, log: off, storm: off, trail: { size: 5, max_age: 1h } }",
      "processors: [{ type: scrub, enabled: false }, { type: route, rules: [{ match: {}, upstream: [a, b] }] }]",
      "queue: { type: memory, max_bytes: 2GiB }",
      "upstreams: { default: { type: sentry, rate_limit: 1000/5m } }",
    ];
    for (const text of texts) assert.ok(valid(parse(text)), text);
  });

  it("takes variables where units, numbers and words stand", () => {
    const texts = [
      "lanes: '${LANES:-1}'",
      "policy: { issue: '${LEVEL}', trail: { max_age: '${AGE:-5m}', size: '${N}' } }",
      "queue: { type: memory, max_bytes: '${SIZE}' }",
      "processors: [{ type: scrub, enabled: '${SCRUB:-true}' }]",
    ];
    for (const text of texts) assert.ok(valid(parse(text)), text);
  });

  it("refuses what the loader refuses", () => {
    const texts = [
      "imputs: {}",
      "inputs: { a: { type: nope } }",
      "inputs: { a: {} }",
      "inputs: { a: { type: stdin, listen: '0.0.0.0:1' } }",
      "inputs: { 'a b': { type: stdin } }",
      "lanes: 65",
      "policy: { trail: { max_age: soon } }",
      "queue: { type: memory, when_full: wait }",
    ];
    for (const text of texts) assert.ok(!valid(parse(text)), text);
  });

  it("describes every field and gives every component its examples", () => {
    const { inputs } = relayJsonSchema(testRegistry).properties ?? {};
    const options = (inputs?.additionalProperties as JsonSchema | undefined)?.anyOf ?? [];
    const udp = options.find((option) => option.properties?.["type"]?.const === "gelf_udp");
    assert.equal(udp?.description, "Listens for gelf_udp.");
    assert.deepEqual(udp?.examples, [{ type: "gelf_udp", listen: "127.0.0.1:0" }]);
    assert.equal(udp?.properties?.["idle_timeout"]?.default, "24h");
  });
});

for (const [name, registry] of Object.entries({ test: testRegistry, real: realRegistry })) {
  describe(`writtenSchema of the ${name} registry`, () => {
    it("has a description for every field", () => {
      const bare: string[] = [];
      everySchema(writtenSchema(registry), "", ({ properties }, path) => {
        for (const [field, { description }] of Object.entries(properties ?? {})) if (!description) bare.push(`${path}.${field}`);
      });
      assert.deepEqual(bare, []);
    });

    it("ignores no key anywhere: every mapping with fields is strict", () => {
      const loose: string[] = [];
      everySchema(writtenSchema(registry), "", ({ properties, additionalProperties }, path) => {
        if (properties !== undefined && additionalProperties !== false) loose.push(path);
      });
      assert.deepEqual(loose, []);
    });
  });
}
