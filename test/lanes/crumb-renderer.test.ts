import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import type { Processor } from "../../src/component/processor.ts";
import { CrumbRenderer } from "../../src/lanes/crumb-renderer.ts";
import type { Rendered } from "../../src/lanes/trails.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { codecs } from "../../src/registry.ts";
import { ManualClock } from "../support/clock.ts";
import { defaultProcessors } from "../support/default-lane.ts";

const RECEIVED_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const FROM: Provenance = {
  input: "edge",
  peer: "10.0.0.1",
  receivedMs: RECEIVED_MS,
  tag: "",
  labels: undefined,
  metadata: undefined,
};

const MARGIN = Buffer.from("..");

/** Scrub as it runs by default, and how many records it was given whole. */
class Counted implements Processor {
  readonly deferrable = true;
  readonly leaves: NonNullable<Processor["leaves"]>;
  readonly leavesAt: NonNullable<Processor["leavesAt"]>;
  whole = 0;
  readonly #scrub: Processor;

  constructor() {
    const [scrub] = defaultProcessors(new ManualClock(RECEIVED_MS));
    if (scrub?.leaves === undefined || scrub.leavesAt === undefined) throw new Error("scrub does not run by default");
    this.#scrub = scrub;
    this.leaves = scrub.leaves;
    this.leavesAt = scrub.leavesAt;
  }

  process(record: Parameters<Processor["process"]>[0]) {
    this.whole += 1;
    return this.#scrub.process(record);
  }
}

function rendered(frames: readonly (string | Buffer)[], codecName: string, stencils: boolean, from = FROM) {
  const codec = codecs.get(codecName);
  if (codec === undefined) throw new Error(`no codec ${codecName}`);
  const processor = new Counted();
  const renderer = new CrumbRenderer([processor], stencils);
  const crumbs = frames.map((frame, index): Rendered => {
    const bytes = Buffer.concat([MARGIN, typeof frame === "string" ? Buffer.from(frame) : frame, MARGIN]);
    return renderer.render({ bytes, start: 2, end: bytes.length - 2 }, codec, {
      ...from,
      receivedMs: from.receivedMs + index * 20_000,
    });
  });
  return { crumbs, whole: processor.whole };
}

const SECRETS = [
  "password=hunter2",
  "Bearer abcdef123456",
  `ghp_${"aB3".repeat(12)}`,
  "4111 1111 1111 1111",
  "PASSWORD hunter2",
  "--token x1y2",
];

const message = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("GET /cart", "served", "next in line", "Done: 5"), fc.nat())
      .map((parts) => parts.join(" ")),
  },
  fc.constantFrom(...SECRETS.map((secret) => `login with ${secret} done`)),
  fc.constantFrom(
    "",
    " ",
    "x".repeat(1_100),
    '{"a":1}',
    "nginx: [emerg] boom",
    "2026/01/02 03:04:05 [error] 1#1: *1 x",
    "naïve ☃",
    'say "hi"',
  ),
  fc.constantFrom(
    "GET /a 200",
    "[Wed Oct 11 14:32:52.123456 2000] [core:error] [pid 1] x",
    "line\nline",
    "tab\there",
    "\u007f",
    "a\\b",
  ),
  fc.string({ maxLength: 20 }),
);
const text = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("shop", "shop.http", "web-1", "v1.2.3", "10.20.30.40", "req-17", "a".repeat(32), "b".repeat(16)),
  },
  fc.constantFrom(
    "",
    "-",
    " x ",
    "nginx.access",
    "y".repeat(300),
    "?a=b",
    "/orders/7",
    "/orders/7?a=b",
    "GET",
    "get",
    "info",
    "2026-01-02T03:04:05Z",
  ),
  fc.constantFrom(...SECRETS, "é", "2026-01-02T03:04:35Z", "0", "200", "debug", "warn"),
  fc.string({ maxLength: 12 }),
);
const number = fc.oneof(
  fc.constantFrom(
    6,
    7,
    4,
    0,
    200,
    404,
    30,
    1_767_323_045.2,
    1_767_323_045,
    1_767_323_075.5,
    1_767_323_045_123,
    4_111_111_111_111_111,
  ),
  fc.constantFrom(-0, 1e21, 0.1, 1e-7, -5, 12.5),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.nat(),
);
const other = fc.constantFrom(null, true, false, [1, 2], { a: 1 }, { level: 3 }, []);

const names = {
  gelf: ["timestamp", "host", "full_message", "facility", "_id", "_args", "_level", "_message"],
  json: [
    "time",
    "ts",
    "@timestamp",
    "date",
    "event",
    "logger.name",
    "name",
    "severity",
    "status",
    "version",
    "log.level",
    "context",
  ],
  all: [
    "service",
    "logger",
    "request_id",
    "trace_id",
    "span_id",
    "method",
    "status",
    "path",
    "url",
    "user_agent",
    "client_ip",
    "user_id",
  ],
  own: [
    "team",
    "password",
    "token",
    "duration",
    "user",
    "action",
    "data",
    "app",
    "a b",
    "ünï",
    "5",
    "environment",
    "release",
    "route",
  ],
};

/** A member of one logger's records: a name that stays, and what its values are drawn from. */
type Member = readonly [string, fc.Arbitrary<unknown>];
function member(own: readonly string[]): fc.Arbitrary<Member> {
  const anything: fc.Arbitrary<unknown> = fc.oneof(other, text, number);
  const values: fc.Arbitrary<fc.Arbitrary<unknown>> = fc.constantFrom(text, text, text, number, number, anything);
  return fc.tuple(fc.constantFrom(...own), values);
}

/** Frames of a few loggers by turns; `base` is what makes them records that are quiet beyond doubt. */
function frames(own: readonly string[], base: readonly Member[]) {
  const logger = fc
    .tuple(fc.array(member(own), { maxLength: 6 }), fc.nat(), fc.constantFrom("", " ", "\n "))
    .map(([members, at, space]) => {
      const all = [...members];
      all.splice(at % (members.length + 1), 0, ...base);
      return fc.tuple(...all.map(([, value]) => value)).map((values) => {
        const pairs = all.map(([name], i) => `${space}${JSON.stringify(name)}:${space}${JSON.stringify(values[i])}`);
        return `{${pairs.join(",")}${space}}`;
      });
    });
  return fc
    .array(logger, { minLength: 1, maxLength: 3 })
    .chain((loggers) => fc.array(fc.oneof(...loggers), { minLength: 2, maxLength: 14 }));
}

/** An entry as Fluent Bit writes it. */
function forwardEntry(record: object, timeMs: number): Buffer {
  const head = Buffer.from([0x92, 0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(Math.max(0, Math.floor(timeMs / 1_000)), 3);
  head.writeUInt32BE((timeMs % 1_000) * 1e6, 7);
  return Buffer.concat([head, encode(record)]);
}

const mostly = <T>(usual: T, rest: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rest });
const underscored = names.all.concat(names.own).map((name) => `_${name}`);

describe("CrumbRenderer", () => {
  const cases = [
    [
      "gelf",
      frames(
        [...names.gelf, ...underscored],
        [
          ["short_message", message],
          ["level", mostly(6, fc.constantFrom(7, 4))],
        ],
      ),
    ],
    [
      "json",
      frames(
        [...names.json, ...names.all, ...names.own],
        [
          ["msg", message],
          ["level", mostly<unknown>("info", fc.oneof(text, number))],
        ],
      ),
    ],
    [
      "auto",
      frames(
        [...names.json, ...names.all, ...names.own],
        [
          ["message", message],
          ["level", mostly<unknown>(30, number)],
        ],
      ),
    ],
  ] as const;
  for (const [codec, arbitrary] of cases) {
    it(`says the same with stencils as without (${codec})`, () => {
      fc.assert(
        fc.property(arbitrary, (some) => {
          assert.deepEqual(rendered(some, codec, true).crumbs, rendered(some, codec, false).crumbs);
        }),
        { numRuns: 150 },
      );
    });
  }

  it("says the same with stencils as without (forward)", () => {
    const entry = fc.tuple(
      fc.array(fc.tuple(fc.constantFrom(...names.json, ...names.all, ...names.own), fc.oneof(text, number, other)), {
        maxLength: 5,
      }),
      mostly("info", fc.constantFrom("debug", "warn", "-")),
      message,
      fc.constantFrom(0, 0, 0, 17, 90, -1),
      fc.constantFrom("message", "message", "msg", "log"),
    );
    const entries = entry.chain(([members, , , , name]) => {
      const keys = members.map(([key]) => key);
      const one = entry.map(([others, level, said, ahead]) => {
        const values = keys.map((key, i): [string, unknown] => [key, others[i]?.[1] ?? members[i]?.[1]]);
        return forwardEntry({ ...Object.fromEntries(values), [name]: said, level }, RECEIVED_MS + ahead * 1_000);
      });
      return fc.array(one, { minLength: 2, maxLength: 10 });
    });
    fc.assert(
      fc.property(entries, (some) => {
        assert.deepEqual(rendered(some, "forward", true).crumbs, rendered(some, "forward", false).crumbs);
      }),
      { numRuns: 150 },
    );
  });

  it("decodes hardly any of a forwarder's records in full", () => {
    const some = Array.from({ length: 200 }, (_, i) =>
      forwardEntry(
        {
          log: `served ${i}`,
          level: "info",
          service: "shop",
          method: "GET",
          status: 200 + (i % 9),
          took: i / 8,
          n: i * 1_000,
          odd: i % 2 === 1,
          path: `/${i}`,
        },
        RECEIVED_MS - i,
      ),
    );
    const { crumbs, whole } = rendered(some, "forward", true);

    assert.deepEqual(crumbs, rendered(some, "forward", false).crumbs);
    assert.ok(whole <= 10, `${whole} of 200 were decoded in full`);
  });

  const access = (i: number, more: object = {}): string =>
    JSON.stringify({
      version: "1.1",
      host: `web-${i % 3}`,
      short_message: `GET /orders/${i} answered 200 in ${i % 91} ms`,
      timestamp: 1_767_322_000 + i / 1_000,
      level: i % 5 === 0 ? 7 : 6,
      _service: "shop",
      _logger_name: `shop.${i % 4}`,
      _request_id: `req-${i}`,
      _method: i % 2 === 0 ? "GET" : "POST",
      _status: 200 + (i % 5),
      _path: `/orders/${i}`,
      _duration: i / 8,
      _cached: i % 7 === 0,
      _user_agent: "Mozilla/5.0 (X11; Linux x86_64)",
      ...more,
    });

  it("decodes hardly any of a logger's records in full", () => {
    const some = Array.from({ length: 300 }, (_, i) => access(i));
    const { crumbs, whole } = rendered(some, "gelf", true);

    assert.deepEqual(crumbs, rendered(some, "gelf", false).crumbs);
    assert.ok(whole <= 10, `${whole} of 300 were decoded in full`);
  });

  it("decodes in full what holds a secret, wherever it stands", () => {
    const before = Array.from({ length: 20 }, (_, i) => access(i));
    for (const secret of SECRETS) {
      for (const place of ["short_message", "_team", "_path", "_logger_name", "_service"]) {
        const some = [
          ...before.map((one) => one.replace('"_method"', '"_team":"a","_method"')),
          access(21, { [place]: `by ${secret}` }),
        ];
        const { crumbs } = rendered(some, "gelf", true);

        assert.deepEqual(crumbs.at(-1), rendered(some, "gelf", false).crumbs.at(-1), `${secret} in ${place}`);
        assert.ok(!crumbs.at(-1)?.json.includes(secret), `${secret} in ${place}`);
      }
    }
  });

  it("decodes in full what a copy of the value would not show", () => {
    const before = Array.from({ length: 20 }, (_, i) => access(i));
    const odd: object[] = [
      { _path: "/orders/7?a=b" },
      { _path: "orders/7" },
      { _logger_name: "shop" },
      { _method: "get" },
      { _status: 700 },
      { _status: 1e21 },
      { level: 30 },
      { timestamp: "soon" },
      { timestamp: RECEIVED_MS },
      { short_message: 'say "hi"' },
      { short_message: "x".repeat(1_100) },
      { short_message: "nginx: [emerg] boom" },
      { short_message: "naïve" },
      { _duration: -0 },
      { _duration: 1e300 },
      { _duration: 4_111_111_111_111_111 },
      { _cached: null },
      { _request_id: "-" },
      { _request_id: " " },
      { _request_id: 17 },
    ];
    for (const more of odd) {
      const some = [...before, access(21, more), access(22)];

      assert.deepEqual(rendered(some, "gelf", true).crumbs, rendered(some, "gelf", false).crumbs, JSON.stringify(more));
    }
  });

  it("goes on with loggers that it knows while a sender makes up a name for each record", () => {
    const made = (i: number) => access(i, { [`_made_up_${i}`]: i });
    const some = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 || i < 20 ? access(i) : made(i)));
    const { crumbs, whole } = rendered(some, "gelf", true);

    assert.deepEqual(crumbs, rendered(some, "gelf", false).crumbs);
    assert.ok(whole < 230, `${whole} of 400 were decoded in full`);
  });

  it("believes a time as soon as the full decode does, though it stays the same", () => {
    const ahead = JSON.stringify({ time: (RECEIVED_MS + 90_000) / 1_000, level: "info", msg: "served", team: "till" });
    const some = Array.from({ length: 12 }, () => ahead);

    assert.deepEqual(rendered(some, "json", true).crumbs, rendered(some, "json", false).crumbs);
  });

  it("leaves records to the full decode that a request says more about", () => {
    const some = Array.from({ length: 20 }, (_, i) => access(i));
    const from = { ...FROM, metadata: new Map([["service", "till"]]) };

    assert.equal(rendered(some, "gelf", true, from).whole, 20);
  });
});
