import assert from "node:assert/strict";
import { codecOfFormat, type FormatConfig } from "../../src/codec/formats.ts";
import { syslogCodec } from "../../src/codec/syslog.ts";
import { timeZoneOf } from "../../src/codec/time-zone.ts";
import { isMalformed, NOTHING, type Codec, type Decoded, type Glancer } from "../../src/component/codec.ts";
import { fieldText } from "../../src/record/field.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { codecs } from "../../src/registry.ts";
import { provenance } from "../support/provenance.ts";
import { UTC } from "../support/syslog-frames.ts";
import { MSGPACK_MUTATIONS, PROTOBUF_MUTATIONS } from "./binary-mutations.ts";
import * as corpus from "./corpus.ts";
import { JSON_MUTATIONS } from "./json-mutations.ts";
import { cooked, type Mutation, type Recipe } from "./mutation.ts";
import type { Subject, Target } from "./target.ts";
import { LINE_MUTATIONS, SYSLOG_MUTATIONS } from "./wire-mutations.ts";

const FROM = provenance({ receivedMs: Date.UTC(2026, 10, 20, 12), peer: "", tag: "" });
/** What trails may be keyed by. */
const WANTED = ["host", "container_id", "pod", "container_name", "service", "program", "tag", "trace_id", "request_id"];
/** Neighbours that would be read if a walk went too far. */
const [BEFORE, BEHIND] = [Buffer.from('"x{'), Buffer.from('"}]\n\xff', "latin1")];

/** A codec as batches meet it, and what its inputs look like. */
export interface CodecCase {
  readonly name: string;
  readonly codec: Codec;
  readonly recipe: Recipe;
}

export async function codecCases(): Promise<readonly CodecCase[]> {
  const { records } = await corpus.grpcCorpus();
  const lines = [...corpus.jsonLines, ...corpus.textLines, ...corpus.linesOf("logfmt")];
  const recipe = (from: readonly Buffer[], ...structure: readonly Mutation[]): Recipe => ({ corpus: from, structure });
  const line = (name: string, config: FormatConfig, from: readonly Buffer[]): CodecCase => {
    const all = [...corpus.linesOf(config.format), ...from];
    return { name, codec: codecOfFormat(config), recipe: recipe(all, ...LINE_MUTATIONS, ...JSON_MUTATIONS) };
  };
  const known = (name: string, made: Recipe): CodecCase => ({ name, codec: registered(name), recipe: made });
  const syslog = (name: string, codec: Codec): CodecCase => ({
    name,
    codec,
    recipe: recipe(corpus.syslogMessages, ...SYSLOG_MUTATIONS, ...JSON_MUTATIONS, ...LINE_MUTATIONS),
  });
  return [
    known("gelf", recipe([...corpus.gelfMessages, ...corpus.jsonLines], ...JSON_MUTATIONS)),
    known("json", recipe([...corpus.jsonLines, ...corpus.gelfMessages], ...JSON_MUTATIONS)),
    known("auto", recipe(lines, ...JSON_MUTATIONS, ...LINE_MUTATIONS)),
    known("text", recipe(lines, ...LINE_MUTATIONS)),
    known("forward", recipe(corpus.forwardEntries, ...MSGPACK_MUTATIONS)),
    known("grpc", recipe(records, ...PROTOBUF_MUTATIONS)),
    syslog("syslog", syslogCodec({ zone: UTC, logFormat: undefined, issueFromStatus: undefined })),
    syslog("syslog_access", syslogCodec({ zone: timeZoneOf("Europe/Berlin") ?? UTC, logFormat: TIMED, issueFromStatus: 400 })),
    line("cri", { format: "cri" }, []),
    line("docker", { format: "docker" }, corpus.jsonLines.slice(0, 20)),
    line("logfmt", { format: "logfmt", time_zone: "+02:00" }, []),
    line("nginx_access", { format: "nginx_access", issue_from_status: 500 }, corpus.textLines),
    line("nginx_access_own", { format: "nginx_access", log_format: TIMED, issue_from_status: 400 }, corpus.textLines),
    line("nginx_access_json", { format: "nginx_access", log_format: JSON_FORMAT }, corpus.jsonLines.slice(0, 20)),
    line("nginx_error", { format: "nginx_error", time_zone: "Europe/Berlin" }, corpus.textLines),
    line(
      "regex",
      { format: "regex", pattern: "^(?P<time>\\S+ \\S+) (?P<level>[A-Z]+) \\[(?<logger>[^\\]]+)\\] (?P<message>.*)$" },
      corpus.textLines,
    ),
    line("auto_zoned", { format: "auto", time_zone: "America/New_York" }, lines),
    line("text_zoned", { format: "text", time_zone: "+01:00" }, lines),
  ];
}

const TIMED =
  "log_format timed '$remote_addr [$time_local] \"$request\" $status $upstream_status ${upstream_response_time}s rid=$request_id';";
const JSON_FORMAT =
  'log_format j escape=json \'{"at":"$time_iso8601","rid":"$request_id","code":$status,"line":"$request","tp":"$http_traceparent"}\';';

function registered(name: string): Codec {
  const codec = codecs.get(name);
  if (codec === undefined) throw new Error(`no codec named ${name}`);
  return codec;
}

export async function codecTargets(): Promise<readonly Target[]> {
  return (await codecCases()).map(({ name, codec, recipe }) => ({
    name: `codec_${name}`,
    share: 1,
    fresh: () => subject(codec, recipe),
  }));
}

function subject(codec: Codec, recipe: Recipe): Subject {
  const glancer = codec.glancer?.(WANTED);
  return {
    make: (random) => cooked(recipe, random),
    check(input) {
      const bytes = Buffer.concat([BEFORE, input, BEHIND]);
      const [start, end] = [BEFORE.length, BEFORE.length + input.length];
      const sure = glancer?.look(bytes, start, end) === true;
      // Read before the decode, which may look elsewhere.
      const seen = sure && glancer !== undefined ? sighting(glancer, bytes) : undefined;
      const decoded = codec.decode(bytes, start, end, FROM);
      checkDecoded(decoded);
      if (seen !== undefined) {
        assert.ok(isRecord(decoded), "a glance was sure of what is no record");
        assert.deepEqual(
          { severity: decoded.severity, stated: decoded.severityStated, values: WANTED.map((name) => fieldText(decoded, name)) },
          seen,
        );
      }
      const brief = codec.brief?.(bytes, start, end, FROM);
      if (brief !== undefined) {
        assert.ok(isRecord(decoded), "a brief look found a record where there is none");
        assert.deepEqual([brief.severity, brief.message, brief.timeMs], [decoded.severity, decoded.message, decoded.timeMs]);
      }
    },
  };
}

function sighting({ seen }: Glancer, bytes: Buffer): object {
  const values = WANTED.map((_, slot) => {
    const start = seen.starts[slot] ?? -1;
    return start < 0 ? undefined : bytes.toString("utf8", start, seen.ends[slot]);
  });
  return { severity: seen.severity, stated: true, values };
}

function isRecord(decoded: Decoded): decoded is LogRecord {
  return decoded !== NOTHING && !isMalformed(decoded);
}

/** A record is whole, and of a kind that all behind may rely on. */
function checkDecoded(decoded: Decoded): void {
  if (!isRecord(decoded)) {
    assert.ok(
      decoded === NOTHING || (typeof decoded.malformed === "string" && decoded.malformed.length < 1_000),
      "no reason given",
    );
    return;
  }
  assert.ok(Number.isFinite(decoded.timeMs), `time ${decoded.timeMs}`);
  assert.ok(
    Number.isInteger(decoded.severity) && decoded.severity >= 1 && decoded.severity <= 24,
    `severity ${decoded.severity}`,
  );
  assert.ok(typeof decoded.message === "string" && decoded.message !== "", "no message");
  assert.ok(decoded.traceId === undefined || /^[0-9a-f]{32}$/.test(decoded.traceId), `trace id ${decoded.traceId}`);
  assert.ok(decoded.spanId === undefined || /^[0-9a-f]{16}$/.test(decoded.spanId), `span id ${decoded.spanId}`);
  assert.ok(decoded.fields instanceof Map && decoded.fields.size <= 5_000, `${decoded.fields.size} fields`);
  assert.equal(decoded.from, FROM);
}
