// The judge of other tests is tested itself: what it lets pass must be what Relay lets pass.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { parseEnvelopeStrictly } from "./envelope-parser.ts";
import { eventProblems, logProblems } from "./event-rules.ts";
import { MiniSentry } from "./mini-sentry.ts";

const AUTH = { "x-sentry-auth": "Sentry sentry_version=7, sentry_client=test/1, sentry_key=abc" };
const ID = "9ec79c33ec9942ab8353589fcb2e04dc";
const EVENT = `{"event_id":"${ID}","timestamp":1,"level":"error","logentry":{"formatted":"x"},"fingerprint":[],"extra":{}}`;
const withLength = (length: number): string => `{"event_id":"${ID}"}\n{"type":"event","length":${length}}\n${EVENT}\n`;
const ENVELOPE = withLength(EVENT.length);

async function started(t: TestContext): Promise<MiniSentry> {
  const mini = await MiniSentry.start();
  t.after(() => mini.close());
  return mini;
}

async function post(mini: MiniSentry, body: string | Buffer, headers: Record<string, string> = AUTH, path = "/api/42/envelope/") {
  const response = await fetch(mini.url + path, { method: "POST", headers, body: new Uint8Array(Buffer.from(body)) });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as { readonly id?: string; readonly detail?: string },
  };
}

describe("mini-sentry", () => {
  it("takes an envelope and answers with its id, zipped or not, under any prefix", async (t) => {
    const mini = await started(t);
    assert.deepEqual((await post(mini, ENVELOPE)).body, { id: ID });
    assert.equal(
      (await post(mini, gzipSync(ENVELOPE), { ...AUTH, "content-encoding": "gzip" }, "/a/b/api/7/envelope/")).status,
      200,
    );
    assert.deepEqual(
      mini.requests.map(({ project, pathPrefix }) => [project, pathPrefix]),
      [
        ["42", ""],
        ["7", "/a/b"],
      ],
    );
    assert.equal((await mini.waitForEvents(2)).length, 2);
    assert.deepEqual([mini.events("7").length, mini.uniqueEvents().length, mini.stats().uniqueEvents], [1, 1, 1]);
    assert.deepEqual(mini.problems, []);
  });

  it("wants exactly one authentication, and the right place", async (t) => {
    const mini = await started(t);
    assert.equal((await post(mini, ENVELOPE, {})).status, 401);
    assert.equal((await post(mini, ENVELOPE, AUTH, "/api/42/envelope/?sentry_key=abc")).status, 401);
    assert.equal((await post(mini, ENVELOPE, {}, "/api/42/envelope/?sentry_key=abc")).status, 200);
    assert.equal((await post(mini, ENVELOPE, { "x-sentry-auth": "Sentry sentry_key=abc" })).status, 401);
    assert.equal((await post(mini, ENVELOPE, AUTH, "/api/42/envelope")).status, 404);
  });

  it("refuses what Relay refuses", async (t) => {
    const mini = await started(t);
    for (const body of ["", `${ENVELOPE}\n`, withLength(EVENT.length + 2), withLength(EVENT.length - 1), `[]\n${ENVELOPE}`]) {
      assert.equal((await post(mini, body)).status, 400, body);
    }
    const large = EVENT.replace('"x"', `"${"x".repeat(1 << 20)}"`);
    assert.equal((await post(mini, `{}\n{"type":"event","length":${large.length}}\n${large}`)).status, 413);
    assert.equal(mini.events().length, 0);
  });

  it("thinks of an answer for each request, or decides by what an envelope holds, and tells what it took", async (t) => {
    const taken: unknown[] = [];
    const mini = await MiniSentry.start({
      keep: false,
      taken: ({ header }, { headers }) => taken.push([header["type"], headers]),
    });
    t.after(() => mini.close());
    let requests = 0;
    mini.always = () => ({ status: (requests += 1) === 1 ? 503 : 200 });
    assert.equal((await post(mini, ENVELOPE)).status, 503);
    mini.judge = ({ items }) =>
      items[0]?.header["type"] === "event" ? { status: 429, headers: { "retry-after": "1" } } : undefined;
    const limited = await post(mini, ENVELOPE);
    assert.deepEqual([limited.status, limited.headers.get("retry-after"), mini.stats().events], [429, "1", 0]);
    assert.equal((await post(mini, "{}\n")).status, 200, "what it does not decide is answered as always");
    mini.judge = undefined;
    assert.equal((await post(mini, ENVELOPE)).status, 200);
    assert.deepEqual(taken, [["event", { event_id: ID }]]);
    assert.equal(mini.stats().uniqueEvents, 1);
  });

  it("does what it is told, request by request, then what it always does", async (t) => {
    const mini = await started(t);
    mini.script({ status: 503, headers: { "retry-after": "3" } }, { status: 400, body: '{"detail":"no"}' });
    mini.always = { delayMs: 1 };
    const first = await post(mini, ENVELOPE);
    assert.deepEqual([first.status, first.headers.get("retry-after")], [503, "3"]);
    assert.equal((await post(mini, ENVELOPE)).body.detail, "no");
    assert.equal((await post(mini, ENVELOPE)).status, 200);
    assert.equal(mini.events().length, 1);
  });

  it("cuts connections where it is told to", async (t) => {
    const mini = await started(t);
    for (const fault of ["reset", "reset_midway", "reset_after"] as const) {
      mini.script({ fault });
      await assert.rejects(post(mini, ENVELOPE));
    }
    assert.equal(mini.events().length, 1, "reset_after keeps the envelope");
  });

  it("says what it has when it waits in vain", async (t) => {
    const mini = await started(t);
    await assert.rejects(mini.waitForEvents(1, 20), /waited 20 ms for 1 events; there is \{"requests":0/);
  });

  it("runs as a process of its own, and can be told and asked over HTTP", async (t) => {
    const main = fileURLToPath(new URL("mini-sentry-main.js", import.meta.url));
    const child = spawn(process.execPath, [main, "--count-only"], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill());
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const url = String((await lines.next()).value);

    await fetch(`${url}/__mini/script`, { method: "POST", body: '[{"status":503}]' });
    for (const status of [503, 200]) {
      const response = await fetch(`${url}/api/1/envelope/`, { method: "POST", headers: AUTH, body: ENVELOPE });
      assert.equal(response.status, status);
    }
    const stats = (await (await fetch(`${url}/__mini/stats`)).json()) as Record<string, number>;
    assert.deepEqual([stats["requests"], stats["events"], stats["uniqueEvents"]], [2, 1, 1]);
    child.kill("SIGUSR2");
    assert.deepEqual(JSON.parse(String((await lines.next()).value)), stats);
  });
});

describe("the strict envelope parser", () => {
  it("reads items of any length, and an envelope without a last line end", () => {
    const text = '{"sent_at":"x"}\n{"type":"client_report","length":2}\n{}\n{"type":"event","length":4}\n"é"';
    const { headers, items } = parseEnvelopeStrictly(Buffer.from(text));
    assert.deepEqual(headers, { sent_at: "x" });
    assert.deepEqual(
      items.map(({ payload }) => payload),
      [{}, "é"],
    );
  });

  it("refuses wrong counts, half surrogates and bytes that are no UTF-8", () => {
    const log = (count: number) =>
      `{}\n{"type":"log","item_count":${count},"content_type":"application/vnd.sentry.items.log+json","length":14}\n{"items":[{}]}\n`;
    assert.equal(parseEnvelopeStrictly(Buffer.from(log(1))).items.length, 1);
    assert.throws(() => parseEnvelopeStrictly(Buffer.from(log(2))), /item_count/);
    assert.throws(() => parseEnvelopeStrictly(Buffer.from('{}\n{"type":"event","length":8}\n"\\ud83d"\n')), /surrogate/);
    assert.equal(
      parseEnvelopeStrictly(Buffer.from('{}\n{"type":"event","length":14}\n"\\ud83d\\ude00"\n')).items[0]?.payload,
      "😀",
    );
    assert.throws(() => parseEnvelopeStrictly(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])));
  });
});

describe("the rules of payloads", () => {
  it("find what Relay would remove from an event", () => {
    const bad = {
      event_id: "0".repeat(32),
      timestamp: "now",
      level: "warn",
      logger: "x".repeat(65),
      logentry: { message: 7 },
      fingerprint: "x",
      release: "a/b",
      environment: "none",
      dist: "é",
      tags: { "a b": "x", user: "u", long: "x".repeat(201), lines: "a\nb", empty: "" },
      contexts: { trace: { trace_id: "x" } },
      exception: { values: [{ stacktrace: { frames: [] } }] },
      breadcrumbs: { values: [{ level: "warn" }] },
      extra: {},
      after: 1,
    };
    const attributes = [
      "event_id",
      "timestamp",
      "level warn",
      "logger",
      "logentry",
      "fingerprint",
      "release",
      "environment",
      "dist",
    ];
    const tags = ["tag a b", "tag user", "tag long", "tag lines", "tag empty"];
    const parts = ["trace", "exception without type and value", "frames", "breadcrumb time or level", "extra is not last"];
    assert.deepEqual(eventProblems(bad), [...attributes, ...tags, ...parts]);
  });

  it("find what Relay would drop from a log", () => {
    const attributes = { a: { value: "1", type: "integer" }, b: { value: 1 }, c: { value: 1.5, type: "integer" } };
    assert.deepEqual(logProblems({ timestamp: "x", trace_id: "x", span_id: "x", level: "warning", body: "", attributes }), [
      "timestamp",
      "trace_id",
      "span_id",
      "level warning",
      "body",
      "severity_number",
      "attribute a",
      "attribute b",
      "attribute c",
    ]);
  });
});
