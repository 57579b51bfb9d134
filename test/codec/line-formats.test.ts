import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { checkFormat, codecOfFormat, formatFields } from "../../src/codec/formats.ts";
import { described, goldenCases, goldenNames, rewriteGolden } from "../support/golden-decode.ts";
import { provenance } from "../support/provenance.ts";

const fields = z.object(formatFields).superRefine(checkFormat);
const from = provenance({ peer: "", receivedMs: Date.UTC(2026, 10, 20, 12) });

describe("lines of a format", () => {
  for (const name of goldenNames("lines")) {
    it(`reads ${name}`, () => {
      const cases = goldenCases(`lines/${name}`);
      const outputs = cases.map(({ codec, input }) => {
        const bytes = Buffer.from(input);
        return described(codecOfFormat(fields.parse(JSON.parse(codec))).decode(bytes, 0, bytes.length, from));
      });

      if (process.env["UPDATE"] === "1") rewriteGolden(`lines/${name}`, outputs);
      else for (const [i, { expected }] of cases.entries()) assert.equal(outputs[i], expected);
    });
  }
});
