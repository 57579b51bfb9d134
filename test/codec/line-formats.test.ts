import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { checkFormat, codecOfFormat, formatFields } from "../../src/codec/formats.ts";
import { syslogCodec } from "../../src/codec/syslog.ts";
import { described, goldenCases, goldenNames, rewriteGolden } from "../support/golden-decode.ts";
import { provenance } from "../support/provenance.ts";
import { UTC } from "../support/syslog-frames.ts";

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

  // What is not linear takes minutes here, and the suite's own time limit ends it.
  it("takes linear time on runs of a mebibyte that could have been a line's end", () => {
    const access = '10.0.0.1 - - [20/Nov/2026:08:30:12 +0000] "GET / HTTP/1.1" 200 1 "-" ';
    for (const [format, before, run] of [
      ["nginx_access", access, "\0"],
      ["nginx_access", access, "\r"],
      ["logfmt", "lead", ":"],
      ["logfmt", "lead", " :"],
    ] as const) {
      const bytes = Buffer.from(`${before}${run.repeat((1 << 20) / run.length)}x level=error`);
      const decoded = codecOfFormat(fields.parse({ format })).decode(bytes, 0, bytes.length, from);
      assert.ok(typeof decoded === "object" && "message" in decoded);
    }
    const bytes = Buffer.from(`<190>Nov 20 08:30:12 vm nginx: ${access}${"\r".repeat(1 << 20)}x`);
    const syslog = syslogCodec({ zone: UTC, logFormat: undefined, issueFromStatus: undefined });
    const decoded = syslog.decode(bytes, 0, bytes.length, from);
    assert.ok(typeof decoded === "object" && "message" in decoded);
  });
});
