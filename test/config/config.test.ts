import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { builtInConfig, configText, loadConfig, loadConfigFile } from "../../src/config/config.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import { testRegistry } from "./registry.ts";
import { mistakes, right } from "./support.ts";

const FULL = `
inputs:
  edge: { type: gelf_udp, listen: "0.0.0.0:12201", max_bytes: 1MiB, labels: { team: shop, "9": x } }
processors:
  - { type: filter, drop: [{ message: ping }] }
  - { type: filter, drop: [{ message: pong }] }
  - { type: filter, drop: [{ message: off }], enabled: false }
queue: { type: memory, max_bytes: 1GiB, when_full: drop_oldest }
upstreams:
  main: { type: sentry, dsn: "\${DSN}", rate_limit: "100/min", backoff: { max: 1m } }
data_dir: /var/lib/crumbtrail
lanes: \${LANES:-3}
shutdown_timeout: 5s
admin: { listen: "[::1]:9999", token: "\${TOKEN}" }
log: { level: debug }
`;

describe("loadConfig", () => {
  it("resolves every section, with units as numbers", () => {
    const { config } = right(FULL, { env: { DSN: "https://pub:sec@host/1", TOKEN: "letmein" } });

    const [edge] = config.inputs;
    assert.equal(edge?.name, "edge");
    assert.equal(edge?.spec.type, "gelf_udp");
    assert.deepEqual(edge?.config, {
      listen: { host: "0.0.0.0", port: 12_201 },
      max_bytes: 1_048_576,
      max_connections: 100,
      idle_timeout: 86_400_000,
    });
    assert.deepEqual(new Map(edge?.labels), new Map(Object.entries({ team: "shop", "9": "x" })));
    assert.deepEqual(
      config.processors.map(({ name }) => name),
      ["filter", "filter_2", "scrub"],
    );
    assert.equal(config.queue.spec.type, "memory");
    assert.deepEqual(config.queue.config, { max_bytes: 1_073_741_824, when_full: "drop_oldest" });
    assert.deepEqual(config.upstreams[0]?.config, {
      dsn: "https://pub:sec@host/1",
      rate_limit: { count: 100, perMs: 60_000 },
      compression: "gzip",
      backoff: { first: 500, max: 60_000 },
    });
    assert.equal(config.defaultUpstream, "main");
    assert.equal(config.dataDir, "/var/lib/crumbtrail");
    assert.equal(config.lanes, 3);
    assert.equal(config.shutdownTimeoutMs, 5_000);
    assert.deepEqual(config.admin, { address: { host: "::1", port: 9_999 }, token: "letmein", allow: [], tls: undefined });
    assert.deepEqual(config.log, { level: "debug", format: "json" });
    assert.deepEqual(config.secrets, ["pub", "sec", "letmein"]);
  });

  it("gives the sections that are left out their defaults", () => {
    const { config } = right("lanes: 2\n");

    assert.deepEqual(
      config.inputs.map(({ name, labels }) => [name, labels]),
      ["gelf_udp", "gelf_tcp", "gelf_http", "forward", "grpc"].map((name) => [name, undefined]),
    );
    assert.equal(config.shutdownTimeoutMs, 25_000);
    assert.deepEqual(config.admin, { address: { host: "127.0.0.1", port: 8_686 }, token: undefined, allow: [], tls: undefined });
    assert.deepEqual(config.log, { level: "info", format: "json" });
    assert.equal(config.dataDir, undefined);
  });

  it("takes a section that is given instead of its default, not beside it", () => {
    assert.deepEqual(right("inputs: {}\n").config.inputs, []);
    assert.deepEqual(right("inputs: { a: { type: stdin } }\n").config.inputs.length, 1);
  });

  it("scrubs last, unless the list says where or that not", () => {
    const names = (text: string): string[] => right(text).config.processors.map(({ name }) => name);
    const filter = "{ type: filter, drop: [{ a: b }] }";
    assert.deepEqual(names(""), ["scrub"]);
    assert.deepEqual(names("processors: []\n"), ["scrub"]);
    assert.deepEqual(names(`processors: [${filter}]\n`), ["filter", "scrub"]);
    assert.deepEqual(names(`processors: [{ type: scrub, fields: [x] }, ${filter}]\n`), ["scrub", "filter"]);
    assert.deepEqual(names(`processors: [${filter}, { type: scrub, enabled: false }]\n`), ["filter"]);
  });

  it("takes an empty token for none", () => {
    assert.equal(right('admin: { token: "${TOKEN:-}" }\n').config.admin.token, undefined);
  });

  it("is the same for an empty file, a comment and no file", () => {
    const { config } = right("");
    assert.deepEqual(right("# nothing\n").config, config);
    assert.deepEqual(builtInConfig({ env: {}, registry: testRegistry }), { config, written: right("").written });
  });

  it("does not mind a byte order mark and Windows line ends", () => {
    assert.equal(right("\uFEFFlanes: 2\r\n").config.lanes, 2);
    assert.deepEqual(mistakes("lanes: 2\r\nlog:\r\n  level: x\r\n"), [
      'relay.yml:3:10 log.level: expected one of trace, debug, info, warn, error, fatal, silent, got "x"',
    ]);
  });

  it("answers any text with a configuration or with mistakes that have a position", () => {
    const words = [
      "inputs",
      "upstreams",
      "type",
      "sentry",
      ":",
      " ",
      "\n",
      "  ",
      "- ",
      "{",
      "}",
      "[",
      "]",
      "${X}",
      '"',
      "1",
      "lanes",
      "queue",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 30 }), (parts) => {
        const loaded = loadConfig({ text: parts.join(""), file: "relay.yml", env: {}, registry: testRegistry });
        if ("config" in loaded) return;
        assert.ok(loaded.mistakes.length > 0);
        for (const mistake of loaded.mistakes) assert.ok(mistake.line > 0 && mistake.col > 0, formatMistake(mistake));
      }),
      { numRuns: 200 },
    );
  });
});

describe("configText", () => {
  it("loads to the same configuration, whatever the environment", () => {
    const env = { DSN: "https://pub:sec@host/1", TOKEN: "a${b}$${c}$" };
    const { config, written } = right(FULL, { env });

    assert.equal(config.admin.token, env.TOKEN);
    assert.deepEqual(right(configText(written)), { config, written });
  });

  it("keeps texts that look like something else", () => {
    const text =
      'inputs: { a: { type: stdin, labels: { a: "5", b: "off", c: "~", d: "*x", e: "- y: z", f: "$${X}", "0": "\\u2028" } } }\n';
    const { config, written } = right(text);
    assert.deepEqual(right(configText(written)).config, config);
  });
});

describe("loadConfigFile", () => {
  it("reads a file and names it in mistakes", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "relay.yml");
    writeFileSync(path, "lanes: 0\n");

    const loaded = loadConfigFile(path, { env: {}, registry: testRegistry });

    assert.deepEqual("mistakes" in loaded && loaded.mistakes.map(formatMistake), [
      `${path}:1:8 lanes: expected at least 1, got 0`,
    ]);
  });

  it("says why a file cannot be read", () => {
    const said = (path: string): unknown => {
      const loaded = loadConfigFile(path, { env: {}, registry: testRegistry });
      return "mistakes" in loaded && loaded.mistakes.map(formatMistake);
    };
    assert.deepEqual(said("no/such.yml"), ["no/such.yml cannot be read: there is no such file"]);
    assert.deepEqual(said(tmpdir()), [`${tmpdir()} cannot be read: it is a directory`]);
  });
});
