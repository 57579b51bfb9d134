import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { syslogCodec } from "../../src/codec/syslog.ts";
import { isMalformed, NOTHING, type Codec } from "../../src/component/codec.ts";
import { saidOf } from "../../src/lanes/interpretation.ts";
import { refine } from "../../src/lanes/refinement.ts";
import { restate } from "../../src/lanes/server-lines.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { breadcrumbJson } from "../../src/sentry/breadcrumb.ts";
import { accessLine, mutatedAccessLine } from "../support/access-lines.ts";
import { ManualClock } from "../support/clock.ts";
import { defaultProcessors } from "../support/default-lane.ts";
import { provenance } from "../support/provenance.ts";
import { syslogFrame, UTC } from "../support/syslog-frames.ts";

const RECEIVED_MS = Date.UTC(2026, 10, 20, 12);
const from = provenance({ receivedMs: RECEIVED_MS });
const plain = syslogCodec({ zone: UTC, logFormat: undefined, issueFromStatus: undefined });
const strict = syslogCodec({ zone: UTC, logFormat: undefined, issueFromStatus: 404 });
const processors = defaultProcessors(new ManualClock(RECEIVED_MS));

/** All that a trail keeps of a record. */
function crumbOf(record: LogRecord): unknown {
  for (const processor of processors) processor.process(record);
  return { json: breadcrumbJson(record, saidOf(record)), timeMs: record.timeMs, severity: record.severity };
}

function inBrief(codec: Codec, bytes: Buffer, origin: Provenance = from): unknown {
  const record = codec.brief?.(bytes, 0, bytes.length, origin);
  return record === undefined ? undefined : crumbOf(record);
}

function inFull(codec: Codec, bytes: Buffer): unknown {
  const record = codec.decode(bytes, 0, bytes.length, from);
  if (record === NOTHING || isMalformed(record)) return record;
  refine(record);
  restate(record);
  return crumbOf(record);
}

const ACCESS = '203.0.113.9 - - [20/Nov/2026:08:30:12 +0000] "GET /orders/7?a=1 HTTP/1.1" 200 512 "-" "curl/8"';
const head = fc.constantFrom(
  "<190>Nov 20 08:30:12 web1 nginx: ",
  "<187>Nov 20 08:30:12 web1 nginx[31]: ",
  "<30>Nov 20 08:30:12 web1 nginx_shop[0x7]: ",
  "<190>1 2026-11-20T08:30:12Z web1 nginx 31 access - ",
  '<190>1 2026-11-20T08:30:12Z web1 nginx 31 - [a b="c"] ',
  "<134>Nov 20 08:30:12 web1 shop: ",
  "Nov 20 08:30:12 web1 nginx: ",
  "<190>",
  "",
);

describe("a syslog message in brief", () => {
  it("has the breadcrumb of the decoded record, whatever the message", () => {
    let briefs = 0;
    const line = fc.tuple(head, fc.oneof(accessLine, mutatedAccessLine)).map(([lead, said]) => Buffer.from(lead + said));
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: line }, syslogFrame), { maxLength: 8 }), (frames) => {
        for (const codec of [plain, strict]) {
          for (const frame of frames) {
            const brief = inBrief(codec, frame);
            if (brief === undefined) continue;
            briefs += 1;
            assert.deepEqual(brief, inFull(codec, frame), frame.toString("latin1"));
          }
        }
      }),
      { numRuns: 400 },
    );
    assert.ok(briefs > 100, `only ${briefs} messages were read in brief`);
  });

  it("is there for the access lines of all senders of nginx", () => {
    for (const lead of [
      "<190>Nov 20 08:30:12 web1 nginx: ",
      "<30>Nov 20 08:30:12 web1 nginx[31]: ",
      "<190>1 - web1 nginx 31 - - ",
    ]) {
      const bytes = Buffer.from(lead + ACCESS);
      assert.notEqual(inBrief(plain, bytes), undefined, lead);
      assert.deepEqual(inBrief(plain, bytes), inFull(plain, bytes));
    }
  });

  it("is none where the answer is no longer quiet, or the batch says more", () => {
    const missing = Buffer.from(`<190>Nov 20 08:30:12 web1 nginx: ${ACCESS.replace(" 200 ", " 404 ")}`);
    assert.notEqual(inBrief(plain, missing), undefined);
    assert.equal(inBrief(strict, missing), undefined);
    assert.equal(inBrief(plain, missing, { ...from, metadata: new Map([["service", "shop"]]) }), undefined);
  });

  it("reads the second of one line anew when the next one has another", () => {
    const times = ["08:30:12", "08:30:13", "08:30:12"].map((clock) => {
      const bytes = Buffer.from(`<190>Nov 20 08:30:12 web1 nginx: ${ACCESS.replace("08:30:12", clock)}`);
      return plain.brief?.(bytes, 0, bytes.length, from)?.timeMs;
    });
    const firstMs = Date.UTC(2026, 10, 20, 8, 30, 12);
    assert.deepEqual(times, [firstMs, firstMs + 1_000, firstMs]);
  });
});
