import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { autoLine } from "../../src/codec/auto-line.ts";
import { gelf } from "../../src/codec/gelf.ts";
import { jsonLine } from "../../src/codec/json-line.ts";
import type { Codec } from "../../src/component/codec.ts";
import { described, goldenCases, goldenNames, rewriteGolden } from "../support/golden-decode.ts";
import { provenance } from "../support/provenance.ts";

const codecs = new Map<string, Codec>([autoLine, gelf, jsonLine].map((codec) => [codec.name, codec]));
const from = provenance({ peer: "", receivedMs: Date.UTC(2026, 10, 20, 12) });

describe("lines of real loggers", () => {
  for (const name of goldenNames("json-lines")) {
    it(`reads ${name}`, () => {
      const cases = goldenCases(`json-lines/${name}`);
      const outputs = cases.map(({ codec, input }) => {
        const bytes = Buffer.from(input);
        const decoded = codecs.get(codec)?.decode(bytes, 0, bytes.length, from);
        assert.ok(decoded, `a codec named ${codec}`);
        return described(decoded);
      });

      if (process.env["UPDATE"] === "1") rewriteGolden(`json-lines/${name}`, outputs);
      else for (const [i, { expected }] of cases.entries()) assert.equal(outputs[i], expected);
    });
  }
});
