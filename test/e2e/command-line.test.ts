import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { MiniSentry } from "../support/mini-sentry.ts";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function crumbtrail(args: readonly string[], input = "", env: Readonly<Record<string, string>> = {}): Promise<Result> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env["PATH"] ?? "", ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

function configFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "relay.yml");
  writeFileSync(file, text);
  return file;
}

describe("crumbtrail", { concurrency: 3 }, () => {
  it("prints its version and help, with an example for every verb", async () => {
    assert.match((await crumbtrail(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
    for (const verb of ["run", "pipe", "check", "send", "explain", "schema", "docs", "doctor"]) {
      const { code, stdout } = await crumbtrail([verb, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, /Examples?:\n {2}\$ /, verb);
    }
  });

  it("ends with 2 on wrong usage and says what was wrong", async () => {
    const unknown = await crumbtrail(["rnu"]);
    const option = await crumbtrail(["run", "--confg", "x"]);
    const level = await crumbtrail(["send", "x", "--level", "loud"]);

    assert.deepEqual([unknown.code, option.code, level.code], [2, 2, 2]);
    assert.match(unknown.stderr, /unknown command 'rnu'/);
    assert.match(option.stderr, /unknown option '--confg'/);
    assert.match(level.stderr, /expected one of trace, debug/);
  });

  it("tells all mistakes of a configuration at once, with their places, and ends with 78", async (t) => {
    const file = configFile(
      t,
      'inputs:\n  edge: { type: gelf_upd }\n  web: { type: gelf_http, listen: "12202", shared_key: x }\nlanes: many\n',
    );

    const { code, stderr } = await crumbtrail(["check", "--config", file]);

    assert.equal(code, 78);
    assert.match(stderr, /relay\.yml:2:17 inputs\.edge\.type: unknown type "gelf_upd" \(did you mean "gelf_udp"/);
    assert.match(stderr, /relay\.yml:3:35 inputs\.web\.listen: expected an address/);
    assert.match(stderr, /relay\.yml:3:44 inputs\.web\.shared_key: unknown key/);
    assert.match(stderr, /relay\.yml:4:8 lanes: /);
    assert.equal((await crumbtrail(["run", "--config", file])).code, 78);
  });

  it("says which input found its port taken, and how to see by whom", async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    t.after(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const file = configFile(
      t,
      `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:${port}" } }\nadmin: { listen: "127.0.0.1:0" }\n`,
    );

    const { code, stderr } = await crumbtrail(["run", "--config", file]);

    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`input "edge": tcp 127.0.0.1:${port} is already in use; see by whom with: ss -ltnp`));
  });

  it("prints a schema and a reference", async () => {
    const schema = JSON.parse((await crumbtrail(["schema"])).stdout) as { $schema: string };
    assert.match(schema.$schema, /json-schema\.org/);
    assert.match((await crumbtrail(["docs"])).stdout, /crumbtrail_records_received_total/);
  });

  it("explains each record without sending anything", async () => {
    const lines = [
      '{"level":50,"time":1767322000000,"name":"api","msg":"card 42 declined"}',
      '{"level":30,"msg":"ok"}',
      "plain text",
    ];

    const { code, stdout } = await crumbtrail(["explain"], `${lines.join("\n")}\n`);

    const [declined, ok, plain] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(code, 0);
    assert.deepEqual(
      [declined?.["severity"], declined?.["fate"], declined?.["logger"], declined?.["timestamp"]],
      ["error", "issue", "api", 1767322000],
    );
    assert.deepEqual(declined?.["params"], ["42"]);
    const keys = "severity message template params fingerprint title logger exception tags timestamp fate";
    for (const record of [declined, ok, plain]) assert.equal(Object.keys(record ?? {}).join(" "), keys);
    assert.deepEqual([ok?.["fate"], plain?.["fate"], plain?.["message"]], ["breadcrumb", "breadcrumb", "plain text"]);
  });

  it("explains which rule of scrub touched which field, and never what stood there", async () => {
    const line = {
      level: 50,
      msg: "password=hunter2 for 4111111111111111",
      req: { method: "GET", url: "/?token=hunter2" },
      deep: [{ pin: "hunter2" }],
    };

    const { stdout } = await crumbtrail(["explain"], `${JSON.stringify(line)}\n{"level":30,"msg":"clean"}\n`);

    assert.doesNotMatch(stdout, /hunter2|4111/);
    const [touched, clean] = stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as { scrubbed?: unknown });
    assert.deepEqual(touched?.scrubbed, [
      { rule: "key", path: "message", count: 1 },
      { rule: "card", path: "message", count: 1 },
      { rule: "key", path: "request.query_string", count: 1 },
      { rule: "key", path: "deep.0.pin", count: 1 },
    ]);
    assert.equal(clean?.scrubbed, undefined);
  });

  it("pipes standard input to a tracker and ends with it", async (t) => {
    const mini = await MiniSentry.start();
    t.after(() => mini.close());
    const lines = Array.from({ length: 500 }, (_, i) =>
      JSON.stringify({ level: i % 100 === 99 ? "error" : "info", message: `step ${i}` }),
    );

    const { code } = await crumbtrail(["pipe", "--dsn", mini.dsn()], lines.join("\n"));

    assert.equal(code, 0);
    assert.equal(mini.events().length, 5);
    assert.deepEqual(mini.problems, []);
  });

  it("says what a pipe could not deliver in time, and ends with 69", async (t) => {
    const mini = await MiniSentry.start();
    t.after(() => mini.close());
    mini.always = { status: 503 };

    const { code, stderr } = await crumbtrail(
      ["pipe", "--dsn", mini.dsn(), "--timeout", "3s"],
      '{"level":"error","msg":"boom"}\n',
    );

    assert.equal(code, 69);
    assert.match(stderr, /1 records? (?:was|were) not delivered within 3s \(default: .*503/);
  });

  it("waits while the queue of a pipe is full, until the tracker is back", async (t) => {
    const mini = await MiniSentry.start();
    t.after(() => mini.close());
    mini.always = { status: 503 };
    setTimeout(() => (mini.always = {}), 1_500);
    const file = configFile(t, 'policy: { storm: "off" }\nqueue: { type: memory, max_bytes: 2KiB }\n');
    const lines = Array.from({ length: 30 }, (_, i) => `ERROR step ${i}\n`);

    const { code } = await crumbtrail(["pipe", "--config", file, "--dsn", mini.dsn()], lines.join(""));

    assert.equal(code, 0);
    assert.equal(mini.events().length, 30);
  });

  it("ends with 1 when the tracker refuses what a pipe sends", async (t) => {
    const mini = await MiniSentry.start();
    t.after(() => mini.close());
    mini.always = { status: 400 };

    const { code, stderr } = await crumbtrail(["pipe", "--dsn", mini.dsn()], '{"level":"error","msg":"boom"}\n');

    assert.equal(code, 1);
    assert.match(stderr, /1 record was refused or given up/);
  });

  it("gives up where the tracker stays away and the queue is full before the input ends", async (t) => {
    const mini = await MiniSentry.start();
    t.after(() => mini.close());
    mini.always = { status: 503 };
    const file = configFile(
      t,
      `queue: { type: memory, max_bytes: 8KiB }\npolicy: { storm: "off" }\nupstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }\n`,
    );
    const lines = Array.from({ length: 5_000 }, (_, i) => `{"level":"error","msg":"boom ${i}"}`).join("\n");

    const { code, stderr } = await crumbtrail(["pipe", "--config", file, "--timeout", "1s"], lines);

    assert.equal(code, 69);
    assert.match(stderr, /records were not delivered within 1s/);
  });

  it("prints events for a person where no DSN is set", async () => {
    const { code, stdout } = await crumbtrail(
      ["pipe"],
      '{"level":"info","msg":"cart opened"}\n{"level":"error","msg":"card declined"}\n',
    );

    assert.equal(code, 0);
    assert.match(stdout, /ERROR\s+card declined[\s\S]*trail[\s\S]*cart opened/);
  });

  it("never prints a DSN's key", async (t) => {
    const file = configFile(t, 'upstreams: { default: { type: sentry, dsn: "https://topsecretkey@sentry.example/1" } }\n');

    const { code, stdout, stderr } = await crumbtrail(["check", "--config", file, "--print"]);

    assert.equal(code, 0);
    assert.doesNotMatch(stdout + stderr, /topsecretkey/);
    assert.match(stdout, /sentry\.example\/1/);
  });

  it("asks a tracker whether it takes envelopes", async (t) => {
    const mini = await MiniSentry.start();
    t.after(() => mini.close());

    const takes = await crumbtrail(["doctor", mini.dsn()]);
    mini.always = { status: 403 };
    const refuses = await crumbtrail(["doctor", mini.dsn()]);
    const dead = await crumbtrail(["doctor", "--live", "--admin", "127.0.0.1:1"]);

    assert.deepEqual([takes.code, refuses.code, dead.code], [0, 1, 1]);
    assert.match(takes.stdout, /takes envelopes/);
    assert.match(refuses.stdout, /refuses the DSN/);
  });
});
