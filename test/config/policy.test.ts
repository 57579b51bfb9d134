import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Policy } from "../../src/config/policy.ts";
import { mistakes, right } from "./support.ts";

function policy(text: string, env: Record<string, string> = {}): Policy {
  return right(text, { env }).config.policy;
}

describe("policy", () => {
  it("has the documented defaults", () => {
    const { tags, ...rest } = policy("");
    assert.deepEqual(rest, {
      issue: 17,
      log: Infinity,
      breadcrumb: 5,
      trail: { size: 100, maxAgeMs: 600_000, maxKeys: 10_000, maxBytes: 67_108_864, keys: ["trace_id", "request_id", "stream"] },
      join: { maxLines: 2_000, maxBytes: 524_288, waitMs: 300 },
      storm: { perIssue: { count: 10, perMs: 60_000 }, budget: { count: 1_000, perMs: 300_000 } },
      environment: undefined,
      release: undefined,
      serverName: undefined,
    });
    assert.deepEqual(tags.slice(0, 2), ["service", "logger"]);
  });

  it("knows all severities, and off with and without quotes", () => {
    const issues = ["trace", "debug", "info", "notice", "warning", "error", "fatal", "off", '"off"', "false"];
    assert.deepEqual(
      issues.map((word) => policy(`policy: { issue: ${word} }\n`).issue),
      [1, 5, 9, 10, 13, 17, 21, Infinity, Infinity, Infinity],
    );
  });

  it("keeps the defaults of what a part of it leaves out", () => {
    const { trail, join, storm } = policy("policy: { trail: { size: 5 }, join: { max_lines: 1 }, storm: { per_issue: 1/s } }\n");
    assert.equal(trail.size, 5);
    assert.equal(trail.maxKeys, 10_000);
    assert.deepEqual(join, { maxLines: 1, maxBytes: 524_288, waitMs: 300 });
    assert.deepEqual(storm, { perIssue: { count: 1, perMs: 1_000 }, budget: { count: 1_000, perMs: 300_000 } });
  });

  it("turns storm control off on demand", () => {
    assert.equal(policy("policy: { storm: off }\n").storm, undefined);
    assert.equal(policy('policy: { storm: "off" }\n').storm, undefined);
    assert.equal(policy("policy: { storm: false }\n").storm, undefined);
  });

  it("takes environment and release from Sentry's variables when nothing else names them", () => {
    const env = { SENTRY_ENVIRONMENT: "staging", SENTRY_RELEASE: "shop@2" };
    assert.equal(policy("", env).environment, "staging");
    assert.equal(policy("", env).release, "shop@2");
    assert.equal(policy("policy: { environment: prod, release: '' }\n", env).environment, "prod");
    assert.equal(policy("policy: { environment: prod, release: '' }\n", env).release, "shop@2");
    assert.equal(policy("policy: { server_name: edge-1 }\n").serverName, "edge-1");
  });

  it("says what is wrong inside its parts", () => {
    assert.deepEqual(
      mistakes("policy:\n  storm: { per_issue: 10, buget: 1/s }\n  join: { wait: soon }\n  trail: []\n  storms: off\n"),
      [
        "relay.yml:2:23 policy.storm.per_issue: expected a rate such as 100/min or 1000/5m, got 10",
        'relay.yml:2:27 policy.storm.buget: unknown key (did you mean "budget"?)',
        'relay.yml:3:17 policy.join.wait: expected a duration such as 250ms, 5s, 10m or 24h, got "soon"',
        "relay.yml:4:10 policy.trail: expected a mapping, got an empty list",
        'relay.yml:5:3 policy.storms: unknown key (did you mean "storm"?)',
      ],
    );
    assert.deepEqual(mistakes("policy: { storm: { first_seen: never } }\n"), [
      'relay.yml:1:32 policy.storm.first_seen: expected "always", got "never"',
    ]);
  });
});
