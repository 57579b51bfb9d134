// What real senders sent, and what the golden files hold: the inputs that cases begin with.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "@msgpack/msgpack";
import type { MessageTypeDefinition } from "@grpc/proto-loader";
import { CarryBudget } from "../../src/wire/carry.ts";
import { ForwardEntries } from "../../src/wire/forward-entries.ts";
import { ForwardFramer } from "../../src/wire/forward-framer.ts";
import { loadLogRelay } from "../../src/wire/grpc-proto.ts";
import { inflate } from "../../src/wire/inflate.ts";
import { array, entry, eventTime } from "../support/forward-bytes.ts";
import { goldenCases, goldenNames } from "../support/golden-decode.ts";
import { goldenFiles } from "../support/golden.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.resolve("#package.json"))), "test", "fixtures");

/** All captures of a folder whose names match. */
function captures(folder: string, names: RegExp): Buffer[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => names.test(name))
    .toSorted()
    .map((name) => readFileSync(join(ROOT, folder, name)));
}

function unique(all: readonly Buffer[]): Buffer[] {
  return [...new Map(all.map((bytes) => [bytes.toString("latin1"), bytes])).values()];
}

/** Datagrams of GELF over UDP: plain, compressed, chunks. */
export const gelfDatagrams = captures("gelf", /-udp-.*\.bin$/);
/** Connections of GELF over TCP. */
export const gelfStreams = captures("gelf", /-tcp-.*\.bin$/);
/** Connections of the forward protocol, what comes behind a handshake left as it is. */
export const forwardStreams = captures("forward", /\.rx\.bin$/);
/** Both directions of connections with a handshake. */
export const handshakes = captures("forward", /\.(?:c2s|s2c)\.bin$/);

/** GELF messages unpacked. */
export const gelfMessages = unique([
  ...gelfDatagrams.filter((datagram) => datagram[0] !== 0x1e).flatMap((datagram) => inflated(datagram)),
  ...gelfStreams.flatMap((stream) => stream.toString("latin1").split(/[\0\n]/)).map((frame) => Buffer.from(frame, "latin1")),
]).filter(({ length }) => length > 0 && length < 9_000);

function inflated(datagram: Buffer): Buffer[] {
  const found = inflate(datagram, 1 << 20);
  return Buffer.isBuffer(found) ? [found] : [];
}

/** Lines of the golden files, by what `--in` says of them ("auto", "syslog", a format as JSON). */
const golden = ["json-lines", "lines", "syslog"].flatMap((folder) =>
  goldenNames(folder).flatMap((name) => goldenCases(`${folder}/${name}`)),
);
/** What loggers print, as it stands in files: whole conversations. */
export const printed = goldenNames("issues").map((name) => readFileSync(join(ROOT, "..", "golden", "issues", `${name}.txt`)));
const issueLines = printed.flatMap((text) => text.toString("utf8").split("\n")).filter((line) => line !== "");
/** Stack traces, each with all its lines. */
export const traces = goldenFiles("traces", ["text", "trace"]).map(({ input }) => Buffer.from(input.trimEnd()));

export const jsonLines = unique(
  [...golden.filter(({ codec }) => codec === "auto").map(({ input }) => input), ...issueLines]
    .filter((line) => line.startsWith("{"))
    .map((line) => Buffer.from(line)),
);
export const textLines = unique([
  ...issueLines.filter((line) => !line.startsWith("{")).map((line) => Buffer.from(line)),
  ...traces.filter(({ length }) => length < 4_000),
  ...captures("nginx", /\.txt$/).flatMap((text) =>
    text
      .toString("utf8")
      .split("\n")
      .slice(0, 60)
      .map((line) => Buffer.from(line)),
  ),
]);
export const syslogMessages = unique([
  ...captures("nginx", /syslog.*\.bin$/),
  ...golden.filter(({ codec }) => codec.startsWith("syslog")).map(({ input }) => Buffer.from(input)),
]);

/** Lines of the golden files of one format. */
export function linesOf(format: string): Buffer[] {
  return golden.filter(({ codec }) => codec.startsWith(`{"format":"${format}"`)).map(({ input }) => Buffer.from(input));
}

/** Entries of the forward protocol: those captured, and what else is logged as JSON in msgpack. */
export const forwardEntries = unique([
  ...forwardStreams.flatMap(entriesOf),
  ...[...jsonLines, ...gelfMessages].flatMap((line) => fromJson(line, (object) => entry(object, eventTime(1_795_170_817, 5)))),
  ...textLines.slice(0, 40).map((line) => entry({ log: line.toString("utf8"), stream: "stderr", container_id: "5f3bdeadbeef" })),
  ...textLines.slice(0, 20).map((line, i) =>
    entry({
      log: line.toString("utf8"),
      partial_message: "true",
      partial_id: "p1",
      partial_ordinal: `${i}`,
      partial_last: `${i === 3}`,
    }),
  ),
]);

function fromJson(line: Buffer, make: (object: unknown) => Buffer): Buffer[] {
  try {
    return [make(JSON.parse(line.toString("utf8")))];
  } catch {
    return [];
  }
}

function entriesOf(stream: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (const { body } of new ForwardFramer(1 << 24, new CarryBudget(Infinity)).push(Buffer.from(stream))) {
    if (body.kind === "frames") {
      for (let i = 0; i < body.bounds.length; i += 2)
        found.push(Buffer.from(body.bytes.subarray(body.bounds[i], body.bounds[i + 1])));
    }
    if (body.kind !== "entries") continue;
    const entries = new ForwardEntries(body.bytes, body.start, body.end);
    while (!entries.done) {
      const { bounds } = entries.next();
      for (let i = 0; i < bounds.length; i += 2) found.push(Buffer.from(body.bytes.subarray(bounds[i], bounds[i + 1])));
    }
  }
  return found;
}

/** Connections of the forward protocol in JSON. */
export const forwardJson = jsonLines.map((line, i) => {
  const text = line.toString("utf8");
  const message =
    i % 2 === 0 ? `["app.a",1795170817,${text}]` : `["app.b",[[1795170817,${text}],[1.5,{"log":"x"}]],{"chunk":"c${i}"}]`;
  return Buffer.from(`${message}${i % 3 === 0 ? "\n" : ""}["t",1,{"message":"next"}]`);
});

/** The same messages as the forward protocol's other modes: Forward, PackedForward, as Fluentd and Docker send them. */
export const forwardModes = forwardEntries.slice(0, 60).map((one, i) => {
  const more = forwardEntries[(i * 7) % forwardEntries.length] ?? one;
  const whole = decode(one) as readonly unknown[];
  return [
    array("app.a", array(one, more), { chunk: `c${i}` }),
    array(
      "app.b",
      Buffer.concat([Buffer.of(0xc5, (one.length + more.length) >> 8, (one.length + more.length) & 0xff), one, more]),
      { size: 2 },
    ),
    array("app.c", whole[0] ?? 1, whole[1] ?? {}),
  ][i % 3] as Buffer;
});

/** Records of our gRPC service, and batches of them. */
export async function grpcCorpus(): Promise<{ readonly records: readonly Buffer[]; readonly batches: readonly Buffer[] }> {
  const { all } = await loadLogRelay();
  // The names are those of messages in our proto file.
  const record = all["crumbtrail.v1.Record"] as MessageTypeDefinition<object, object>;
  const batch = all["crumbtrail.v1.Batch"] as MessageTypeDefinition<object, object>;
  const messages = jsonLines.flatMap((line, i) => recordOf(line, i));
  return {
    records: messages.map((message) => record.serialize(message)),
    batches: messages.map((message, i) =>
      batch.serialize({ id: `b-${i}`, records: [message, messages[(i * 3) % messages.length]] }),
    ),
  };
}

const SEVERITIES = ["info", "error", "", "warning", "fatal", "debug", "3"];

function recordOf(line: Buffer, i: number): object[] {
  try {
    const fields = structOf(JSON.parse(line.toString("utf8")) as object);
    const own = {
      message: `message ${i}`,
      severity: SEVERITIES[i % SEVERITIES.length],
      host: "web1",
      service: "shop",
      logger: "a.b",
    };
    return [
      i % 4 === 0 ? { fields } : { ...own, traceId: "a".repeat(32), time: { seconds: 1_795_170_817, nanos: 5_000 }, fields },
    ];
  } catch {
    return [];
  }
}

/** A google.protobuf.Struct as proto-loader wants it. */
function structOf(object: object): object {
  return { fields: Object.fromEntries(Object.entries(object).map(([key, value]) => [key, valueOf(value)])) };
}

function valueOf(value: unknown): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(valueOf) } };
  return typeof value === "object" && value !== null ? { structValue: structOf(value) } : { nullValue: 0 };
}
