import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as z from "zod";
import { FORMAT_NAMES, PLAIN_FORMAT_NAMES } from "../../src/codec/format-names.ts";
import { checkFormat, codecOfFormat, formatFields } from "../../src/codec/formats.ts";
import type { Glancer } from "../../src/component/codec.ts";
import { isMalformed, NOTHING } from "../../src/component/codec.ts";
import * as registry from "../../src/registry.ts";
import { mistakes as mistakesOf } from "../config/support.ts";
import { provenance } from "../support/provenance.ts";

const fields = z.object(formatFields).superRefine(checkFormat);
const metadata = new Map([
  ["log_file", "/var/log/pods/shop_web-1_u/app/0.log"],
  ["pod", "web-1"],
  ["trace_id", "0af7651916cd43dd8448eb211c80319c"],
]);
const from = provenance({ metadata });
/** A line that each format takes apart, and all that they need to know. */
const LINES: Readonly<Record<string, readonly [line: string, options?: object]>> = {
  auto: ["plain text"],
  json: ['{"msg":"x"}'],
  text: ["plain text"],
  cri: ["2026-08-21T11:59:59Z stdout F plain text"],
  docker: ['{"log":"plain text\\n","stream":"stdout","time":"2026-08-21T11:59:59Z"}'],
  nginx_error: ["2026/08/21 11:59:59 [error] 1#1: *2 x, client: 1.2.3.4, server: s"],
  nginx_access: ['1.2.3.4 - - [21/Aug/2026:11:59:59 +0000] "GET / HTTP/1.1" 200 1 "-" "-"'],
  logfmt: ["level=info msg=x"],
  regex: ["INFO x", { pattern: "(?P<level>[A-Z]+) (?P<message>.*)" }],
};

function mistakes(yaml: string): readonly string[] {
  return mistakesOf(`inputs:\n  a:\n    type: stdin\n${yaml.replaceAll(/^/gm, "    ")}\n`, { registry });
}

describe("the formats of lines", () => {
  for (const format of FORMAT_NAMES) {
    const [line = "", options] = LINES[format] ?? [];
    const codec = codecOfFormat(fields.parse({ format, ...options }));

    it(`gives a record of ${format} what its batch says`, () => {
      const bytes = Buffer.from(line);
      const decoded = codec.decode(bytes, 0, bytes.length, from);
      assert.ok(decoded !== NOTHING && !isMalformed(decoded), line);
      assert.deepEqual([decoded.fields.get("pod"), decoded.fields.get("log_file")], ["web-1", metadata.get("log_file")]);
      assert.equal(decoded.traceId, metadata.get("trace_id"));
      assert.equal(decoded.from, from);
    });

    it(`makes something of any bytes as ${format}, and never throws`, () => {
      fc.assert(
        fc.property(
          fc.oneof(
            fc.uint8Array({ maxLength: 200 }),
            fc.string().map((text) => Buffer.from(line + text)),
          ),
          (bytes) => {
            const decoded = codec.decode(Buffer.from(bytes), 0, bytes.length, from);
            if (decoded !== NOTHING && !isMalformed(decoded))
              assert.ok(decoded.message.length > 0 && Number.isFinite(decoded.timeMs));
          },
        ),
      );
    });

    it(`gets through hostile megabytes as ${format}`, () => {
      for (const seed of ["a=", '"', "\\", " ", "{", "2026-08-21T11:59:59Z ", "=", 'a="', "stdout F ", '\\"', "a b=c "]) {
        const bytes = Buffer.from(line + seed.repeat((1 << 20) / seed.length));
        const decoded = codec.decode(bytes, 0, bytes.length, from);
        assert.ok(decoded === NOTHING || isMalformed(decoded) || decoded.fields.size <= 300);
      }
    });
  }

  it("are all but one of them known to the command line", () => {
    assert.deepEqual(
      FORMAT_NAMES.filter((name) => !PLAIN_FORMAT_NAMES.includes(name)),
      ["regex"],
    );
  });
});

describe("a line of a container runtime", () => {
  const glancer = codecOfFormat(fields.parse({ format: "cri" })).glancer?.(["host", "trace_id"]) as Glancer;
  const look = (line: string): boolean => glancer.look(Buffer.from(line), 0, Buffer.byteLength(line));

  it("is told quiet or loud at a glance where an object is in it", () => {
    const line = '2026-08-21T11:59:59.1Z stdout F {"level":"info","msg":"x","host":"web-1"}';
    assert.ok(look(line));
    assert.equal(glancer.seen.severity, 9);
    assert.equal(line.slice(glancer.seen.starts[0], glancer.seen.ends[0]), "web-1");
    for (const other of [
      "",
      "2026-08-21T11:59:59.1Z stdout F text",
      '{"level":"info","msg":"x"}',
      '2026-08-21T11:59:59Z stdout X {"level":"info"}',
    ])
      assert.equal(look(other), false, other);
  });
});

describe("the configuration of a format", () => {
  it("is right where each option has its format", () => {
    assert.deepEqual(mistakes("format: regex\npattern: '(?<message>.*)'\ntime_zone: Europe/Berlin"), []);
    assert.deepEqual(mistakes("format: nginx_access\nissue_from_status: 500\nlog_format: '$remote_addr $status'"), []);
  });

  it("is told where it is wrong, and what was expected", () => {
    const cases: readonly (readonly [yaml: string, ...expected: RegExp[]])[] = [
      ["format: regex", /inputs\.a\.pattern: missing: the format regex needs a pattern/],
      ["format: regex\npattern: '(?P<a'", /5:14 inputs\.a\.pattern: the pattern cannot be used/],
      ["format: regex\npattern: '(x)'", /5:14 inputs\.a\.pattern: the pattern has no named group/],
      ["pattern: '(?P<message>.*)'", /4:14 inputs\.a\.pattern: of no use for the format auto, only for regex/],
      ["format: json\ntime_zone: UTC", /5:16 inputs\.a\.time_zone: of no use for the format json, only for auto, text/],
      ["format: text\ntime_zone: Mars/Base", /5:16 inputs\.a\.time_zone: expected a time zone such as/],
      ["format: nginx_access\nlog_format: '$a$b'", /5:17 inputs\.a\.log_format: nothing stands between two variables/],
      ["format: nginx_access\nissue_from_status: 99", /5:24 inputs\.a\.issue_from_status/],
    ];
    for (const [yaml, expected] of cases) {
      const [first = "", ...more] = mistakes(yaml);
      assert.match(first, expected ?? /never/, yaml);
      assert.deepEqual(more, [], yaml);
    }
  });
});
