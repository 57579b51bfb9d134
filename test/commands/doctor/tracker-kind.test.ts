import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { trackerOf, type Answers } from "../../../src/commands/doctor/tracker-kind.ts";
import type { Answer } from "../../../src/wire/http-ask.ts";

function answered(status: number, body: unknown, headers: Answer["headers"] = {}): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "answer", status, headers, body: text, askedMs: 0, answeredMs: 0 };
}

const NOT_FOUND = answered(404, "<html>not found</html>");
const INDEX = answered(200, { version: "0", auth: null, user: null });

function kindOf(answers: Answers, host = "tracker.example"): string | undefined {
  return trackerOf(host, answers)?.kind;
}

describe("trackerOf", () => {
  it("knows Sentry's own service by its host, and nothing that only looks like it", () => {
    assert.equal(kindOf({}, "o1.ingest.us.sentry.io"), "sentry.io");
    assert.equal(kindOf({}, "sentry.io"), "sentry.io");
    assert.equal(kindOf({}, "notsentry.io"), undefined);
    assert.equal(kindOf({}, "sentry.io.example"), undefined);
  });

  it("knows a self-hosted Sentry by its index", () => {
    assert.equal(kindOf({ relay: NOT_FOUND, glitchtip: NOT_FOUND, index: INDEX }), "Sentry");
  });

  it("knows a Relay by its health, be it well or ill, even where it passes the index of a Sentry on", () => {
    assert.equal(kindOf({ relay: answered(200, { is_healthy: true }), index: INDEX }), "Relay");
    assert.equal(kindOf({ relay: answered(503, { is_healthy: false }) }), "Relay");
  });

  it("knows GlitchTip by its settings, though its index is Sentry's, and says its version", () => {
    const settings = { billingEnabled: false, iPaidForGlitchTip: false, version: "5.1.2" };
    const tracker = trackerOf("tracker.example", { relay: NOT_FOUND, glitchtip: answered(200, settings), index: INDEX });
    assert.deepEqual([tracker?.kind, tracker?.name], ["GlitchTip", "GlitchTip 5.1.2"]);
    const odd = trackerOf("tracker.example", { glitchtip: answered(200, { ...settings, version: "\u001b[31m5" }) });
    assert.equal(odd?.name, "GlitchTip");
  });

  it("knows Bugsink by its log-in page, or by how it refuses a key, and that it drops logs", () => {
    const login = answered(200, `<title>Log in · Errors</title><img src="/static/images/bugsink-logo.png" alt="Bugsink">`);
    assert.equal(kindOf({ index: NOT_FOUND, login }), "Bugsink");
    const envelope = answered(403, "Project not found or key incorrect: https://key@host/1");
    assert.equal(kindOf({ envelope }), "Bugsink");
    assert.equal(trackerOf("tracker.example", { login })?.logs, false);
  });

  it("knows Spotlight by the header of any answer", () => {
    assert.equal(kindOf({ index: answered(404, "", { "x-powered-by": "spotlight-by-sentry" }) }), "Spotlight");
    assert.equal(kindOf({ index: answered(404, "", { "x-powered-by": "Express" }) }), undefined);
  });

  it("names nothing where nothing tells, whatever comes back", () => {
    assert.equal(kindOf({}), undefined);
    for (const body of ["", "null", "[]", '"is_healthy"', "{", "{}"]) {
      const answer = answered(200, body);
      assert.equal(kindOf({ envelope: answer, relay: answer, glitchtip: answer, index: answer, login: answer }), undefined, body);
    }
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.json(), (status, body) => {
        const answer = answered(status, body);
        assert.doesNotThrow(() =>
          trackerOf("h", { envelope: answer, relay: answer, glitchtip: answer, index: answer, login: answer }),
        );
      }),
    );
  });
});
