import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/config.ts";
import { effectiveYaml } from "../../src/config/effective.ts";

/** What is wrong with a configuration of one input, as a person reads it. */
function mistakes(input: string): string[] {
  const loaded = loadConfig({ text: `inputs:\n  edge: ${input}\n`, file: "relay.yml", env: {} });
  return "mistakes" in loaded ? loaded.mistakes.map(({ line, path, message }) => `${line} ${path}: ${message}`) : [];
}

const NETWORK_INPUTS = ["gelf_udp", "gelf_tcp", "gelf_http", "forward", "grpc", "syslog_udp", "syslog_tcp"];

describe("the fields of who may send", () => {
  it("are taken by every input that listens", () => {
    for (const type of NETWORK_INPUTS) {
      const limits = "max_records_per_second_per_peer: 1000, max_bytes_per_second_per_peer: 1MiB";
      assert.deepEqual(mistakes(`{ type: ${type}, allow: ["10.0.0.0/8", "::1"], ${limits} }`), [], type);
    }
    for (const type of ["gelf_tcp", "gelf_http", "forward", "grpc", "syslog_tcp"]) {
      assert.deepEqual(mistakes(`{ type: ${type}, proxy_protocol: ["10.0.0.0/8"], max_connections_per_peer: 10 }`), [], type);
    }
    assert.deepEqual(mistakes('{ type: gelf_http, trusted_proxies: ["10.0.0.1"], auth: { tokens: ["eight888"] } }'), []);
    assert.deepEqual(mistakes('{ type: grpc, max_requests_per_second_per_peer: 5, auth: { users: { ann: "a password" } } }'), []);
  });

  it("say what is wrong, and where", () => {
    assert.deepEqual(mistakes('{ type: gelf_udp, allow: ["10.0.0.0/8", "10.0.0.0/33"] }'), [
      '2 inputs.edge.allow[1]: expected a network such as 10.0.0.0/8 or ::1, got "10.0.0.0/33"',
    ]);
    assert.deepEqual(mistakes('{ type: gelf_tcp, proxy_protocol: ["lb.example"] }'), [
      '2 inputs.edge.proxy_protocol[0]: expected a network such as 10.0.0.0/8 or ::1, got "lb.example"',
    ]);
    assert.match(mistakes("{ type: grpc, auth: {} }").join(), /^2 inputs\.edge\.auth: nobody could get in/);
    assert.match(mistakes('{ type: grpc, auth: { tokens: [""] } }').join(), /auth\.tokens\[0\]: expected at least 8 characters/);
    assert.match(mistakes('{ type: gelf_http, auth: { users: { "a:b": "a password" } } }').join(), /has no colon/);
  });

  it("show no secret, in mistakes and in what is in force", () => {
    const secret = "tiny5ec";
    assert.ok(
      !mistakes(`{ type: gelf_http, auth: { tokens: ["${secret}"], users: { ann: "${secret}" } } }`).join().includes(secret),
    );
    const text = 'inputs: { web: { type: gelf_http, auth: { tokens: ["t0ken-t0ken"], users: { ann: "pa55word" } } } }';
    const loaded = loadConfig({ text, file: "relay.yml", env: {} });
    assert.ok("config" in loaded);
    const shown = effectiveYaml(loaded);
    assert.match(shown, /tokens/);
    assert.ok(!/t0ken-t0ken|pa55word/.test(shown), shown);
    assert.deepEqual(
      ["t0ken-t0ken", "pa55word"].filter((one) => !loaded.config.secrets.includes(one)),
      [],
    );
  });
});
