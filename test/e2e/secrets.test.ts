// Every field that holds a secret holds a marker, and the marker is looked for in everything that the relay says.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { parse, stringify } from "yaml";
import { writtenSchema, type JsonSchema } from "../../src/config/json-schema.ts";
import { isSecretPath } from "../../src/config/secrets.ts";
import { valueAt } from "../../src/config/sentences.ts";
import { ended, MAIN, type Ended } from "../support/command.ts";
import { Daemon } from "../support/daemon.ts";
import { DatagramSender } from "../support/datagrams.ts";

/** A part of every secret; nothing else holds it. */
const MARK = "zqmarkzq";
const secret = (name: string): string => `${name}-${MARK}-${"0123456789abcdef".repeat(2)}`;

/** Secrets that are written in the file, come from a variable, and come from a file. */
const WRITTEN = {
  inputs: {
    web: {
      type: "gelf_http",
      listen: "127.0.0.1:0",
      auth: { tokens: [secret("token"), "${WEB_TOKEN}"], users: { alice: secret("alice") } },
    },
    fluent: { type: "forward", listen: "127.0.0.1:0", shared_key: "${file:shared_key}", users: { bob: "${BOB}" } },
    rpc: { type: "grpc", listen: "127.0.0.1:0", auth: { tokens: ["${file:token}"], users: { carol: secret("carol") } } },
    udp: { type: "gelf_udp", listen: "127.0.0.1:0" },
  },
  processors: [{ type: "scrub", hash_key: "${file:hash_key}" }],
  upstreams: {
    // Nothing listens on port 9.
    default: { type: "sentry", dsn: "${file:dsn}", backoff: { first: "10ms", max: "20ms" } },
    other: {
      type: "sentry",
      dsn: "${OTHER_DSN}",
      proxy: `http://relay:${MARK}%40password@127.0.0.1:9`,
    },
  },
  log: { level: "trace" },
  shutdown_timeout: "1s",
};
const ADMIN = { token: "${file:token}", listen: "127.0.0.1:0" };
const FILES = {
  shared_key: `${secret("shared")}\n`,
  token: `${secret("file-token")}\n`,
  hash_key: secret("hash"),
  dsn: `http://${MARK}0123456789abcdef:${MARK}second@127.0.0.1:9/1\n`,
};
const ENV = { WEB_TOKEN: secret("web"), BOB: secret("bob"), OTHER_DSN: `http://${MARK}fedcba9876543210@127.0.0.1:9/2` };

function folder(t: TestContext, config: object): string {
  const path = mkdtempSync(join(tmpdir(), "crumbtrail-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, "data"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(path, name), text);
  writeFileSync(join(path, "relay.yml"), stringify({ ...config, data_dir: join(path, "data") }));
  return path;
}

function crumbtrail(...args: readonly string[]): Promise<Ended> {
  return ended(process.execPath, [MAIN, ...args], ENV);
}

function assertSilent(said: string, where: string): void {
  const at = said.indexOf(MARK);
  assert.equal(at, -1, `${where}: ${said.slice(Math.max(0, at - 200), at + 100)}`);
}

/** Paths of fields whose texts are secrets, with the `type` of their component. */
function secretFields(schema: JsonSchema, path: readonly string[], type = ""): string[] {
  const inside = [
    ...Object.entries(schema.properties ?? {}),
    ...(typeof schema.additionalProperties === "object" ? [["*", schema.additionalProperties] as const] : []),
    ...(schema.items === undefined ? [] : [["*", schema.items] as const]),
  ];
  const options = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (inside.length === 0 && options.length === 0) return isSecretPath(path) ? [`${type} ${path.join(".")}`] : [];
  return [
    ...inside.flatMap(([name, field]) => secretFields(field, [...path, name], type)),
    ...options.flatMap((option) => {
      const chosen = option.properties?.["type"]?.const;
      return secretFields(option, path, typeof chosen === "string" ? chosen : type);
    }),
  ];
}

/** As {@link secretFields}, of those that a configuration fills. */
function filled(value: unknown, path: readonly string[], type = ""): string[] {
  if (typeof value !== "object" || value === null) return isSecretPath(path) ? [`${type} ${path.join(".")}`] : [];
  const named = valueAt(value, ["type"]);
  return Object.entries(value).flatMap(([name, inner]) => {
    const chosen = Array.isArray(value) || ["inputs", "upstreams", "users"].includes(path.at(-1) ?? "");
    return filled(inner, [...path, chosen ? "*" : name], typeof named === "string" ? named : type);
  });
}

describe("secrets", { concurrency: 3 }, () => {
  it("are looked for in every field that may hold one", () => {
    assert.deepEqual(
      [...new Set(filled({ ...WRITTEN, admin: ADMIN }, []))].toSorted(),
      secretFields(writtenSchema(), []).toSorted(),
      "give the new field a secret in this test",
    );
  });

  it("are not in what check --print shows, wherever they come from", async (t) => {
    const file = join(folder(t, { ...WRITTEN, admin: ADMIN }), "relay.yml");

    const { code, stdout, stderr } = await crumbtrail("check", "--config", file, "--print");

    assert.equal(code, 0, stderr);
    assertSilent(stdout + stderr, "check --print");
    assert.deepEqual(valueAt(parse(stdout), ["upstreams", "default", "dsn"]), "http://***@127.0.0.1:9/1");
    assert.equal(valueAt(parse(stdout), ["upstreams", "other", "proxy"]), "http://***@127.0.0.1:9");
  });

  it("are not in what a mistake beside them, or in them, says", async (t) => {
    const config = {
      ...WRITTEN,
      inputs: {
        web: { ...WRITTEN.inputs.web, shared_key: secret("elsewhere"), auth: { tokens: "${WEB_TOKEN}", users: ["${BOB}"] } },
        fluent: { ...WRITTEN.inputs.fluent, users: "${BOB}", max_connections: "${file:token}" },
        rpc: { ...WRITTEN.inputs.rpc, type: "${file:token}" },
      },
      upstreams: {
        default: { type: "sentry", dsn: `http//${MARK}@host/1`, proxy: `ftp://relay:${MARK}-password@host` },
        other: { type: "sentry", dsn: [`https://${MARK}0000@host/1`], tls: { pin: ["${OTHER_DSN}"] } },
      },
      lanes: "${file:hash_key}",
      admin: { token: { a: "${file:token}" }, listen: "${file:dsn}" },
    };
    const file = join(folder(t, config), "relay.yml");

    const { code, stdout, stderr } = await crumbtrail("check", "--config", file);

    assert.equal(code, 78);
    const lines = stderr.split("\n").filter((line) => line.includes("relay.yml:"));
    assert.ok(lines.length >= 10, stderr);
    for (const line of lines) assertSilent(line, "a mistake");
    assertSilent(stdout + stderr, "check");
  });

  it("are not in what a start that fails says, at the most talkative level", async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    t.after(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const inputs = { ...WRITTEN.inputs, tcp: { type: "gelf_tcp", listen: `127.0.0.1:${port}` } };
    const file = join(folder(t, { ...WRITTEN, inputs, admin: ADMIN }), "relay.yml");

    const { code, stdout, stderr } = await crumbtrail("run", "--config", file);

    assert.equal(code, 1);
    assert.match(stderr, /is already in use/);
    assertSilent(stdout + stderr, "a failing start");
  });

  it("are not in the log, /status, /readyz, /metrics and data_dir of a relay that cannot deliver and is knocked at", async (t) => {
    const path = folder(t, {});
    const inPlace = JSON.stringify({ ...WRITTEN, data_dir: join(path, "data") }).replaceAll("${file:", `\${file:${path}/`);
    const relay = await Daemon.start({ config: stringify(parse(inPlace)), env: ENV });
    t.after(() => relay.stop("SIGKILL"));
    const sender = await DatagramSender.to(t, await relay.port("udp"));
    sender.send(JSON.stringify({ version: "1.1", host: "web-1", short_message: "card declined", level: 3 }));
    const web = `http://127.0.0.1:${await relay.port("web")}/gelf`;
    const refused = await fetch(web, { method: "POST", body: "{}", headers: { authorization: `Bearer ${MARK}-guessed` } });
    assert.equal(refused.status, 401);
    while (!/cannot deliver/.test(relay.stderr)) await new Promise((resolve) => setTimeout(resolve, 20));

    for (const name of ["/status", "/readyz", "/metrics"]) {
      const answer = await relay.get(name);
      assertSilent(`${await answer.text()} ${JSON.stringify([...answer.headers])}`, name);
    }
    assert.match(await refused.text(), /./);
    await relay.stop();
    assertSilent(relay.stdout + relay.stderr, "the log");
    for (const name of readdirSync(join(path, "data"), { recursive: true, encoding: "utf8" })) {
      assertSilent(name, "a name in data_dir");
      if (name.endsWith(".json")) assertSilent(readFileSync(join(path, "data", name), "utf8"), name);
    }
  });

  it("are not in what doctor, explain, pipe and dlq say", async (t) => {
    const file = join(folder(t, { ...WRITTEN, admin: ADMIN }), "relay.yml");
    const log = join(file, "..", "app.log");
    writeFileSync(log, "ERROR the disk is full\n");
    const all = await Promise.all([
      crumbtrail("doctor", "--config", file),
      crumbtrail("doctor", "--config", file, "--json"),
      crumbtrail("doctor", `http://${MARK}0123456789@127.0.0.1:9/1`),
      crumbtrail("doctor", `http//${MARK}0123456789@127.0.0.1:9/1`),
      crumbtrail("explain", "--config", file, log),
      ended("/bin/sh", ["-c", `"$0" "$@" < "${log}"`, process.execPath, MAIN, "pipe", "--config", file, "--timeout", "1s"], ENV),
      crumbtrail("run", "--dsn", `http:/${MARK}0123456789@127.0.0.1:9/1`),
      crumbtrail("dlq", "list", "--config", file),
    ]);
    assert.deepEqual(
      all.map(({ code }) => code),
      [69, 69, 69, 2, 0, 69, 78, 0],
      all.map(({ stderr }) => stderr).join("\n"),
    );
    for (const [index, { stdout, stderr }] of all.entries()) {
      assert.notEqual(stdout + stderr, "", `command ${index}`);
      assertSilent(stdout + stderr, `command ${index}`);
    }
  });

  it("are not in what is said of an exception that nobody caught, nor in a diagnostic report", async (t) => {
    const path = folder(t, { ...WRITTEN, admin: ADMIN });
    // A failed URL carries its text along, as Node's own errors do.
    const thrown = `Object.assign(new TypeError("Invalid URL ${FILES.dsn.trim()}\\u001b[2J"), { input: process.env.OTHER_DSN })`;
    for (const [name, how] of [
      ["thrown", `throw ${thrown}`],
      ["rejected", `void Promise.reject(${thrown})`],
    ] as const) {
      // Thrown once the relay listens, which is when it writes its first line.
      const text = `const write = process.stderr.write; const timer = setInterval(() => { if (globalThis.told) { clearInterval(timer); ${how}; } }, 10);
        const fs = await import("node:fs"); const { writeSync } = fs.default;
        fs.default.writeSync = (...args) => { if (String(args[1]).includes("admin endpoint")) globalThis.told = true; return writeSync(...args); };`;
      const preload = join(path, `${name}.mjs`);
      writeFileSync(preload, text);
      const report = ["--report-uncaught-exception", "--report-on-fatalerror", `--report-directory=${path}`];

      const { code, stdout, stderr } = await ended(
        process.execPath,
        [...report, "--import", preload, MAIN, "run", "--config", join(path, "relay.yml")],
        ENV,
      );

      assert.equal(code, 1, stderr);
      assert.match(stderr, /crumbtrail: this is a bug, please report it: TypeError: Invalid URL http:\/\/\*\*\*:\*\*\*@127/);
      assert.match(stderr, /\\x1b\[2J/);
      assertSilent(stdout + stderr, name);
    }
    const reports = readdirSync(path).filter((name) => name.startsWith("report."));
    for (const name of reports) assertSilent(readFileSync(join(path, name), "utf8"), name);
  });
});
