// Names that mean something to JavaScript are names like any other, on every road from a frame to an event.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { ownCodec } from "../../src/component/codec.ts";
import { loadConfig } from "../../src/config/config.ts";
import { createCodecs, createProcessors, laneSettings } from "../../src/lanes/lanes.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import { packFrames } from "../../src/record/batch.ts";
import { JsonView } from "../../src/sentry/json-view.ts";
import { ManualClock } from "../support/clock.ts";
import { array, entry, headed } from "../support/forward-bytes.ts";
import { processorHost } from "../support/processing.ts";
import { provenance } from "../support/provenance.ts";

const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"] as const;
/** Each name twice: holding a text, and an object that tries to reach what is behind the name. */
const ATTACK = '{"polluted":"yes","prototype":{"polluted":"yes"},"__proto__":{"polluted":"yes"}}';

const CONFIG = `
inputs:
  lines: { type: stdin }
  stamped: { type: file, include: [/x.log], format: regex, pattern: '^(?<__proto__>\\w+) (?<constructor>\\w+) (?<message>.*)$' }
  apache: { type: file, include: [/y.log], format: nginx_access, issue_from_status: 500 }
  keyed: { type: file, include: [/z.log], format: logfmt }
  old: { type: syslog_udp, listen: "127.0.0.1:0" }
  framed: { type: syslog_tcp, listen: "127.0.0.1:0" }
  labelled: { type: file, include: [/w.log], labels: { constructor: red, toString: blue } }
policy:
  tags: [${NAMES.map((name) => JSON.stringify(name)).join(", ")}, " __proto__ ", "nest.__proto__.polluted"]
  trail: { keys: [constructor, __proto__.polluted, toString, stream] }
processors:
  - { type: enrich, set: { constructor: "{toString}", copied: "{__proto__}", "deep.constructor.prototype": x } }
  - { type: filter, drop: [{ __defineGetter__: nothing }] }
  - { type: scrub, keys: [valueOf] }
`;

const before = ownNames();
const clock = new ManualClock();
const loaded = loadConfig({ text: CONFIG, file: "relay.yml", env: {} });
assert.ok("config" in loaded, JSON.stringify(loaded));
const { config } = loaded;
const codecs = createCodecs(config);

function ownNames(): readonly string[] {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype].flatMap((prototype) =>
    Reflect.ownKeys(prototype).map(String),
  );
}

function span(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2, (content.length % 128) | 128, Math.floor(content.length / 128)]), content]);
}

const value = (text: string): Buffer => span(3, Buffer.from(text));
const member = (name: string, what: Buffer): Buffer => span(1, Buffer.concat([span(1, Buffer.from(name)), span(2, what)]));
const struct = (...members: readonly Buffer[]): Buffer => span(5, Buffer.concat(members));

function str(text: string): Buffer {
  return Buffer.concat([headed(0xdb, Buffer.byteLength(text)), Buffer.from(text)]);
}

function map(...members: readonly (readonly [string, Buffer])[]): Buffer {
  return Buffer.concat([headed(0xdf, members.length), ...members.flatMap(([name, what]) => [str(name), what])]);
}

/** The members of JSON objects that try it: as texts or as objects, below another one, and with dots. */
function json(head: string, prefix = ""): readonly string[] {
  const texts = NAMES.map((name) => `"${prefix}${name}":"text"`);
  const objects = NAMES.map((name) => `"${prefix}${name}":${ATTACK}`);
  const dotted = NAMES.map((name) => `"${prefix}${name}.polluted":"yes","${prefix}constructor.${name}":"yes"`);
  return [
    `{${head},${texts.join(",")}}`,
    `{${head},${objects.join(",")}}`,
    `{${head},${dotted.join(",")}}`,
    `{${head},"${prefix}nest":{${objects.join(",").replaceAll(`"${prefix}`, '"')}}}`,
    `{${head},"kubernetes":{"pod_name":"a","namespace_name":"b",${texts.join(",").replaceAll(`"${prefix}`, '"')}}}`,
    `{${head},"${prefix}headers":{${texts.join(",").replaceAll(`"${prefix}`, '"')}},"${prefix}method":"GET","${prefix}url":"/"}`,
  ];
}

const LINE = '"level":"error","message":"card declined"';
const lines = [...json(LINE), `level=error msg="card declined" ${NAMES.map((name) => `${name}=text`).join(" ")}`];
const attack = map(
  ["polluted", str("yes")],
  ["__proto__", map(["polluted", str("yes")])],
  ["constructor", map(["prototype", map(["polluted", str("yes")])])],
);
const syslog = [
  `<11>1 2026-08-21T12:00:00Z web-1 shop 1 - [x@1 ${NAMES.map((name) => `${name}="text"`).join(" ")}][__proto__@1 polluted="yes"] card declined`,
  ...json(LINE).map((text) => `<11>1 2026-08-21T12:00:00Z web-1 __proto__ 1 - - @cee: ${text}`),
  "<11>Aug 21 12:00:00 constructor __proto__[1]: card declined",
];

/** Frames by codec. */
const FRAMES: ReadonlyMap<string, readonly (string | Buffer)[]> = new Map<string, readonly (string | Buffer)[]>([
  ["gelf", json('"version":"1.1","host":"web-1","short_message":"card declined","level":3', "_")],
  [
    "forward",
    [
      entry(map(["level", str("error")], ["log", str("card declined")], ...NAMES.map((name) => [name, str("text")] as const))),
      entry(map(["level", str("error")], ["log", str("card declined")], ...NAMES.map((name) => [name, attack] as const))),
      entry(
        map(
          ["level", str("error")],
          ["log", str("card declined")],
          ["kubernetes", map(...NAMES.map((name) => [name, attack] as const))],
        ),
      ),
      array(1_700_000_000, map(["log", str(lines[1] ?? "")])),
    ],
  ],
  [
    "grpc",
    [
      NAMES.map((name) => member(name, value("text"))),
      NAMES.map((name) => member(name, struct(...NAMES.map((inner) => member(inner, value("yes")))))),
    ].map((members) =>
      Buffer.concat([span(2, Buffer.from("error")), span(3, Buffer.from("card declined")), span(9, Buffer.concat(members))]),
    ),
  ],
  ["auto", lines],
  ["json", json(LINE)],
  ["text", ["ERROR card declined __proto__=text constructor=text"]],
  [ownCodec("stamped"), ["text text ERROR card declined"]],
  [ownCodec("apache"), ['10.0.0.1 - __proto__ [21/Aug/2026:12:00:00 +0000] "GET /constructor HTTP/1.1" 500 0 "-" "toString"']],
  [ownCodec("keyed"), lines.slice(-1)],
  [ownCodec("lines"), lines],
  [ownCodec("labelled"), lines],
  [ownCodec("old"), syslog],
  [ownCodec("framed"), syslog],
]);

function events(codec: string, input: string): readonly JsonView[] {
  const processors = createProcessors(config, { random: () => 0.5 }, (name) => ({ ...processorHost(), name }));
  const lane = new LocalLane({ settings: laneSettings(config, "0.0.0"), codecs, processors, clock });
  const labels = config.inputs.find(({ name }) => name === "labelled")?.labels;
  const metadata = new Map(NAMES.map((name) => [name, "text"]));
  const from = { ...provenance({ input, tag: "__proto__", labels, metadata }), receivedMs: clock.nowMs() };
  const frames = packFrames((FRAMES.get(codec) ?? []).map((frame) => Buffer.from(frame)));
  const results = [lane.run({ codec, from, frames, position: undefined }, 1), lane.tick(true)];
  const parcels = results.flatMap((result) => result.parcels);
  return parcels.map(({ body }) => new JsonView(JSON.parse(Buffer.from(body).toString("utf8"))));
}

describe("names that mean something to JavaScript", () => {
  after(() => assert.deepEqual(ownNames(), before));

  it("are tried through every codec there is", () => {
    assert.deepEqual([...codecs.keys()].toSorted(), [...FRAMES.keys()].toSorted());
  });

  for (const codec of FRAMES.keys()) {
    it(`are plain names for ${codec}, whose events say what was sent and change nothing else`, () => {
      const made = events(codec, "labelled");

      assert.equal(made.length, FRAMES.get(codec)?.length);
      for (const event of made) {
        assert.match(event.text, /card declined|GET \/constructor/);
        assert.match(event.get("event_id").text, /^[0-9a-f]{32}$/);
        assert.equal(event.get("level").text, "error");
      }
      assert.deepEqual(ownNames(), before);
      assert.equal(Reflect.get({}, "polluted"), undefined);
      assert.equal(
        Reflect.get(() => {}, "polluted"),
        undefined,
      );
    });
  }

  for (const codec of ["gelf", "forward", "grpc", "auto", "json"]) {
    it(`keep their values through ${codec}`, () => {
      const [first] = events(codec, "lines");
      assert.ok(first !== undefined);
      const members = new Map(
        [...first.get("extra").members, ...first.get("tags").members].map(([name, view]) => [name, view.text]),
      );
      for (const name of NAMES) {
        // Scrub was told to hide this one, enrich to set another.
        const expected = name === "valueOf" ? "[Filtered]" : "text";
        assert.equal(members.get(name), expected, `${name} in ${JSON.stringify([...members])}`);
      }
      assert.equal(members.get("copied"), "text");
    });
  }

  it("keep their places in a context that is taken over whole", () => {
    const event = events("auto", "lines")[4];
    assert.ok(event !== undefined);
    const kubernetes = new Map(
      event
        .get("contexts")
        .get("kubernetes")
        .members.map(([name, view]) => [name, view.text]),
    );
    for (const name of NAMES) assert.ok(kubernetes.has(name), `${name} in ${JSON.stringify([...kubernetes])}`);
  });
});
