import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitCodeOf, type Check } from "../../../src/commands/doctor/check.ts";
import { trackerChecks, type TrackerFacts } from "../../../src/commands/doctor/tracker-checks.ts";
import { trackerOf } from "../../../src/commands/doctor/tracker-kind.ts";
import { NO_LIMITS, type Delivery } from "../../../src/component/delivery.ts";
import { parseDsn, type Dsn } from "../../../src/sentry/dsn.ts";
import type { Answer } from "../../../src/wire/http-ask.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const NOW = Date.UTC(2026, 0, 2);

function dsnOf(text: string): Dsn {
  const dsn = parseDsn(text);
  assert.ok(typeof dsn !== "string");
  return dsn;
}

function answered(status: number, headers: Answer["headers"] = {}): Answer {
  const date = new Date(NOW).toUTCString();
  return { kind: "answer", status, headers: { date, ...headers }, body: "", askedMs: NOW, answeredMs: NOW };
}

function checked(delivery: Delivery, more: Partial<TrackerFacts> = {}): Check[] {
  const dsn = dsnOf(`https://${KEY}@tracker.example/42`);
  return trackerChecks({ group: "g", dsn, answer: answered(200), delivery, tracker: undefined, sendsLogs: false, ...more });
}

/** Verdict and words of what was found about envelopes. */
function verdict(delivery: Delivery, more: Partial<TrackerFacts> = {}): [string | undefined, string, number] {
  const checks = checked(delivery, more);
  return [checks[0]?.verdict, `${checks[0]?.what}; ${checks[0]?.todo}`, exitCodeOf(checks)];
}

const delivered: Delivery = { kind: "delivered", limits: NO_LIMITS };
const rejected: Delivery = {
  kind: "rejected",
  status: 400,
  cause: "HTTP 400 Bad Request",
  limits: NO_LIMITS,
  unknownItem: false,
};

describe("trackerChecks", () => {
  it("has nothing to mend where envelopes are taken", () => {
    assert.deepEqual(verdict(delivered), ["ok", "takes envelopes; undefined", 0]);
  });

  it("warns of limits, whatever the status they came with", () => {
    const limits = new Map([["error", 90_000]] as const);
    const [found, words, code] = verdict({ kind: "delivered", limits });
    assert.deepEqual([found, code], ["warn", 0]);
    assert.match(words, /limits this project at the moment: error for 1\.5m \(HTTP 200\)/);
    const all = verdict({ kind: "limited", limits: new Map([["all", 60_000]]) }, { answer: answered(429) });
    assert.match(all[1], /everything for 1m \(HTTP 429\)/);
  });

  it("fails where the DSN is refused, and never repeats its key, however the tracker writes it", () => {
    for (const key of [KEY, "01234567-89ab-cdef-0123-456789abcdef"]) {
      const cause = `HTTP 403 Forbidden: Project not found or key incorrect: http://${key}@bugsink:8000/42 (${key})`;
      const [found, words, code] = verdict({ kind: "refused_dsn", status: 403, cause }, { answer: answered(403) });
      assert.deepEqual([found, code], ["fail", 1]);
      assert.match(words, /^refuses the DSN: HTTP 403 Forbidden: .*http:\/\/\*\*\*@bugsink:8000\/42 \(\*\*\*\); compare it/);
    }
  });

  it("ends with 69 where the tracker answers but cannot take", () => {
    const busy: Delivery = { kind: "retry", afterMs: undefined, cause: "HTTP 503 Service Unavailable", limits: NO_LIMITS };
    assert.deepEqual(verdict(busy, { answer: answered(503) })[2], 69);
    assert.match(verdict(busy, { answer: answered(503) })[1], /takes nothing at the moment: HTTP 503/);
  });

  it("ends with 69 where no answer came, with one check that says why", () => {
    const dsn = dsnOf(`http://${KEY}@tracker.example:9000/42`);
    const answer = { kind: "silence", code: "ECONNREFUSED", message: "" } as const;
    const checks = trackerChecks({ group: "g", dsn, answer, tracker: undefined, sendsLogs: false });
    assert.deepEqual([checks.length, checks[0]?.verdict, exitCodeOf(checks)], [1, "fail", 69]);
    assert.match(checks[0]?.what ?? "", /tracker\.example:9000/);
  });

  it("says where a redirect leads, without the rest of its address", () => {
    const moved: Delivery = { kind: "retry", afterMs: undefined, cause: "HTTP 301", limits: NO_LIMITS };
    const location = `https://tracker.example/api/42/envelope/?sentry_key=${KEY}`;
    const [found, words, code] = verdict(moved, { answer: answered(301, { location }) });
    assert.deepEqual([found, code], ["fail", 1]);
    assert.match(words, /^redirects \(HTTP 301\), to https:\/\/tracker\.example; redirects are not followed/);
  });

  it("does not blame the DSN where only client reports are refused", () => {
    const [found, words, code] = verdict(rejected, { answer: answered(400), second: delivered });
    assert.deepEqual([found, code], ["warn", 0]);
    assert.match(words, /^takes envelopes, but no client reports \(HTTP 400 Bad Request\).*nothing is wrong with the DSN/);
  });

  it("fails where the second, older envelope is refused as well", () => {
    assert.deepEqual(verdict(rejected, { answer: answered(400), second: rejected })[2], 1);
    const refused: Delivery = { kind: "refused_dsn", status: 403, cause: "HTTP 403 Forbidden" };
    assert.match(verdict(rejected, { answer: answered(400), second: refused })[1], /^refuses the DSN: HTTP 403/);
  });

  it("asks about host and path on a 404", () => {
    const missing: Delivery = { ...rejected, status: 404, cause: "HTTP 404 Not Found" };
    assert.match(verdict(missing, { answer: answered(404) })[1], /is tracker\.example the tracker/);
  });

  it("names the tracker and what it takes, and warns of logs it would drop", () => {
    const body = `<img alt="Bugsink">`;
    const tracker = trackerOf("tracker.example", { login: { ...answered(200), body } });
    assert.deepEqual(
      checked(delivered, { tracker, sendsLogs: true }).map((check) => check.verdict),
      ["ok", "ok", "warn", "ok"],
    );
    assert.deepEqual(
      checked(delivered, { tracker }).map((check) => check.verdict),
      ["ok", "ok", "ok"],
    );
    assert.match(checked(delivered)[1]?.what ?? "", /which tracker it is cannot be told/);
  });
});
