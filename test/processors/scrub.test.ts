import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Processor } from "../../src/component/processor.ts";
import { scrub } from "../../src/processors/scrub.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { anyRecord, processorHost, recordOf } from "../support/processing.ts";

function processor(config: unknown = {}): Processor {
  return scrub.create(scrub.config.parse(config), processorHost());
}

function scrubbed(record: LogRecord, config: unknown = {}): LogRecord {
  assert.equal(processor(config).process(record), "keep");
  return record;
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
    assert.equal(processor({ enabled: false }).counts?.(), undefined);
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

  it("counts by rule what it replaced", () => {
    const one = processor({ patterns: [{ name: "customer", pattern: "KD-\\d+" }] });
    one.process(recordOf({ message: "password=a KD-1 KD-2 4111111111111111" }, { token: "abcd", clean: "yes" }));
    one.process(recordOf({ message: "postgres://a:b@c" }));
    const counts = [...(one.counts?.() ?? [])].filter(([, count]) => count > 0);
    assert.deepEqual(Object.fromEntries(counts), { key: 2, card: 1, url_credentials: 1, customer: 2 });
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
        const counted = new Map(one.counts?.());
        one.process(record);
        assert.equal(shown(record), once);
        assert.deepEqual(new Map(one.counts?.()), counted);
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
  ];
  for (const [config, path, expected] of mistakes) {
    it(`refuses ${JSON.stringify(config).slice(0, 60)}`, () => {
      const issue = scrub.config.safeParse(config).error?.issues[0];
      assert.deepEqual(issue?.path, path);
      assert.match(issue?.message ?? "", expected);
    });
  }
});
