// Exported dead letters, and the tool that people send envelopes with.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { crumbtrail, ended, type Ended } from "../support/command.ts";
import { Daemon } from "../support/daemon.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

const SENTRY_CLI = fileURLToPath(import.meta.resolve("@sentry/cli/bin/sentry-cli"));

function sendEnvelopes(mini: MiniSentry, ...args: readonly string[]): Promise<Ended> {
  return ended(process.execPath, [SENTRY_CLI, "send-envelope", ...args], { SENTRY_DSN: mini.dsn(), HOME: tmpdir() });
}

/** A relay whose tracker refuses everything: what is sent to it becomes dead letters in `data`. */
async function refusing(t: TestContext, policy: string) {
  const mini = await MiniSentry.start();
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
  const data = join(folder, "data");
  const daemon = await Daemon.start({
    config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
policy: ${policy}
data_dir: "${data}"
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }`,
  });
  const sender = await GelfSender.connect(await daemon.port("edge"));
  t.after(async () => {
    sender.socket.destroy();
    await daemon.stop("SIGKILL");
    await mini.close();
    rmSync(folder, { recursive: true, force: true });
  });
  mini.always = { status: 413 };
  return { mini, daemon, sender, data, out: join(folder, "out") };
}

describe("sentry-cli send-envelope", () => {
  it("takes an exported event as it is: id, trail, stack trace and all", async (t) => {
    const { mini, daemon, sender, data, out } = await refusing(t, "{ issue: error }");
    const trace = "OrderError: no card for order 42 é\n    at pay (/app/pay.js:12:7)\n    at main (/app/main.js:3:1)";
    await sender.send(
      { short_message: "cart opened", level: 6, _service: "shop" },
      { short_message: "payment failed", full_message: trace, level: 2, _service: "shop", _order: 42 },
    );
    await daemon.settled(2);
    assert.equal((await crumbtrail("dlq", "export", "--all", "--out", out, "--data-dir", data)).code, 0);
    const [refused] = mini.requests;
    mini.always = {};

    const { code, stdout, stderr } = await sendEnvelopes(mini, join(out, "*.envelope"));

    assert.equal(code, 0, stdout + stderr);
    const [event] = mini.events();
    const [meant] = refused?.envelope?.items.map(({ payload }) => payload as Readonly<Record<string, unknown>>) ?? [];
    assert.ok(event !== undefined && meant !== undefined, stdout + stderr);
    // sentry-cli reads the event and writes what it knows of it: of a message only the template and what varied.
    for (const part of ["event_id", "timestamp", "level", "tags", "fingerprint", "server_name"]) {
      assert.deepEqual(event[part], meant[part], part);
    }
    assert.match(JSON.stringify(event["logentry"]), /"message":"payment failed"/);
    assert.match(JSON.stringify(event["exception"]), /OrderError.*\/app\/pay\.js/);
    assert.match(JSON.stringify(event["breadcrumbs"]), /cart opened/);
    assert.equal(mini.uniqueEvents().length, 1);
  });

  it("passes an exported envelope on byte for byte with --raw", async (t) => {
    const { mini, daemon, sender, data, out } = await refusing(t, "{ issue: error }");
    await sender.send({ short_message: "payment failed é" });
    await daemon.settled(1);
    assert.equal((await crumbtrail("dlq", "export", "--all", "--out", out, "--data-dir", data)).code, 0);
    mini.always = {};

    const { code, stdout, stderr } = await sendEnvelopes(mini, "--raw", join(out, "*.envelope"));

    assert.equal(code, 0, stdout + stderr);
    const [name = ""] = readdirSync(out);
    assert.deepEqual(mini.requests.find(({ stored }) => stored)?.raw, readFileSync(join(out, name)));
    assert.deepEqual([mini.events().length, mini.problems], [1, []]);
  });

  it("takes exported logs", async (t) => {
    const { mini, daemon, sender, data, out } = await refusing(t, "{ issue: fatal, log: info }");
    await sender.send({ short_message: "one", level: 6 });
    await daemon.settled(1);
    await daemon.stop();
    assert.equal((await crumbtrail("dlq", "export", "--all", "--out", out, "--data-dir", data)).code, 0);
    assert.equal(readdirSync(out).length, 1);
    mini.always = {};

    const { code, stdout, stderr } = await sendEnvelopes(mini, join(out, "*.envelope"));

    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(
      mini.logs().map((log) => log["body"]),
      ["one"],
    );
  });
});
