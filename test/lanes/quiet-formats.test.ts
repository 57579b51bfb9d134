import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { codecOfFormat, type FormatConfig } from "../../src/codec/formats.ts";
import type { Yield } from "../../src/lanes/lane.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import { packFrames } from "../../src/record/batch.ts";
import { ManualClock } from "../support/clock.ts";
import { laneSettingsFor } from "../support/lane-settings.ts";
import { provenance } from "../support/provenance.ts";

const NOON_MS = Date.UTC(2026, 10, 20, 12);
const from = provenance({ receivedMs: NOON_MS });

/** What must not depend on the fast path: events (but for ids made up) and the ledger's share. */
function visible(results: readonly Yield[]): unknown {
  return results.map(({ records, malformed, settled, held, parcels }) => ({
    records,
    malformed,
    settled: [...settled].filter(([, count]) => count > 0).toSorted(),
    held,
    events: parcels.map(({ body }) => {
      const {
        event_id: _id,
        contexts: _contexts,
        ...event
      } = JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown>;
      return event;
    }),
  }));
}

function run(config: FormatConfig, lines: readonly string[], glance: boolean): unknown {
  const codecs = new Map([["line", codecOfFormat(config)]]);
  const lane = new LocalLane({ settings: laneSettingsFor(), codecs, processors: [], clock: new ManualClock(NOON_MS), glance });
  const frames = packFrames(lines.map((line) => Buffer.from(line)));
  return visible([lane.run({ codec: "line", from, frames, position: undefined }, 1), lane.tick(true)]);
}

const message = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    "2026/11/20 11:59:58 [error] 1#1: *1 boom, client: 10.0.0.1, server: a",
    '2026/11/20 11:59:58 [error] 1#1: *1 FastCGI sent in stderr: "PHP message: x',
    "[Fri Nov 20 11:59:58 2026] [core:error] [pid 1] [client 10.0.0.1:3] boom",
    "[Fri Nov 20 11:59:58 2026] not of Apache",
    '203.0.113.9 - - [20/Nov/2026:11:59:58 +0000] "GET /a HTTP/1.1" 503 0 "-" "curl/8"',
    "level=error msg=x",
    "Traceback (most recent call last):",
  ),
);
const object = fc
  .record(
    {
      level: fc.constantFrom("info", "error", "debug", "odd", 30, 50),
      msg: message,
      host: fc.constantFrom("web1", "web2"),
      request_id: fc.constantFrom("r-1", "r-2"),
      log: message,
    },
    { requiredKeys: [] },
  )
  .map((members) => JSON.stringify(members));
const content = fc.oneof(object, object, message, fc.constantFrom("", "{", "{}"));

describe("the quiet path", () => {
  it("changes nothing about lines of a container runtime", () => {
    const line = fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .tuple(fc.constantFrom("stdout F", "stderr F", "stdout P"), content)
          .map(([head, text]) => `2026-11-20T11:59:59.5Z ${head} ${text}`),
      },
      { weight: 1, arbitrary: content },
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        assert.deepEqual(run({ format: "cri" }, lines, true), run({ format: "cri" }, lines, false));
      }),
    );
  });

  it("changes nothing about lines that may be a web server's", () => {
    fc.assert(
      fc.property(fc.array(content, { maxLength: 12 }), fc.constantFrom(undefined, "+01:00"), (lines, time_zone) => {
        assert.deepEqual(run({ format: "auto", time_zone }, lines, true), run({ format: "auto", time_zone }, lines, false));
      }),
    );
  });
});
