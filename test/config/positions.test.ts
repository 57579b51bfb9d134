import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/config.ts";
import { testRegistry } from "./registry.ts";
import { mistakes } from "./support.ts";

describe("mistakes of a configuration", () => {
  it("come with file, line, column and path", () => {
    const { mistakes } = loadConfig({ text: "\nlanes: 0\n", file: "a/relay.yml", env: {}, registry: testRegistry }) as {
      mistakes: unknown;
    };
    assert.deepEqual(mistakes, [
      { file: "a/relay.yml", line: 2, col: 8, path: "lanes", message: "expected at least 1, got 0", hint: undefined },
    ]);
  });

  it("point at the value that is wrong", () => {
    assert.deepEqual(mistakes('inputs:\n  edge:\n    type: gelf_udp\n    listen: "12201"\n'), [
      'relay.yml:4:13 inputs.edge.listen: expected an address such as "127.0.0.1:12201", got "12201"',
    ]);
  });

  it("point at an unknown key itself", () => {
    assert.deepEqual(mistakes("inputs:\n  fluent: { type: forward, shared_key: abc }\nimputs: {}\n"), [
      "relay.yml:2:28 inputs.fluent.shared_key: unknown key (known: listen, max_bytes, max_connections, idle_timeout, token, type, labels)",
      'relay.yml:3:1 imputs: unknown key (did you mean "inputs"?)',
    ]);
  });

  it("point at an unknown type", () => {
    assert.deepEqual(mistakes("inputs:\n  edge:\n    type: gelf_upd\nqueue: { type: disk, directory: /x }\n"), [
      'relay.yml:3:11 inputs.edge.type: unknown type "gelf_upd" (did you mean "gelf_udp"?)',
      'relay.yml:4:16 queue.type: unknown type "disk" (known: memory)',
    ]);
  });

  it("point at the name of what lacks something", () => {
    assert.deepEqual(mistakes("processors:\n  - { type: filter }\ninputs:\n  a: {}\n"), [
      "relay.yml:2:5 processors[0].drop: missing, expected a list",
      "relay.yml:4:3 inputs.a.type: missing (one of forward, gelf_http, gelf_tcp, gelf_udp, grpc, stdin)",
    ]);
  });

  it("come all at once, whatever their kind, top to bottom", () => {
    const text = `lanes: "2"
policy:
  issue: warn
  trail: { size: many }
inputs:
  a: { type: gelf_udp, listen: "\${NOPE}" }
  b: { type: gelf_udp, idle_timeout: 30 }
  b: { type: stdin }
processors:
  - { type: route, rules: [{ match: {}, upstream: nowhere }] }
shutdown_timeout: 25
`;
    assert.deepEqual(mistakes(text), [
      'relay.yml:1:8 lanes: expected a number, got text "2"',
      'relay.yml:3:10 policy.issue: expected one of trace, debug, info, notice, warning, error, fatal, off, got "warn" (did you mean "warning"?)',
      'relay.yml:4:18 policy.trail.size: expected a number, got text "many"',
      "relay.yml:6:33 inputs.a.listen: the variable NOPE is not set (set it, or give a default: ${NOPE:-...})",
      "relay.yml:7:38 inputs.b.idle_timeout: expected a duration such as 250ms, 5s, 10m or 24h, got 30",
      'relay.yml:8:3 inputs.b: "b" is given twice (the first one is on line 7)',
      'relay.yml:10:51 processors[0].rules[0].upstream: there is no upstream named "nowhere" (known: default)',
      "relay.yml:11:19 shutdown_timeout: expected a duration such as 250ms, 5s, 10m or 24h, got 25",
    ]);
  });

  it("do not repeat what a missing variable already explains", () => {
    assert.deepEqual(mistakes("queue: ${QUEUE}\n"), [
      "relay.yml:1:8 queue: the variable QUEUE is not set (set it, or give a default: ${QUEUE:-...})",
    ]);
  });

  it("say which variable a wrong value came from", () => {
    assert.deepEqual(mistakes("lanes: ${LANES}\n", { env: { LANES: "many" } }), [
      'relay.yml:1:8 lanes: expected a number, got text "many" (it comes from ${LANES})',
    ]);
  });

  it("say where quotes are wanted, and where they are not", () => {
    const text = "inputs:\n  a: { type: stdin, labels: { team: 5 } }\nprocessors: [{ type: scrub, enabled: 'no' }]\n";
    assert.deepEqual(mistakes(text), [
      "relay.yml:2:37 inputs.a.labels.team: expected text, got the number 5 (put it in quotes)",
      'relay.yml:3:38 processors[0].enabled: expected true or false, got text "no" (write true or false, without quotes)',
    ]);
    assert.deepEqual(mistakes("data_dir: ${DIR}\n", { env: { DIR: "7" } }), [
      "relay.yml:1:11 data_dir: expected text, got the number 7 (put it in quotes, it comes from ${DIR})",
    ]);
  });

  it("say what to do about a section without content", () => {
    assert.deepEqual(mistakes("processors:\n#  - { type: scrub }\nlanes: 1\n"), [
      "relay.yml:1:1 processors: expected a list, got nothing (give it a value, or remove the line)",
    ]);
  });

  it("say what names may be made of", () => {
    assert.deepEqual(mistakes('inputs:\n  "my input": { type: stdin }\n'), [
      "relay.yml:2:3 inputs.my input: a name is made of up to 64 letters, digits, _ . and -",
    ]);
  });

  it("say what a file must be made of", () => {
    assert.deepEqual(mistakes("- a\n"), ['relay.yml:1:1 expected sections such as "inputs:" and "upstreams:", got a list']);
    assert.deepEqual(mistakes("lanes:2\n"), [
      'relay.yml:1:1 expected sections such as "inputs:" and "upstreams:", got "lanes:2" (a colon needs a space after it)',
    ]);
  });

  it("never show a secret", () => {
    const env = { DSN: "ftp//topsecret@host/1" };
    const text = 'upstreams:\n  default: { type: sentry, dsn: "${DSN}" }\nadmin: { token: [topsecret] }\n';
    assert.deepEqual(mistakes(text, { env }), [
      'relay.yml:2:33 upstreams.default.dsn: not a DSN: "***" (it comes from ${DSN})',
      "relay.yml:3:17 admin.token: expected text, got a list",
    ]);
  });

  it("blame the built-in defaults for what no file says", () => {
    assert.deepEqual(mistakes("lanes: 1\n", { env: { SENTRY_DSN: "nonsense" } }), [
      'built-in defaults upstreams.default.dsn: not a DSN: "***" (it comes from ${SENTRY_DSN})',
    ]);
  });
});
