import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import type { Yield } from "../../src/lanes/lane.ts";
import { packFrames, type Batch } from "../../src/record/batch.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { syslogCodec } from "../../src/codec/syslog.ts";
import { criLine } from "../../src/codec/cri-line.ts";
import { codecs } from "../../src/registry.ts";
import { syslogFrame, UTC } from "../support/syslog-frames.ts";
import { laneSettingsFor } from "../support/lane-settings.ts";
import { ManualClock } from "../support/clock.ts";

const RECEIVED_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

function from(tag: string, peer = "10.0.0.1"): Provenance {
  return { input: "edge", peer, receivedMs: RECEIVED_MS, tag, labels: undefined, metadata: undefined };
}

const value = fc.constantFrom("a".repeat(32), "0".repeat(32), "req-1", "-", " x", "web1", "ü");
const provenance = fc
  .record({
    tag: fc.constantFrom("", "", "app.web"),
    peer: fc.constantFrom("10.0.0.1", "10.0.0.2"),
    // What the path of a file says for sure.
    place: fc.option(
      fc.dictionary(fc.constantFrom("log_file", "namespace", "pod", "container_name", "container_id", "restart_count"), value, {
        maxKeys: 5,
      }),
    ),
    labels: fc.option(fc.dictionary(fc.constantFrom("team", "service", "pod", "trace_id"), value, { maxKeys: 2 })),
    metadata: fc.option(
      fc.oneof(
        fc.dictionary(fc.constantFrom("trace_id", "request_id", "user_id", "client_ip", "host", "level", "message"), value, {
          maxKeys: 3,
        }),
        // What the labels of a pod say, and a path might.
        fc.dictionary(
          fc.constantFrom(
            "log_file",
            "namespace",
            "pod",
            "container_name",
            "container_id",
            "restart_count",
            "service",
            "release",
            "k8s.team",
            "trace_id",
          ),
          value,
          { maxKeys: 5 },
        ),
      ),
    ),
  })
  .map(({ tag, peer, place, labels, metadata }): Provenance => ({
    ...from(tag, peer),
    labels: labels === null ? undefined : new Map(Object.entries(labels)),
    metadata: metadata === null ? undefined : new Map(Object.entries(metadata)),
    ...(place === null ? {} : { place: new Map(Object.entries(place)) }),
  }));

/** What must not depend on the fast path: parcels (but for ids made up) and the ledger's share. */
function visible(results: readonly Yield[]): unknown {
  return results.map((result) => ({
    records: result.records,
    malformed: result.malformed,
    settled: [...result.settled].filter(([, records]) => records > 0).sort(),
    held: result.held,
    parcels: result.parcels.map(({ body, eventId: _eventId, ...parcel }) => {
      const { event_id: _id, contexts, ...event } = JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown>;
      // A span id is derived from the event id where the record names none.
      const trace = (contexts as { trace?: { trace_id?: string } } | undefined)?.trace?.trace_id;
      return { ...parcel, trace, event };
    }),
  }));
}

const plainSyslog = syslogCodec({ zone: UTC, logFormat: undefined, issueFromStatus: undefined });
const nginxSyslog = syslogCodec({ zone: UTC, logFormat: undefined, issueFromStatus: 404 });

function run(batches: readonly Batch[], glance: boolean): unknown {
  const lane = new LocalLane({
    settings: laneSettingsFor(),
    codecs: new Map([...codecs, ["syslog", plainSyslog], ["nginx", nginxSyslog], ["cri", criLine]]),
    processors: [],
    clock: new ManualClock(RECEIVED_MS),
    glance,
  });
  const results = batches.map((batch, id) => lane.run(batch, id));
  return visible([...results, lane.tick(true)]);
}

const level = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom("info", "error", "ERROR", "warn", "30", " info ", "", "odd"),
  fc.constant(null),
);
const message = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom(
    "ok",
    "",
    " ",
    "Traceback (most recent call last):",
    "\tat a.b.C.d(C.java:1)",
    "java.lang.IllegalStateException: x",
    '{"level":3}',
    "2026/01/02 03:04:05 [error] 1#1: *1 boom, client: 10.0.0.1, server: a",
    "line\nline",
    "naïve ☃",
    "2026-01-02 ERROR boom",
    "level=warn slow",
  ),
);
const text = fc.oneof(
  fc.constantFrom("web1", "web2", "a".repeat(32), "0".repeat(32), "A".repeat(32), "", " x", "ü", "/web", "-", "a b"),
  fc.string({ maxLength: 8 }),
);
const member = fc.oneof(
  fc.tuple(fc.constantFrom("level", "_level", "severity", "log.level", "levelname", "status", "@l", "L"), level),
  fc.tuple(fc.constantFrom("short_message", "message", "msg", "full_message", "event", "log", "@mt"), message),
  fc.tuple(
    fc.constantFrom(
      "host",
      "_host",
      "hostname",
      "service",
      "_service",
      "container_id",
      "_container_name",
      "container_name",
      "pod",
      "_pod",
      "tag",
      "file",
      "program",
    ),
    text,
  ),
  fc.tuple(
    fc.constantFrom(
      "trace_id",
      "_trace_id",
      "traceparent",
      "request_id",
      "_request_id",
      "req_id",
      "id",
      "_id",
      "version",
      "_image_id",
    ),
    text,
  ),
  fc.tuple(
    fc.constantFrom("extra", "context", "kubernetes", "log", "req", "user", "error", "a", "b"),
    fc.dictionary(fc.constantFrom("level", "message", "trace_id", "pod_name", "x"), fc.oneof(text, fc.integer()), { maxKeys: 3 }),
  ),
  fc.tuple(
    fc.constantFrom("n", "flag", "list", "timestamp", "time"),
    fc.oneof(fc.double({ noNaN: true }), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }), fc.constant(null)),
  ),
  fc.tuple(fc.string({ maxLength: 6 }), text),
);
/** Members as text, so that names can repeat and white space can vary. */
const object = fc
  .tuple(fc.array(member, { maxLength: 8 }), fc.constantFrom("", " ", "\n "))
  .map(
    ([members, space]) =>
      `{${members.map(([name, value]) => `${space}${JSON.stringify(name)}${space}:${space}${JSON.stringify(value)}`).join(",")}${space}}`,
  );
const loud = fc.constant(
  '{"short_message":"boom","level":3,"host":"web1","_trace_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","message":"boom"}',
);
const broken = fc.constantFrom(
  "{",
  "nonsense",
  '{"a":1',
  '{"level":6,"short_message":"x"}}',
  '{"level":6,"short_message":"x\\q"}',
  '{"level":06,"short_message":"x"}',
  '{"level":6,}',
);
const frame = fc.oneof({ weight: 6, arbitrary: object }, { weight: 2, arbitrary: loud }, { weight: 1, arbitrary: broken });

describe("QuietPath", () => {
  for (const codec of ["gelf", "json", "auto"]) {
    it(`changes nothing about what ${codec} frames become`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(provenance, fc.array(frame, { minLength: 1, maxLength: 6 })), { maxLength: 6 }),
          (groups) => {
            const batches = groups.map(([origin, frames]) => ({
              codec,
              from: origin,
              frames: packFrames(frames.map((one) => Buffer.from(one))),
              position: undefined,
            }));

            assert.deepEqual(run(batches, true), run(batches, false));
          },
        ),
        { numRuns: 200 },
      );
    });
  }

  for (const codec of ["syslog", "nginx"]) {
    it(`changes nothing about what syslog messages become (${codec})`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(provenance, fc.array(syslogFrame, { minLength: 1, maxLength: 6 })), { maxLength: 6 }),
          (groups) => {
            const batches = groups.map(([origin, frames]) => ({
              codec,
              from: origin,
              frames: packFrames(frames),
              position: undefined,
            }));

            assert.deepEqual(run(batches, true), run(batches, false));
          },
        ),
        { numRuns: 200 },
      );
    });
  }

  it("changes nothing about what lines of a container's file become", () => {
    const line = fc
      .tuple(fc.constantFrom("stdout", "stderr"), frame)
      .map(([output, one]) => `2026-01-02T03:04:05.6Z ${output} F ${one}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(provenance, fc.array(line, { minLength: 1, maxLength: 6 })), { maxLength: 6 }), (groups) => {
        const batches = groups.map(([origin, frames]) => ({
          codec: "cri",
          from: { ...origin, tag: "/var/log/containers/web.log", peer: "" },
          frames: packFrames(frames.map((one) => Buffer.from(one))),
          position: undefined,
        }));

        assert.deepEqual(run(batches, true), run(batches, false));
      }),
      { numRuns: 200 },
    );
  });

  it("leaves the inside of a trace that waits to the joiner, blank lines and lines that only their place tells", () => {
    const lines = [
      "panic: boom",
      "",
      "goroutine 1 [running]:",
      "main.work(...)",
      "\t/app/main.go:12",
      "main.main()",
      "\t/app/main.go:7",
      "",
    ];
    for (const level of [{}, { level: 6 }, { level: 3 }]) {
      const frames = [...lines, "served /cart"].map((line) => ({ host: "web1", short_message: line, ...level }));
      const batches = frames.map((one) => ({
        codec: "gelf",
        from: from(""),
        frames: packFrames([Buffer.from(JSON.stringify(one))]),
        position: undefined,
      }));

      assert.deepEqual(run(batches, true), run(batches, false));
    }
  });

  it("is what quiet GELF takes", () => {
    const codec = codecs.get("gelf");
    const glancer = codec?.glancer?.(["host"]);
    const bytes = Buffer.from('{"version":"1.1","host":"web1","short_message":"ok","timestamp":1.5,"level":6,"_user":"x"}');

    assert.equal(glancer?.look(bytes, 0, bytes.length), true);
    assert.equal(bytes.toString("utf8", glancer.seen.starts[0], glancer.seen.ends[0]), "web1");
  });
});
