import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { relayJsonSchema } from "../../src/config/json-schema.ts";
import { referenceMarkdown } from "../../src/config/reference.ts";
import { METRICS } from "../../src/pipeline/metrics.ts";

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");

describe("generated files", () => {
  it("are what `npm run generate` would write now", () => {
    assert.equal(read("relay.schema.json"), `${JSON.stringify(relayJsonSchema(), null, 2)}\n`, "run: npm run generate");
    assert.equal(read("docs/reference.md"), referenceMarkdown(Object.values(METRICS)), "run: npm run generate");
  });
});
