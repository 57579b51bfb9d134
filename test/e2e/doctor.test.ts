import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { configFile, folder, freePort, KEY, served, tracker, Visit } from "../support/doctor-visit.ts";
import type { Behaviour } from "../support/mini-sentry.ts";

describe("crumbtrail doctor", { concurrency: 3 }, () => {
  it("finds a tracker that takes envelopes, and leaves no trace there", async (t) => {
    const mini = await tracker(t);

    const visit = await Visit.pay([mini.dsn()]);

    assert.equal(visit.code, 0, visit.stdout);
    assert.match(visit.stdout, /upstream default \(http:\/\/\*\*\*@127\.0\.0\.1:\d+\/42\)\n {2}ok +takes envelopes\n/);
    assert.match(visit.stdout, /ok +this machine's clock agrees/);
    assert.ok(!visit.stdout.includes("\u001b"));
    assert.deepEqual([mini.events(), mini.logs(), mini.clientReports().length, mini.problems], [[], [], 1, []]);
    assert.deepEqual(mini.clientReports()[0]?.["discarded_events"], []);
    const [envelope, ...probes] = mini.requests;
    assert.equal(envelope?.auth?.key, KEY);
    for (const { auth, headers } of probes)
      assert.deepEqual([auth, headers.authorization, headers["x-sentry-auth"]], [undefined, undefined, undefined]);
  });

  it("asks the DSN of SENTRY_DSN, and only notes that there is none", async (t) => {
    const mini = await tracker(t);
    const asked = await Visit.pay(["--json"], { SENTRY_DSN: mini.dsn() });
    const none = await Visit.pay(["--json"]);

    assert.deepEqual([asked.code, none.code], [0, 0]);
    assert.equal(asked.findings("upstream default")[0], "ok takes envelopes");
    assert.match(none.findings("upstream default")[0] ?? "", /^note no DSN is set, so events are printed to the console/);
  });

  it("tells a refused DSN, a limited project and a broken tracker apart", async (t) => {
    const body = JSON.stringify({ detail: `bad key http://${KEY}@127.0.0.1/42`, causes: [] });
    const refused = await Visit.pay(["--json", (await tracker(t, { status: 401, body })).dsn()]);
    const headers = { "retry-after": "90" };
    const limited = await Visit.pay(["--json", (await tracker(t, { status: 429, headers })).dsn()]);
    const broken = await Visit.pay(["--json", (await tracker(t, { status: 503 })).dsn()]);

    assert.deepEqual([refused.code, limited.code, broken.code], [1, 0, 69]);
    assert.match(
      refused.findings("upstream")[0] ?? "",
      /^fail refuses the DSN: HTTP 401 Unauthorized: bad key http:\/\/\*\*\*@127/,
    );
    assert.match(limited.findings("upstream")[0] ?? "", /^warn takes envelopes, but limits .*everything for 1\.5m \(HTTP 429\)/);
    assert.match(broken.findings("upstream")[0] ?? "", /^fail answers, but takes nothing at the moment: HTTP 503/);
  });

  it("falls back on an older envelope where a tracker does not know client reports", async (t) => {
    const mini = await tracker(t);
    mini.script({ status: 400, body: '{"detail":"invalid event envelope","causes":["unknown variant `client_report`"]}' });

    const old = await Visit.pay(["--json", mini.dsn()]);
    const sessions = mini.requests.at(-1)?.envelope?.items[0];
    const deaf = await Visit.pay(["--json", (await tracker(t, { status: 400 })).dsn()]);

    assert.deepEqual([old.code, deaf.code], [0, 1]);
    assert.match(
      old.findings("upstream")[0] ?? "",
      /^warn takes envelopes, but no client reports \(HTTP 400 .*nothing is wrong with the DSN/,
    );
    assert.equal(sessions?.header["type"], "sessions");
    assert.match(sessions?.bytes.toString() ?? "", /^\{"aggregates":\[\],/);
    assert.match(deaf.findings("upstream")[0] ?? "", /^fail refuses envelopes: HTTP 400/);
  });

  it("ends with 69 and says why where nothing listens, connections are reset, or the name is unknown", async (t) => {
    const port = await freePort();
    const nobody = await Visit.pay(["--json", `http://${KEY}@127.0.0.1:${port}/42`]);
    const reset = await Visit.pay(["--json", (await tracker(t, { fault: "reset" })).dsn()]);
    const plain = await Visit.pay(["--json", (await tracker(t)).dsn().replace("http:", "https:")]);

    assert.deepEqual([nobody.code, reset.code, plain.code], [69, 69, 69]);
    assert.match(nobody.findings("upstream")[0] ?? "", new RegExp(`^fail nothing listens on 127\\.0\\.0\\.1:${port};`));
    assert.match(reset.findings("upstream")[0] ?? "", /^fail .* closes the connection without an answer/);
    assert.match(plain.findings("upstream")[0] ?? "", /^fail TLS with .* fails .*http:\/\//);
  });

  it("finds a clock that is a minute and a half apart, and warns of half a minute", async (t) => {
    const dated = (aheadMs: number): Behaviour => ({ headers: { date: new Date(Date.now() + aheadMs).toUTCString() } });
    const behind = await tracker(t);
    behind.script(dated(90_000));
    const far = await Visit.pay(["--json", behind.dsn()]);
    const ahead = await tracker(t);
    ahead.script(dated(-30_000));
    const near = await Visit.pay(["--json", ahead.dsn()]);

    assert.deepEqual([far.code, near.code], [1, 0]);
    assert.match(
      far.findings("upstream")[2] ?? "",
      /^fail this machine's clock is (?:1(?:\.\d)?m|\d\ds) behind the tracker's.*timedatectl/,
    );
    assert.match(near.findings("upstream")[2] ?? "", /^warn this machine's clock is \d\ds ahead of the tracker's/);
  });

  it("names the tracker where its open pages tell, without sending them the key", async (t) => {
    const pages: readonly (readonly [kind: string, path: string, status: number, body: string])[] = [
      ["Sentry Relay", "/api/relay/healthcheck/live/", 200, '{"is_healthy":true}'],
      ["Sentry, self-hosted", "/api/0/", 200, '{"version":"0","auth":null,"user":null}'],
      ["GlitchTip 5.1.2", "/api/settings/", 200, '{"iPaidForGlitchTip":false,"version":"5.1.2"}'],
      ["Bugsink", "/accounts/login/", 200, "<title>Log in · Bugsink</title>"],
      ["Spotlight", "/api/0/", 404, "404 Not Found"],
    ];
    for (const [kind, path, status, body] of pages) {
      const leaks: string[] = [];
      const port = await served(t, (request, response) => {
        if (kind === "Spotlight") response.setHeader("x-powered-by", "spotlight-by-sentry");
        const isEnvelope = request.url === "/tracker/api/42/envelope/";
        if (!isEnvelope && JSON.stringify([request.url, request.headers]).includes(KEY)) leaks.push(request.url ?? "");
        if (isEnvelope) response.end("{}");
        else
          response.writeHead(request.url === `/tracker${path}` ? status : 404).end(request.url === `/tracker${path}` ? body : "");
      });

      const visit = await Visit.pay(["--json", `http://${KEY}@127.0.0.1:${port}/tracker/42`]);

      assert.deepEqual([visit.code, leaks], [0, []], kind);
      const [envelopes, named = ""] = visit.findings("upstream");
      assert.equal(envelopes, "ok takes envelopes");
      assert.ok(named.includes(` ${kind}: takes issues`), named);
    }
  });

  it("says where a redirect leads, and does not follow it", async (t) => {
    const mini = await tracker(t);
    const port = await served(t, (_, response) => response.writeHead(301, { location: `${mini.url}/api/42/envelope/` }).end());

    const visit = await Visit.pay(["--json", `http://${KEY}@127.0.0.1:${port}/42`]);

    assert.equal(visit.code, 1);
    assert.match(visit.findings("upstream")[0] ?? "", new RegExp(`^fail redirects \\(HTTP 301\\), to ${mini.url};`));
    assert.equal(mini.stats().requests, 0);
  });

  it("examines every upstream of a configuration", async (t) => {
    const good = await tracker(t);
    const bad = await tracker(t, { status: 403 });
    const file = configFile(
      t,
      `inputs: { app: { type: stdin } }
upstreams:
  default: { type: sentry, dsn: "${good.dsn()}" }
  payments: { type: sentry, dsn: "${bad.dsn("7")}" }
  local: { type: console }
`,
    );

    const visit = await Visit.pay(["--json", "--config", file]);

    assert.equal(visit.code, 1);
    assert.equal(visit.findings("upstream default")[0], "ok takes envelopes");
    assert.match(visit.findings("upstream payments")[0] ?? "", /^fail refuses the DSN: HTTP 403/);
    assert.match(visit.findings("upstream local")[0] ?? "", /^note type console/);
  });

  it("finds a queue in memory and says what its room is, and changes nothing there", async (t) => {
    // Only Linux has such a place for everyone.
    if (!existsSync("/dev/shm")) return;
    const place = folder(t, "/dev/shm");
    const queue = join(place, "queue");
    const file = configFile(
      t,
      `inputs: { app: { type: stdin } }\nqueue: { type: disk, directory: "${queue}", max_bytes: 32MiB }\n`,
    );

    const visit = await Visit.pay(["--json", "--config", file]);

    assert.equal(visit.code, 0, visit.stdout + visit.stderr);
    const found = visit.findings("queue");
    assert.equal(found[0], `ok ${queue} is made at start: ${place} is writable for this user`);
    assert.match(found[1] ?? "", /^warn .* is on tmpfs: it is memory, and lost with the machine or the pod; .*queue\.directory$/);
    assert.match(found[2] ?? "", /free on .*with max_bytes of 32MiB it may take 36MiB more$/);
    assert.deepEqual(readdirSync(place), []);
  });

  it("finds a data_dir in memory, and notes what is lost without one", async (t) => {
    const place = existsSync("/dev/shm") ? folder(t, "/dev/shm") : folder(t);
    const inputs = "inputs: { app: { type: stdin } }";

    const set = await Visit.pay(["--json", "--config", configFile(t, `${inputs}\ndata_dir: "${join(place, "data")}"\n`)]);
    const unset = await Visit.pay(["--json", "--config", configFile(t, inputs)]);

    assert.deepEqual([set.code, unset.code], [0, 0], set.stdout);
    const [first = "", second = ""] = set.findings("data_dir");
    assert.match(first, /^ok .*\/data is made at start: /);
    if (existsSync("/dev/shm")) assert.match(second, /^warn .* is on tmpfs/);
    assert.match(unset.findings("data_dir")[0] ?? "", /^note data_dir is not set: /);
    assert.match(unset.findings("queue")[0] ?? "", /^note type memory: events that wait there are lost/);
    assert.deepEqual(readdirSync(place), []);
  });

  it("fails where the queue's directory is a file", async (t) => {
    const file = join(folder(t), "queue");
    writeFileSync(file, "");
    const config = configFile(t, `inputs: { app: { type: stdin } }\nqueue: { type: disk, directory: "${file}" }\n`);

    const visit = await Visit.pay(["--json", "--config", config]);

    assert.equal(visit.code, 1, visit.stdout + visit.stderr);
    assert.match(visit.findings("queue")[0] ?? "", /^fail .* is a file, not a directory; choose another queue\.directory$/);
  });

  it("finds ports that are taken, and a receive buffer that the kernel does not give", async (t) => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    t.after(() => socket.close());
    const { port } = socket.address();
    const free = await freePort();
    const file = configFile(
      t,
      `inputs:
  edge: { type: gelf_udp, listen: "127.0.0.1:${port}", receive_buffer: 1GiB }
  web: { type: gelf_tcp, listen: "127.0.0.1:${free}" }
admin: { listen: "127.0.0.1:${await freePort()}" }
`,
    );

    const visit = await Visit.pay(["--json", "--config", file]);

    assert.equal(visit.code, 1, visit.stdout + visit.stderr);
    const [udp = "", tcp = ""] = visit.findings("ports");
    assert.ok(udp.startsWith(`fail udp 127.0.0.1:${port} (edge) is already in use; see by whom: ss -lunp`), udp);
    assert.equal(tcp, `ok tcp 127.0.0.1:${free} (web) is free`);
    // Elsewhere there is neither this command nor /proc.
    if (process.platform !== "linux") return;
    const [buffer = "", drops = ""] = visit.findings("input edge");
    assert.match(buffer, /^warn the kernel gives .* instead of 1GiB .*; run: sysctl -w net\.core\.rmem_max=1073741824$/);
    assert.match(drops, /^ok the kernel dropped nothing of the socket that is bound to/);
  });

  it("ends with 2 on a DSN that is none, and with 78 on a wrong configuration", async (t) => {
    const usage = await Visit.pay(["ftp://x"]);
    const config = await Visit.pay(["--config", configFile(t, "lanes: many\n")]);

    assert.deepEqual([usage.code, config.code], [2, 78]);
    assert.match(usage.stderr, /the DSN is wrong: /);
    assert.match(config.stderr, /1 mistake in the configuration/);
  });
});
