import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Daemon } from "../support/daemon.ts";
import { MiniSentry } from "../support/mini-sentry.ts";
import { crumbsOf, eventOf, messageOf, of, trailOf } from "../support/real-senders-relay.ts";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));
const APP = fileURLToPath(new URL("../support/real-senders-app.js", import.meta.url));

interface Piped {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs `crumbtrail pipe` with text, or with the output of a program, on its standard input. */
async function pipe(
  mini: MiniSentry,
  input: { readonly text?: string; readonly app?: string },
  ...options: readonly string[]
): Promise<Piped> {
  const app =
    input.app === undefined ? undefined : spawn(process.execPath, [APP, input.app], { stdio: ["ignore", "pipe", "inherit"] });
  const child = spawn(process.execPath, [MAIN, "pipe", "--dsn", mini.dsn(), ...options], {
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: [app?.stdout ?? "pipe", "inherit", "pipe"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  if (app === undefined) child.stdin?.end(input.text ?? "");
  return { code: await codeOf(child), stderr };
}

async function codeOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}

describe("stdin, end to end", () => {
  let mini: MiniSentry;
  before(async () => {
    mini = await MiniSentry.start();
  });
  after(() => mini.close());
  afterEach(() => {
    assert.deepEqual(mini.problems, []);
    mini.requests.length = 0;
  });

  for (const app of ["pino", "bunyan"]) {
    it(`turns the output of ${app} into issues`, async () => {
      const started = Date.now() / 1_000;
      assert.deepEqual(await pipe(mini, { app }), { code: 0, stderr: "" });

      const [event, ...more] = mini.events();
      assert.equal(more.length, 0);
      assert.deepEqual([messageOf(event), event?.["level"], event?.["logger"]], ["charge failed", "error", "shop"]);
      assert.ok(Math.abs(Number(event?.["timestamp"]) - started) < 60);
      assert.equal(of(event, "contexts", "trace", "trace_id"), "0af7651916cd43dd8448eb211c80319c");
      assert.deepEqual([of(event, "user", "id"), of(event, "request", "method")], ["7", "POST"]);
      assert.deepEqual([of(event, "request", "url"), of(event, "request", "query_string")], ["/charge", "order=9"]);
      assert.equal(String(event?.["server_name"]), (await import("node:os")).hostname());
      assert.deepEqual(
        crumbsOf(event).map(({ level, category, message, data }) => [level, category, message, data]),
        [
          ["info", "shop", "listening", of(crumbsOf(event)[0], "data")],
          ["warning", "shop", "card declined", of(crumbsOf(event)[1], "data")],
        ],
      );
      assert.deepEqual([of(crumbsOf(event)[0], "data", "port"), of(crumbsOf(event)[1], "data", "attempt")], [8080, 1]);
      const [value] = (of(event, "exception", "values") ?? []) as readonly Record<string, unknown>[];
      assert.deepEqual([value?.["type"], value?.["value"]], ["RangeError", "index 9 of 3"]);
      assert.match(
        String((of(value, "stacktrace", "frames") as readonly { filename: string }[]).at(-1)?.filename),
        /real-senders-app/,
      );
    });
  }

  it("turns the JSON of winston into issues", async () => {
    assert.deepEqual(await pipe(mini, { app: "winston" }), { code: 0, stderr: "" });

    const [event] = mini.events();
    assert.deepEqual([messageOf(event), event?.["level"], of(event, "tags", "service")], ["index 9 of 3", "error", "shop"]);
    assert.deepEqual([trailOf(event), of(event, "user", "id")], [["listening", "card declined"], "7"]);
    const [value] = (of(event, "exception", "values") ?? []) as readonly Record<string, unknown>[];
    assert.deepEqual([value?.["type"], value?.["value"]], ["RangeError", "index 9 of 3"]);
  });

  it("reads plain text with a level in it, and a last line without an end", async () => {
    const text = "starting up\n\n[INFO] listening on 8080\n[ERROR] cannot reach redis-1:6379\nretrying";
    assert.deepEqual(await pipe(mini, { text }), { code: 0, stderr: "" });

    const [event] = mini.events();
    assert.match(messageOf(event), /cannot reach redis-1:6379/);
    assert.deepEqual([event?.["level"], trailOf(event)], ["error", ["starting up", "[INFO] listening on 8080"]]);
  });

  it("looks at each line anew, whatever wrote the one before", async () => {
    const lines = [
      "booting",
      '{"level":30,"time":1700000000000,"msg":"pino says hello","name":"a"}',
      '{"@t":"2023-11-14T22:13:21.5Z","@mt":"Order {OrderId} placed","OrderId":1042}',
      '{"version":"1.1","host":"h1","short_message":"gelf line","level":6,"timestamp":1700000002}',
      '{"@timestamp":"2023-11-14T22:13:23Z","log.level":"WARN ","message":"ecs line","ecs.version":"1.2.0"}',
      '{"level":"fatal","ts":1700000004.25,"msg":"zap gives up","logger":"core","caller":"a/b.go:12"}',
      "{ not: json }",
    ];
    assert.deepEqual(await pipe(mini, { text: `${lines.join("\r\n")}\r\n` }), { code: 0, stderr: "" });

    const event = eventOf(mini.events(), "zap gives up");
    assert.deepEqual([event["level"], event["logger"], event["timestamp"]], ["fatal", "core", 1_700_000_004.25]);
    assert.deepEqual(new Set(trailOf(event)), new Set(["booting", "pino says hello", "Order 1042 placed", "ecs line"]));
  });

  it("goes on beside other inputs when standard input ends, and refuses with words what is no JSON where it must be", async (t) => {
    const daemon = await Daemon.start({
      config: `inputs:
  app: { type: stdin, format: json }
  edge: { type: gelf_tcp, listen: "127.0.0.1:0" }
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }`,
    });
    t.after(() => daemon.stop("SIGKILL"));
    daemon.process.stdin?.end('{"level":"info","msg":"quiet"}\nnot json\n\n{"level":"error","msg":"loud"}');
    const ledger = await daemon.settled(3);

    assert.deepEqual([ledger.settled["delivered"], ledger.settled["absorbed"], ledger.settled["malformed"]], [1, 1, 1]);
    assert.deepEqual([messageOf(mini.events()[0]), trailOf(mini.events()[0])], ["loud", ["quiet"]]);
    assert.match(daemon.stderr, /"cause":"malformed json".*app: not JSON.*not json/);
    assert.equal((await daemon.get("/readyz")).status, 200);
    assert.equal(await daemon.stop(), 0);
  });

  it("says what it could not deliver in time", async (t) => {
    mini.always = { status: 503 };
    t.after(() => {
      mini.always = {};
    });
    const { code, stderr } = await pipe(mini, { text: '{"level":"error","msg":"lost"}\n' }, "--timeout", "300ms");

    assert.equal(code, 69);
    assert.match(stderr, /1 record was not delivered within 300ms/);
  });
});
