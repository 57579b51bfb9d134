import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { effectiveYaml } from "../../src/config/effective.ts";
import { testRegistry } from "./registry.ts";
import { right } from "./support.ts";

const DSN = "https://publickey:secretkey@sentry.example/7";

function effective(text: string, env: Record<string, string> = {}): string {
  return effectiveYaml(right(text, { env }), testRegistry);
}

describe("effectiveYaml", () => {
  it("spells out every default, units as people write them", () => {
    const shown: unknown = parse(effective("inputs: { edge: { type: gelf_udp, max_bytes: 64KiB } }\n"));
    const { inputs, policy, ...rest } = shown as Record<string, Record<string, unknown>>;
    assert.deepEqual(inputs, {
      edge: {
        type: "gelf_udp",
        listen: "127.0.0.1:12201",
        max_bytes: "64KiB",
        max_connections: 100,
        idle_timeout: "24h",
        labels: {},
      },
    });
    assert.deepEqual(policy?.["join"], { max_lines: 2000, max_bytes: "512KiB", wait: "300ms" });
    assert.deepEqual(rest, {
      processors: [{ type: "scrub", fields: [], enabled: true }],
      queue: { type: "memory", max_bytes: "64MiB", when_full: "block" },
      upstreams: { default: { type: "sentry", dsn: "", compression: "gzip", backoff: { first: "500ms", max: "30s" } } },
      dead_letters: { max_bytes: "256MiB", max_age: "30d" },
      lanes: 1,
      max_memory: "512MiB",
      shutdown_timeout: "25s",
      admin: { listen: "127.0.0.1:8686", allow: [] },
      log: { level: "info", format: "json" },
    });
  });

  it("shows no secret, wherever it came from", () => {
    const text = `upstreams: { default: { type: sentry, dsn: "\${DSN}" } }
inputs: { a: { type: grpc, token: plaintoken } }
admin: { token: "\${TOKEN}" }
`;
    const shown = effective(text, { DSN, TOKEN: "envtoken" });
    for (const secret of ["publickey", "secretkey", "plaintoken", "envtoken"]) assert.ok(!shown.includes(secret), secret);
    assert.match(shown, /dsn: https:\/\/\*\*\*@sentry\.example\/7\n/);
  });

  it("shows the environment and release in force", () => {
    assert.match(effective("", { SENTRY_ENVIRONMENT: "staging" }), /^ {2}environment: staging$/m);
    assert.doesNotMatch(effective(""), /environment/);
  });

  it("is a configuration itself, of the same meaning", () => {
    const text = "policy: { storm: off, log: error }\nqueue: { type: memory, when_full: drop_newest }\n";
    const { config } = right(text);
    assert.deepEqual(right(effective(text)).config, config);
  });
});
