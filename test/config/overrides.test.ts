import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Right } from "../../src/config/config.ts";
import { mistakes, right } from "./support.ts";

const DSN = "https://key@sentry.example/1";

function dsnOf({ config }: Right, name = "default"): unknown {
  return config.upstreams.find((upstream) => upstream.name === name)?.config["dsn"];
}

describe("override", () => {
  it("puts the DSN of the command line into the default upstream", () => {
    assert.equal(dsnOf(right("", { dsn: DSN, env: { SENTRY_DSN: "https://other@host/2" } })), DSN);
    const text = 'upstreams: { a: { type: sentry, dsn: "https://a@host/1" }, default: { type: sentry } }\n';
    assert.equal(dsnOf(right(text, { dsn: DSN })), DSN);
    assert.equal(dsnOf(right(text, { dsn: DSN }), "a"), "https://a@host/1");
  });

  it("makes up for a variable that is not set", () => {
    assert.equal(dsnOf(right('upstreams: { a: { type: sentry, dsn: "${DSN}" } }\n', { dsn: DSN }), "a"), DSN);
  });

  it("takes SENTRY_DSN where the default upstream names no DSN", () => {
    const env = { SENTRY_DSN: DSN };
    assert.equal(dsnOf(right("upstreams: { default: { type: sentry } }\n", { env })), DSN);
    assert.equal(dsnOf(right('upstreams: { default: { type: sentry, dsn: "" } }\n', { env })), "");
    assert.deepEqual(mistakes("upstreams: { a: { type: console } }\n", { env }), []);
  });

  it("says when the default upstream takes no DSN", () => {
    assert.deepEqual(mistakes("upstreams: { a: { type: console } }\n", { dsn: DSN }), [
      '--dsn upstreams.a: the default upstream is of type "console", which takes no DSN (only "sentry" does)',
    ]);
  });

  it("blames the command line for a DSN that is none, without showing it", () => {
    assert.deepEqual(mistakes("", { dsn: "hunter2" }), ['--dsn upstreams.default.dsn: not a DSN: "***"']);
  });

  it("puts other inputs in place of the configured ones, their mistakes included", () => {
    const text = "inputs:\n  a: { type: gelf_udp, listen: '${UNSET}' }\n";
    const { config } = right(text, { inputs: { stdin: { type: "stdin", format: "json" } } });
    assert.deepEqual(
      config.inputs.map(({ name, config }) => [name, config]),
      [["stdin", { format: "json" }]],
    );
    assert.deepEqual(mistakes(text, { inputs: { stdin: { type: "stdin", format: "jsn" } } }), [
      'command line inputs.stdin.format: expected one of auto, json, text, got "jsn" (did you mean "json"?)',
    ]);
  });

  it("puts a queue in place of one of another type, and leaves one of the same type alone", () => {
    const queueOf = (text: string): unknown => {
      const { queue } = right(text, { queue: { type: "memory" } }).config;
      return [queue.spec.type, queue.config["max_bytes"]];
    };
    assert.deepEqual(queueOf("queue: { type: disk, max_bytes: 1GiB }\n"), ["memory", 64 << 20]);
    assert.deepEqual(queueOf("queue: { type: memory, max_bytes: 1MiB }\n"), ["memory", 1 << 20]);
  });
});
