import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it, type TestContext } from "node:test";
import { Daemon } from "../support/daemon.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));

interface Site {
  readonly mini: MiniSentry;
  readonly file: string;
  start(): Promise<{ readonly daemon: Daemon; readonly sender: GelfSender }>;
}

async function site(t: TestContext, lanes: number): Promise<Site> {
  const mini = await MiniSentry.start();
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-data-"));
  const daemons: Daemon[] = [];
  t.after(async () => {
    for (const daemon of daemons) await daemon.stop("SIGKILL");
    await mini.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const start = async (): Promise<{ daemon: Daemon; sender: GelfSender }> => {
    const daemon = await Daemon.start({
      config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }
data_dir: "${folder}"
shutdown_timeout: 5s
lanes: ${lanes}`,
    });
    daemons.push(daemon);
    return { daemon, sender: await GelfSender.connect(await daemon.port("edge")) };
  };
  return { mini, file: join(folder, "trails.jsonl"), start };
}

function trailOf(mini: MiniSentry, title: string): readonly string[] {
  const event = mini.events().find(({ logentry }) => (logentry as { formatted: string }).formatted === title);
  assert.ok(event !== undefined, `no event "${title}"`);
  const { values = [] } = (event["breadcrumbs"] ?? {}) as { values?: readonly { message: string }[] };
  return values.map(({ message }) => message);
}

async function stopped({ daemon, sender }: { readonly daemon: Daemon; readonly sender: GelfSender }): Promise<void> {
  sender.socket.destroy();
  assert.equal(await daemon.stop(), 0, daemon.stderr);
}

for (const lanes of [1, 2]) {
  describe(`saved trails of a relay with ${lanes} lane${lanes === 1 ? "" : "s"}`, () => {
    it("lead to an error that comes after a restart, and hold no secret on disk", async (t) => {
      const { mini, file, start } = await site(t, lanes);
      const first = await start();
      await first.sender.send({ short_message: "signed in with password=hunter2", level: 6 });
      await first.sender.send({ short_message: "opened the cart", level: 6, _trace_id: "a".repeat(32) });
      await first.daemon.settled(2);
      await stopped(first);

      const saved = readFileSync(file, "utf8");
      assert.match(saved, /opened the cart/);
      assert.doesNotMatch(saved, /hunter2|short_message/);
      assert.equal(statSync(file).mode & 0o777, 0o600);

      const second = await start();
      assert.ok(!existsSync(file), "it is used once");
      await second.sender.send({ short_message: "paid", level: 6 });
      await second.sender.send({ short_message: "boom", level: 3 });
      await second.daemon.settled(2);

      assert.deepEqual(trailOf(mini, "boom"), ["signed in with password=[Filtered]", "opened the cart", "paid"]);
      assert.deepEqual(mini.problems, []);
      await stopped(second);
    });
  });
}

describe("saved trails", () => {
  it("are saved although the tracker is down and the stop has to wait for its deadline", { timeout: 60_000 }, async (t) => {
    const { mini, file, start } = await site(t, 1);
    mini.always = { status: 503 };
    const first = await start();
    await first.sender.send({ short_message: "opened the cart", level: 6 });
    await first.sender.send({ short_message: "boom", level: 3 });
    while ((await first.daemon.status()).ledger.received < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await stopped(first);

    assert.match(readFileSync(file, "utf8"), /opened the cart/);
  });

  it("that are damaged cost one warning, and the relay starts", async (t) => {
    const { mini, file, start } = await site(t, 1);
    writeFileSync(file, "damaged");
    const { daemon, sender } = await start();
    await sender.send({ short_message: "boom", level: 3 });
    await daemon.settled(1);

    assert.deepEqual(trailOf(mini, "boom"), []);
    assert.equal(daemon.stderr.split("saved trails cannot be used").length, 2, daemon.stderr);
    assert.equal(readFileSync(`${file}.bad`, "utf8"), "damaged");
  });

  it("of a stop are not brought back by the start that follows a later kill", async (t) => {
    const { mini, start } = await site(t, 1);
    const first = await start();
    await first.sender.send({ short_message: "before the stop", level: 6 });
    await first.daemon.settled(1);
    await stopped(first);
    const second = await start();
    second.sender.socket.destroy();
    await second.daemon.stop("SIGKILL");
    const third = await start();
    await third.sender.send({ short_message: "boom", level: 3 });
    await third.daemon.settled(1);

    assert.deepEqual(trailOf(mini, "boom"), []);
  });

  it("are left alone by a pipe, which neither takes nor leaves any", async (t) => {
    const { mini, file, start } = await site(t, 1);
    const first = await start();
    await first.sender.send({ short_message: "of the daemon", level: 6 });
    await first.daemon.settled(1);
    await stopped(first);
    const saved = readFileSync(file, "utf8");

    const config = `${file}.relay.yml`;
    writeFileSync(config, `upstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }\ndata_dir: "${dirname(file)}"\n`);
    const child = spawn(process.execPath, [MAIN, "pipe", "--config", config], { stdio: ["pipe", "ignore", "inherit"] });
    child.stdin.end("of the pipe\nERROR boom\n");

    assert.deepEqual(await once(child, "close"), [0, null]);
    assert.equal(readFileSync(file, "utf8"), saved);
    assert.equal(mini.events().length, 1);
  });
});
