// Whatever the README shows is run here, as it stands there: a block that no test knows is a failure.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Daemon } from "../support/daemon.ts";
import { blocksOf, needed, type Block } from "../house/blocks.ts";
import { checkDocker } from "../house/docker-commands.ts";
import { checkFluentBit, checkManifests } from "../house/manifests.ts";
import { checkNpm, npmStart } from "../house/npm-commands.ts";
import { ROOT, Sandbox } from "../house/sandbox.ts";

const README = join(ROOT, "README.md");
/** As nginx 1.22 wrote it. */
const NGINX_LINE =
  "2026/11/20 08:30:20 [error] 31#31: *42 upstream timed out (110: Connection timed out) while reading response header from upstream, " +
  'client: 203.0.113.7, server: shop.example, request: "GET /cart HTTP/1.1", upstream: "http://10.0.2.14:3000/cart", host: "shop.example"';

describe("README.md", () => {
  let sandbox: Sandbox;
  /** Where the README's nginx sends its logs. */
  let syslogServers: readonly string[] = [];
  /** Standard output of the last command that ran to its end. */
  let printed = "";

  before(async () => {
    sandbox = await Sandbox.open();
  });
  after(() => sandbox?.close());

  /** How each kind of block is tested. */
  const tests: Readonly<Record<string, (block: Block) => Promise<void> | void>> = {
    async npm(block) {
      checkNpm(block.text);
      const expect = block.attributes.get("expect");
      if (expect !== undefined) assert.match(await npmStart(), new RegExp(expect));
    },
    file(block) {
      sandbox.save(needed(block, "name"), block.text);
    },
    shell: (block) => shell(block),
    relay: (block) => shell(block),
    async node(block) {
      sandbox.save("snippet.js", block.text);
      await shell({ ...block, text: "node snippet.js" });
    },
    /** The lines for nginx.conf, then the relay that they name: what nginx sends there becomes an issue. */
    async nginx(block) {
      if (block.language === "nginx") {
        syslogServers = [...block.text.matchAll(/^\w+ syslog:server=(\S+?);? /gm)].map(([, address = ""]) =>
          address.replace(";", ""),
        );
        return;
      }
      assert.deepEqual([...new Set(syslogServers)], [/listen: "([^"]+)"/.exec(block.text)?.[1]]);
      const config = block.text.replace(/(?<=listen: "127\.0\.0\.1:)\d+/, "0");
      const daemon = await Daemon.start({ config, env: { SENTRY_DSN: sandbox.tracker.dsn() } });
      const since = sandbox.tracker.stats().events;
      const socket = createSocket("udp4");
      try {
        socket.send(`<187>Nov 20 08:30:20 web-1 nginx: ${NGINX_LINE}`, await daemon.port("nginx"), "127.0.0.1");
        await sandbox.eventLike(new RegExp(needed(block, "expect")), since);
      } finally {
        socket.close();
        await daemon.stop();
      }
    },
    /** Each command is one of kubectl's, and what it applies is there. */
    kubectl(block) {
      for (const line of block.text.trim().split("\n")) {
        const [, applied] =
          /^kubectl (?:-n \S+ )?(?:create (?:namespace|secret generic) \S+.*|apply -k (\S+))$/.exec(line) ?? assert.fail(line);
        if (applied !== undefined) assert.ok(existsSync(join(ROOT, applied, "kustomization.yaml")), line);
      }
    },
    output(block) {
      const shown = (text: string): string => text.replaceAll(/event [0-9a-f]{32}/g, "event <id>").trim();
      if (process.env["UPDATE"] === "1") replaceInReadme(block.text, `${printed.trim()}\n`);
      else
        assert.equal(shown(block.text), shown(printed), "run the README's test with UPDATE=1 to write what the relay prints now");
    },
    async yaml(block) {
      sandbox.save("relay.yml", block.text);
      const { code, stderr } = await sandbox.run(
        "SENTRY_DSN=http://k@a.example/1 PAYMENTS_DSN=http://k@a.example/2 crumbtrail check --config relay.yml",
      );
      assert.equal(code, 0, stderr);
    },
    /** With a dead letter there; the commands are typed where SENTRY_DSN is set. */
    async dlq(block) {
      const typed = `export SENTRY_DSN=${sandbox.tracker.dsn()}\n`;
      sandbox.tracker.script({ status: 413 });
      const refused = await sandbox.run(`${typed}echo '{"level":"error","msg":"too much"}' | crumbtrail pipe --config relay.yml`);
      assert.equal(refused.code, 1, refused.stderr);
      const since = sandbox.tracker.stats().events;
      const { code, stdout, stderr } = await sandbox.run(typed + block.text);
      assert.equal(code, 0, stderr);
      assert.match(stdout, new RegExp(needed(block, "expect")));
      await sandbox.eventLike(/too much/, since);
    },
    docker: (block) => checkDocker(block.text),
    manifest: (block) => checkManifests(block.text),
    "fluent-bit": (block) => checkFluentBit(block.text),
  };

  /** Runs a command; what it is about must reach the tracker as an event, or appear on standard output where it has none. */
  async function shell(block: Block): Promise<void> {
    const expect = new RegExp(needed(block, "expect"));
    const since = sandbox.tracker.stats().events;
    const { code, stdout, stderr } = await sandbox.run(block.text);
    printed = stdout;
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    if (block.kind !== "shell" || block.text.includes("--dsn")) await sandbox.eventLike(expect, since);
    else assert.match(stdout, expect);
  }

  for (const block of blocksOf(README)) {
    it(`line ${block.line}, ${block.heading}: holds for a block of kind "${block.kind}"`, async () => {
      const test = tests[block.kind];
      assert.ok(
        test !== undefined,
        `no test knows what to do with ${block.kind === "" ? "a block without a language" : block.kind}`,
      );
      await test(block);
    });
  }
});

function replaceInReadme(before: string, now: string): void {
  const text = readFileSync(README, "utf8");
  assert.ok(text.includes(before));
  writeFileSync(
    README,
    text.replace(before, () => now),
  );
}
