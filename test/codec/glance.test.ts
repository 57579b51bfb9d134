import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { encode } from "@msgpack/msgpack";
import type { MessageTypeDefinition } from "@grpc/proto-loader";
import fc from "fast-check";
import { isMalformed, NOTHING, type Codec, type Glancer } from "../../src/component/codec.ts";
import { fieldText } from "../../src/record/field.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { syslogCodec } from "../../src/codec/syslog.ts";
import { codecs } from "../../src/registry.ts";
import { syslogFrame, UTC } from "../support/syslog-frames.ts";
import { loadLogRelay } from "../../src/wire/grpc-proto.ts";

const WANTED = ["host", "container_id", "pod", "container_name", "service", "program", "tag", "trace_id", "request_id"];
const FROM: Provenance = {
  input: "edge",
  peer: "",
  receivedMs: 1_790_000_000_000,
  tag: "",
  labels: undefined,
  metadata: undefined,
};

/** A log object as a list, so that names can repeat where a format lets them. */
type Member = readonly [name: string, value: unknown];

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("web1", "web2", "a", "a".repeat(32), "f-1.2_3") },
  fc.constantFrom("0".repeat(32), "A".repeat(32), "", " x", "x ", "ü", "/web", "-", "a b", "x".repeat(250)),
);
const odd = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.constant([]),
  fc.constant({}),
);
const label = fc.tuple(
  fc.constantFrom("app", "k8s-app", "app.kubernetes.io/name", "app_kubernetes_io_name", "tier", "version"),
  text,
);
const place = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(
      fc.constantFrom("pod_name", "container_name", "docker_id", "host", "namespace_name", "container_image", "pod_node_name"),
      text,
    ),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("labels", "pod_labels"), fc.array(label, { maxLength: 3 })) },
  fc.tuple(
    fc.constantFrom(
      "pod",
      "container",
      "container_id",
      "node",
      "node_name",
      "namespace",
      "labels",
      "pod_name",
      "x",
      "pod_labels",
    ),
    odd,
  ),
);
const kubernetes = fc.tuple(fc.constant("kubernetes"), fc.array(place, { maxLength: 6 }));
const keys = fc.constantFrom(
  ..."host _host hostname service app service.name container_id container_name _container_name pod pod_name".split(" "),
  ..."x-trace-id dd.trace_id trace_context.trace_id kubernetes.pod_node_name".split(" "),
  ..."kubernetes.host kubernetes.pod_name node_name tag program trace_id traceparent request_id req_id x status".split(" "),
);
const header = fc.tuple(
  fc.constantFrom("x-request-id", "traceparent", "x-b3-traceid", "x-datadog-trace-id", "host"),
  fc.oneof(text, fc.constant("26")),
);
const request = fc.tuple(
  fc.constantFrom("req", "request", "httpRequest"),
  fc.tuple(header, header).map((headers): Member[] => [
    ["method", "GET"],
    ["headers", headers],
  ]),
);
const container = fc.tuple(
  fc.constantFrom(..."context data payload meta fields span spans Scopes resource record message proxy".split(" ")),
  fc
    .array(
      fc.oneof(
        fc.tuple(keys, text),
        fc.tuple(fc.constantFrom("user", "n", "level", "name", "logLevel"), odd),
        fc.tuple(
          fc.constantFrom("attributes", "extra", "trace", "user", "labels"),
          fc.array(fc.tuple(keys, text), { minLength: 1, maxLength: 2 }),
        ),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((list): unknown => list),
);
const flatRequest = fc.tuple(fc.constantFrom("req.headers", "http.request.headers"), fc.array(header, { maxLength: 2 }));
const level = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constantFrom("level", "severity", "_level"), fc.constantFrom("info", "error", "warn", "4", 6, 3)),
  },
  fc.tuple(fc.constantFrom("level", "severity", "levelname", "status", "log.level"), odd),
);
const other = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom("message", "short_message", "msg", "log"),
      fc.constantFrom("all is well", "", '{"level":3}', "é"),
    ),
  },
  { weight: 6, arbitrary: fc.tuple(keys, text) },
  { weight: 3, arbitrary: kubernetes },
  { weight: 3, arbitrary: container },
  request,
  flatRequest,
  fc.constant<Member>(["method", "GET"]),
  fc.tuple(keys, odd),
  fc.tuple(fc.constantFrom("kubernetes", "docker", "context", "n"), odd),
);
const members = fc
  .tuple(level, fc.array(other, { maxLength: 8 }), fc.nat(8))
  .map(([first, rest, at]): Member[] => rest.toSpliced(at, 0, first));

function isMembers(value: unknown): value is readonly Member[] {
  return Array.isArray(value) && value.length > 0;
}

/** As JSON, with repeated names left in. */
function json(value: unknown): string {
  if (!isMembers(value)) return JSON.stringify(value);
  return `{${value.map(([name, inner]) => `${JSON.stringify(name)}:${json(inner)}`).join(",")}}`;
}

function msgpack(value: unknown): Buffer {
  if (!isMembers(value)) return Buffer.from(encode(value));
  return Buffer.concat([Buffer.of(0x80 | value.length), ...value.flatMap(([name, inner]) => [msgpack(name), msgpack(inner)])]);
}

/** As a google.protobuf.Value for proto-loader. */
function protoValue(value: unknown): object {
  if (isMembers(value)) return { structValue: protoStruct(value) };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Array.isArray(value) ? { listValue: {} } : value === null ? { nullValue: 0 } : { structValue: {} };
}

function protoStruct(list: readonly Member[]): object {
  return { fields: Object.fromEntries(list.map(([name, value]) => [name, protoValue(value)])) };
}

let record: MessageTypeDefinition<object, object>;

before(async () => {
  // The name is that of a message in our proto file.
  record = (await loadLogRelay()).all["crumbtrail.v1.Record"] as MessageTypeDefinition<object, object>;
});

const OWN = new Set(["message", "host", "service", "trace_id"]);

/** Some members as the record's own fields, the others in its `fields`. */
function grpcRecord(list: readonly Member[]): Buffer {
  const own = list.filter(([name, value]) => OWN.has(name) && typeof value === "string" && value.length % 2 === 0);
  const rest = list.filter((member) => !own.includes(member));
  const stated = Object.fromEntries(own.map(([name, value]) => [name === "trace_id" ? "traceId" : name, value]));
  return record.serialize({ severity: list.length % 3 === 0 ? "" : "info", ...stated, fields: protoStruct(rest) });
}

/** What a sure glance says must be what the record says; returns whether it was sure. */
function holds(codec: Codec, glancer: Glancer, frame: Buffer): boolean {
  // Neighbours that would be read if a walk went too far.
  const bytes = Buffer.concat([Buffer.from('"x'), frame, Buffer.from('"}')]);
  if (!glancer.look(bytes, 2, 2 + frame.length)) return false;
  const { seen } = glancer;
  const decoded = codec.decode(bytes, 2, 2 + frame.length, FROM);
  assert.ok(decoded !== NOTHING && !isMalformed(decoded));
  assert.deepEqual([decoded.severityStated, decoded.severity], [true, seen.severity]);
  for (const [slot, name] of WANTED.entries()) {
    const start = seen.starts[slot] ?? -1;
    assert.equal(start < 0 ? undefined : bytes.toString("utf8", start, seen.ends[slot]), fieldText(decoded, name), name);
  }
  return true;
}

describe("a glance", () => {
  const formats: Readonly<Record<string, (list: readonly Member[]) => Buffer>> = {
    gelf: (list) => Buffer.from(json(list)),
    json: (list) => Buffer.from(json(list)),
    forward: (list) => Buffer.concat([Buffer.of(0x92, 0x05), msgpack(list)]),
    grpc: grpcRecord,
  };
  for (const [name, write] of Object.entries(formats)) {
    it(`says of ${name} what the full decode says, or that it is unsure`, () => {
      const codec = codecs.get(name);
      const glancer = codec?.glancer?.(WANTED);
      assert.ok(codec !== undefined && glancer !== undefined);
      let sure = 0;
      fc.assert(
        fc.property(members, (list) => {
          if (holds(codec, glancer, write(list))) sure += 1;
        }),
        { numRuns: 1_200 },
      );
      assert.ok(sure > 40, `only ${sure} of 1200 were sure`);
    });

    it(`is not misled by ${name} that is cut off or changed in one byte`, () => {
      const codec = codecs.get(name);
      const glancer = codec?.glancer?.(WANTED);
      assert.ok(codec !== undefined && glancer !== undefined);
      fc.assert(
        fc.property(members, fc.nat(), fc.nat(255), (list, place, byte) => {
          const frame = write(list);
          // Once as it is, so that its shape is known.
          holds(codec, glancer, frame);
          holds(codec, glancer, frame.subarray(0, place % frame.length));
          frame[place % frame.length] = byte;
          holds(codec, glancer, frame);
        }),
        { numRuns: 800 },
      );
    });
  }

  for (const issueFromStatus of [undefined, 404]) {
    it(`says of syslog what the full decode says, or that it is unsure; issue_from_status ${issueFromStatus}`, () => {
      const codec = syslogCodec({ zone: UTC, logFormat: undefined, issueFromStatus });
      const glancer = codec.glancer?.(WANTED);
      assert.ok(glancer !== undefined);
      let sure = 0;
      fc.assert(
        fc.property(syslogFrame, fc.nat(), fc.nat(255), (frame, place, byte) => {
          if (holds(codec, glancer, frame)) sure += 1;
          holds(codec, glancer, frame.subarray(0, place % (frame.length + 1)));
          const changed = Buffer.from(frame);
          changed[place % Math.max(1, frame.length)] = byte;
          holds(codec, glancer, changed);
        }),
        { numRuns: 1_200 },
      );
      assert.ok(sure > 8, `only ${sure} of 1200 were sure`);
    });
  }
});
