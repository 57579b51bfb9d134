import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Processor } from "../../src/component/processor.ts";
import { scrub } from "../../src/processors/scrub.ts";
import { RULES } from "../../src/processors/scrub/record.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { anyRecord, processorHost, recordOf } from "../support/processing.ts";

function processor(config: unknown = {}): Processor {
  return scrub.create(scrub.config.parse(config), processorHost());
}

function scrubbed(record: LogRecord, config: unknown = {}): LogRecord {
  assert.equal(processor(config).process(record), "keep");
  return record;
}

/** What was counted since the last time, without zeros. */
function countsOf(one: Processor): Record<string, number> {
  return Object.fromEntries([...(one.takeCounts?.() ?? [])].filter(([, count]) => count > 0));
}

describe("scrub", () => {
  it("covers every text of a record that leaves", () => {
    const record = scrubbed(
      recordOf(
        {
          message: "password=a1",
          template: "password=a1 {x}",
          transaction: "GET /reset?token=a123",
          stackText: "Error: password=a1\n    at x",
          errorMessage: "password=a1",
          errorType: "password=a1",
          logger: "token=a1234",
          service: "password=a1",
          host: "https://bob:a1@h",
          environment: "password=a1",
          release: "password=a1",
          dist: "password=a1",
          requestId: "password=a1",
          fingerprint: ["x", "password=a1"],
          user: { id: "7", name: "secret=a1" },
          request: {
            url: "https://bob:a1@h/?token=a123",
            query_string: "token=a123&x=1",
            headers: { Cookie: "a=a1", Authorization: "Bearer a1", Host: "h", "X-Api-Key": "a1" },
          },
        },
        { password: "a1", deep: { list: [{ apiKey: "a1" }] }, note: "password=a1", kept: "yes" },
      ),
    );
    const text = JSON.stringify({ ...record, fields: [...record.fields] });
    assert.ok(!text.includes("a1"), text);
    assert.deepEqual(record.request?.headers, {
      Cookie: "[Filtered]",
      Authorization: "[Filtered]",
      Host: "h",
      "X-Api-Key": "[Filtered]",
    });
    assert.equal(record.fields.get("kept"), "yes");
    assert.deepEqual([...record.fields.keys()], ["password", "deep", "note", "kept"]);
  });

  it("does nothing when it is turned off", () => {
    const record = scrubbed(recordOf({ message: "password=a1" }, { token: "abcd" }), { enabled: false });
    assert.equal(record.message, "password=a1");
    assert.equal(record.fields.get("token"), "abcd");
    assert.equal(processor({ enabled: false }).takeCounts?.(), undefined);
  });

  it("takes further keys, in fields and in texts", () => {
    const record = scrubbed(recordOf({ message: "nationalId=123 ok" }, { "national-id": "123" }), { keys: ["national id"] });
    assert.equal(record.message, "nationalId=[Filtered] ok");
    assert.equal(record.fields.get("national-id"), "[Filtered]");
  });

  it("leaves alone what is allowed", () => {
    const config = { allow: ["csrf_token", "url", "transaction"] };
    const record = scrubbed(
      recordOf(
        { message: "csrfToken=abcd token=abcd", transaction: "token=abcd", request: { url: "/?token=abcd" } },
        { csrfToken: "password=x" },
      ),
      config,
    );
    assert.equal(record.message, "csrfToken=abcd token=[Filtered]");
    assert.equal(record.fields.get("csrfToken"), "password=x");
    assert.equal(record.request?.url, "/?token=abcd");
    assert.equal(record.transaction, "token=abcd");
  });

  it("leaves values alone that are allowed, whole or by a pattern", () => {
    const config = { allow_values: ["4111 1111 1111 1111", "4111111111111111", "sk_test_*", "local-?ev"] };
    const message =
      "card 4111 1111 1111 1111 and 5500005555555559, key sk_test_0123456789abcdef, password=local-dev secret=locals";
    const record = scrubbed(
      recordOf(
        { message },
        { password: "local-dev", token: "abcdef", card: 4_111_111_111_111_111, deep: [{ secret: "local-dev" }] },
      ),
      config,
    );
    assert.equal(
      record.message,
      "card 4111 1111 1111 1111 and [Filtered], key sk_test_0123456789abcdef, password=local-dev secret=[Filtered]",
    );
    assert.deepEqual(Object.fromEntries(record.fields), {
      password: "local-dev",
      token: "[Filtered]",
      card: 4_111_111_111_111_111,
      deep: [{ secret: "local-dev" }],
    });
    const one = processor(config);
    one.process(recordOf({ message: "card 4111111111111111" }, { password: "local-dev" }));
    assert.deepEqual(countsOf(one), {});
  });

  it("looks at a field again when its value changes, and at the same value under another name", () => {
    const one = processor();
    for (const [fields, expected] of [
      [
        { note: "ok", region: "eu" },
        { note: "ok", region: "eu" },
      ],
      [
        { note: "ok", password: "ok" },
        { note: "ok", password: "[Filtered]" },
      ],
      [
        { note: "pwd=a1", region: "eu" },
        { note: "pwd=[Filtered]", region: "eu" },
      ],
    ] as const) {
      const record = recordOf({}, fields);
      one.process(record);
      assert.deepEqual(Object.fromEntries(record.fields), expected);
    }
  });

  it("writes the same hash wherever the same secret stood", () => {
    const record = scrubbed(
      recordOf({ message: "password=hunter2 and pwd: hunter2" }, { password: "hunter2", secret: "other" }),
      { hash: true },
    );
    const mark = record.fields.get("password");
    assert.ok(typeof mark === "string");
    assert.match(mark, /^\[Filtered:[0-9a-f]{8}\]$/);
    assert.equal(record.message, `password=${mark} and pwd: ${mark}`);
    assert.notEqual(record.fields.get("secret"), mark);
    const keyed = scrubbed(recordOf({}, { password: "hunter2" }), { hash: true, hash_key: "k" });
    assert.notEqual(keyed.fields.get("password"), mark);
  });

  it("goes on looking at what was clean in the record before", () => {
    const one = processor();
    for (const [given, expected] of [
      ["shop", "shop"],
      ["shop", "shop"],
      ["password=x1", "password=[Filtered]"],
      ["shop", "shop"],
    ] as const) {
      const record = recordOf({ service: given, host: given });
      one.process(record);
      assert.deepEqual([record.service, record.host], [expected, expected]);
    }
  });

  it("takes secrets out of the names of fields, and keeps every field", () => {
    const one = processor();
    const record = recordOf(
      {},
      { "postgres://a:b1@h": 1, "postgres://a:b2@h": "password=c1", plain: { "token=abcdef1": [1], "token=abcdef2": 2 } },
    );
    one.process(record);
    assert.deepEqual(Object.fromEntries(record.fields), {
      plain: { "token=[Filtered]": [1], "token=[Filtered] 2": 2 },
      "postgres://a:[Filtered]@h": 1,
      "postgres://a:[Filtered]@h 2": "password=[Filtered]",
    });
    assert.deepEqual(countsOf(one), { name: 4, key: 1 });
    one.process(record);
    assert.equal(one.takeCounts?.(), undefined);
  });

  it("counts by rule what it replaced, from the last time it was asked", () => {
    const one = processor({ patterns: [{ name: "customer", pattern: "KD-\\d+" }] });
    one.process(recordOf({ message: "password=a KD-1 KD-2 4111111111111111" }, { token: "abcd", clean: "yes" }));
    one.process(recordOf({ message: "postgres://a:b@c" }));
    assert.deepEqual(countsOf(one), { key: 2, card: 1, url_credentials: 1, customer: 2 });
    assert.equal(one.takeCounts?.(), undefined);
    one.process(recordOf({ message: "password=b" }));
    assert.deepEqual(countsOf(one), { key: 1 });
  });

  it("names every rule with zero at first, so that a rate over it is never missing", () => {
    const counts = processor({ patterns: [{ name: "customer", pattern: "KD-\\d+" }] }).takeCounts?.() ?? new Map();
    assert.deepEqual([...counts.keys()], [...RULES, "customer"]);
    assert.deepEqual(new Set(counts.values()), new Set([0]));
  });

  it("tells a witness the rule and the field of each replacement, and nothing of what stood there", () => {
    const one = processor();
    const told: string[] = [];
    one.watch?.((rule, path) => told.push(`${rule} ${path}`));
    one.process(
      recordOf(
        {
          message: "password=s3cret1 card 4111111111111111",
          user: { email: "a@b?token=s3cret1" },
          request: { url: "/", query_string: "token=s3cret1", headers: { Cookie: "a=s3cret1" } },
        },
        { deep: { list: [{ x: 1 }, { apiKey: "s3cret1" }] }, "token=s3cret1": 1, note: "clean" },
      ),
    );
    assert.deepEqual(told, [
      "key message",
      "card message",
      "key user.email",
      "key request.query_string",
      "key request.headers.Cookie",
      "key deep.list.1.apiKey",
      "name token=[Filtered]",
    ]);
  });

  it("keeps the same objects where there is nothing to scrub", () => {
    const deep = { a: [1, { b: "x" }] };
    const headers = { Host: "h" };
    const record = scrubbed(recordOf({ request: { headers } }, { deep }));
    assert.equal(record.fields.get("deep"), deep);
    assert.equal(record.request?.headers, headers);
  });

  it("takes a field called __proto__ for what it is", () => {
    const record = recordOf({
      request: { headers: JSON.parse('{"__proto__":"password=x","Cookie":"a"}') as Record<string, string> },
    });
    record.fields.set("__proto__", { password: "x" });
    scrubbed(record);
    assert.deepEqual(record.fields.get("__proto__"), { password: "[Filtered]" });
    assert.equal(JSON.stringify(record.request?.headers), '{"__proto__":"password=[Filtered]","Cookie":"[Filtered]"}');
  });

  it("never throws and changes nothing the second time, whatever the record", () => {
    const one = processor();
    const shown = (record: LogRecord): string => JSON.stringify({ ...record, fields: [...record.fields] });
    fc.assert(
      fc.property(anyRecord, (record) => {
        one.process(record);
        const once = shown(record);
        one.takeCounts?.();
        one.process(record);
        assert.equal(shown(record), once);
        assert.equal(one.takeCounts?.(), undefined);
      }),
      { numRuns: 500 },
    );
  });

  it("gets through fields and stack traces of 1 MiB", () => {
    for (const piece of ["password=", "a:", "\tat com.example.Thing.method(Thing.java:12)\n", '{"token":', "4111 "]) {
      const text = piece.repeat(Math.ceil((1 << 20) / piece.length));
      const record = scrubbed(recordOf({ message: text, stackText: text }, { a: text, b: [text] }));
      assert.equal(typeof record.message, "string");
    }
  });

  const mistakes: [unknown, PropertyKey[], RegExp][] = [
    [
      { patterns: [{ name: "x", pattern: "(" }] },
      ["patterns", 0, "pattern"],
      /the pattern "\(" of "x" cannot be used: missing closing/,
    ],
    [{ patterns: [{ name: "x", pattern: "a*" }] }, ["patterns", 0, "pattern"], /matches the empty text/],
    [{ patterns: [{ name: "Bad Name", pattern: "a" }] }, ["patterns", 0, "name"], /snake_case/],
    [{ patterns: [{ name: "x", pattern: "a", replace: "b".repeat(201) }] }, ["patterns", 0, "replace"], /200/],
    [{ keys: [""] }, ["keys", 0], /./],
    [{ allow_values: ["x", "*"] }, ["allow_values", 1], /the value "\*" cannot be used: it allows everything/],
    [{ allow_values: [""] }, ["allow_values", 0], /the value "" cannot be used: it is empty/],
  ];
  for (const [config, path, expected] of mistakes) {
    it(`refuses ${JSON.stringify(config).slice(0, 60)}`, () => {
      const issue = scrub.config.safeParse(config).error?.issues[0];
      assert.deepEqual(issue?.path, path);
      assert.match(issue?.message ?? "", expected);
    });
  }
});
