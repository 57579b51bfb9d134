// The threat model names fields with their defaults, constants with their values, and tests: all of them are there.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";
import { writtenSchema, type JsonSchema } from "../../src/config/json-schema.ts";
import { ROOT } from "./sandbox.ts";

const text = readFileSync(join(ROOT, "docs/threat-model.md"), "utf8");
const attacks = (text.split("\n## Attacks\n")[1] ?? "").split("\n## ")[0] ?? "";
const table = attacks
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:attack|-)/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
const { properties = {} } = writtenSchema();

/** The schemas of all components of a name, or of every input for `*`; of a section of the configuration else. */
function schemasOf(name: string): readonly JsonSchema[] {
  const { inputs, processors, queue, upstreams } = properties;
  const options = [inputs?.additionalProperties, processors?.items, queue, upstreams?.additionalProperties].flatMap((section) =>
    typeof section === "object" ? (section.anyOf ?? []) : [],
  );
  const inputOptions = typeof inputs?.additionalProperties === "object" ? (inputs.additionalProperties.anyOf ?? []) : [];
  if (name === "*") return inputOptions;
  const found = options.filter((option) => option.properties?.["type"]?.const === name);
  return found.length > 0 ? found : properties[name] === undefined ? [] : [properties[name]];
}

/** Defaults of a field as a person writes them; undefined for a field that there is not. "unset" for none. */
function defaultsOf(path: string): readonly string[] {
  const [head = "", ...rest] = path.split(".");
  return schemasOf(head).flatMap((schema) => {
    let field: JsonSchema | undefined = schema;
    for (const part of rest) field = memberOf(field, part);
    if (field === undefined) return [];
    return [
      field.default === undefined
        ? "unset"
        : typeof field.default === "string"
          ? field.default || '""'
          : JSON.stringify(field.default),
    ];
  });
}

/** A path; the last part may hold `*`. */
function isThere(path: string): boolean {
  if (!path.includes("*")) return existsSync(join(ROOT, path));
  const [before = "", after = ""] = basename(path).split("*");
  const folder = join(ROOT, dirname(path));
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(before) && name.endsWith(after));
}

/** A member of an object, or of one of the objects that may stand there. */
function memberOf(schema: JsonSchema | undefined, name: string): JsonSchema | undefined {
  for (const one of [schema, ...(schema?.anyOf ?? [])]) if (one?.properties?.[name] !== undefined) return one.properties[name];
  return undefined;
}

const FIELD = /`([a-z_*]+(?:\.[a-z_]+)*)` \(([^)]+)\)/g;
const CONSTANT = /`([A-Z_]+)` in `(src\/[\w./-]+)` \(([^)]+)\)/g;

describe("the threat model", () => {
  it("has for each attack what becomes of it, and tests that exist", () => {
    assert.ok(table.length >= 35, String(table.length));
    for (const [attack = "", answer = "", , shown = "", ...more] of table) {
      assert.deepEqual(more, [], attack);
      assert.ok(attack.length > 10 && answer.length > 10, attack);
      const tests = [...shown.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
      assert.ok(tests.length > 0, `${attack}: no test shows it`);
      for (const path of tests) {
        assert.match(path, /^test\/[\w./*-]+$/, attack);
        assert.ok(isThere(path), `${attack}: there is no ${path}`);
      }
    }
  });

  it("names fields that exist, with their defaults", () => {
    const wrong: string[] = [];
    let count = 0;
    for (const [, path = "", said = ""] of attacks.matchAll(FIELD)) {
      count += 1;
      const defaults = new Set(defaultsOf(path));
      if (!defaults.has(said) || (!path.startsWith("*") && defaults.size !== 1))
        wrong.push(`${path} (${said}): ${[...defaults].join(" or ")}`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(count >= 60, String(count));
  });

  it("names constants that exist, with their values", () => {
    const found = [...attacks.matchAll(CONSTANT)];
    assert.ok(found.length >= 10);
    for (const [, name = "", file = "", value = ""] of found) {
      const source = readFileSync(join(ROOT, file), "utf8");
      assert.match(source, new RegExp(`\\bconst ${name} = ${value};`), `${name} in ${file}`);
    }
  });

  it("has no limit in its tables that is neither a field nor a constant", () => {
    for (const [attack = "", , limit = ""] of table) {
      const left = limit.replaceAll(CONSTANT, "").replaceAll(FIELD, "").replaceAll(/[,\s]/g, "");
      assert.equal(left, "", `${attack}: ${limit}`);
    }
  });
});
