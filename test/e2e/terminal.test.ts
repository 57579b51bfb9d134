// What senders, files and configurations say reaches terminals and the relay's own log without anything that a terminal obeys.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { crumbtrail, ended, MAIN } from "../support/command.ts";
import { Daemon } from "../support/daemon.ts";
import { DatagramSender } from "../support/datagrams.ts";
import { event, Morgue } from "../support/dead-letters.ts";
import { array, eventTime } from "../support/forward-bytes.ts";

/** Clears the screen, sets a title, colours by C1, rings, deletes, breaks the line for JavaScript, turns text around. */
const HOSTILE = "zq\u001b[2J\u001b]0;owned\u0007\u009b31m\u007f\b\u2028\u202egnp.exe\u2066\u0085zq";
const UNSAFE = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

function assertTame(text: string, where: string): void {
  const found = UNSAFE.exec(text);
  const around = JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 120), (found?.index ?? 0) + 60));
  assert.equal(found, null, `${where}: U+${found?.[0].charCodeAt(0).toString(16)} in ${around}`);
  assert.match(text, /zq/, `${where} says nothing of it`);
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "crumbtrail-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const quoted = (text: string): string => JSON.stringify(text);

describe("text that plays tricks on terminals", { concurrency: 3 }, () => {
  it("is shown and not obeyed by a relay that prints events, logs complaints and says where it listens", async (t) => {
    const path = folder(t);
    const logs = join(path, HOSTILE.replaceAll("/", ""));
    mkdirSync(logs);
    writeFileSync(join(logs, `${HOSTILE}.log`), `ERROR ${HOSTILE}\n`);
    const relay = await Daemon.start({
      config: `inputs:
  udp: { type: gelf_udp, listen: "127.0.0.1:0" }
  tcp: { type: gelf_tcp, listen: "127.0.0.1:0" }
  web: { type: gelf_http, listen: "127.0.0.1:0" }
  fluent: { type: forward, listen: "127.0.0.1:0" }
  keyed: { type: forward, listen: "127.0.0.1:0", shared_key: a-shared-key }
  syslog: { type: syslog_tcp, listen: "127.0.0.1:0" }
  files: { type: file, include: [${quoted(`${path}/*/*.log`)}], read_from: start }
  labelled: { type: gelf_udp, listen: "127.0.0.1:0", labels: { ${quoted(HOSTILE)}: ${quoted(HOSTILE)} } }
upstreams: { default: { type: console } }
log: { level: trace }`,
    });
    t.after(() => relay.stop("SIGKILL"));
    const gelf = JSON.stringify({
      version: "1.1",
      host: HOSTILE,
      short_message: HOSTILE,
      level: 3,
      _logger: HOSTILE,
      _tag: HOSTILE,
    });
    for (const input of ["udp", "labelled"]) {
      const sender = await DatagramSender.to(t, await relay.port(input));
      sender.send(gelf, `{${HOSTILE}`, Buffer.from([0x1e, 0x0f, 0x9b, 0x1b]), `{"short_message": "${HOSTILE}`);
    }
    await said(await relay.port("tcp"), `${gelf}\0{"version":"1.1" ${HOSTILE}\0`);
    await said(await relay.port("syslog"), `<11>Aug 21 12:00:00 ${HOSTILE} ${HOSTILE}[1]: ${HOSTILE}\n<999>${HOSTILE}\n`);
    await said(
      await relay.port("fluent"),
      array(HOSTILE, eventTime(1_700_000_000), { log: HOSTILE, level: "error", [HOSTILE]: HOSTILE }),
    );
    await said(await relay.port("fluent"), array(HOSTILE, "no time", HOSTILE));
    await said(await relay.port("keyed"), array("PING", HOSTILE, HOSTILE, "00", HOSTILE, HOSTILE));
    await said(await relay.port("keyed"), `\u001b[2J${HOSTILE}`);
    const web = `http://127.0.0.1:${await relay.port("web")}/gelf`;
    await fetch(web, { method: "POST", body: `{"short_message": ${HOSTILE}` });
    await fetch(web, { method: "POST", body: gelf });
    const deadline = Date.now() + 20_000;
    while (!/\.log/.test(relay.stdout) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    await relay.settled(12);
    assert.equal(await relay.stop(), 0);

    assertTame(relay.stdout, "standard output");
    assertTame(relay.stderr, "the log");
    for (const line of relay.stderr.split("\n").filter((one) => one !== "")) JSON.parse(line);
  });

  it("is shown and not obeyed by explain, in each member of its JSON", async (t) => {
    const file = join(folder(t), "app.log");
    const record = {
      level: "error",
      message: HOSTILE,
      logger: HOSTILE,
      service: HOSTILE,
      error: { type: HOSTILE, message: HOSTILE },
    };
    writeFileSync(file, `${JSON.stringify(record)}\nERROR ${HOSTILE.replaceAll("\u0085", "")}\n`);
    const { code, stdout } = await crumbtrail("explain", file);

    assert.equal(code, 0);
    assertTame(stdout, "explain");
    const [first] = stdout.split("\n");
    assert.equal((JSON.parse(first ?? "") as { logger: string }).logger, HOSTILE);
  });

  it("is shown and not obeyed by dlq, as a table, as tabs, as JSON, and in what a tracker answered", async (t) => {
    const morgue = await Morgue.open(t);
    const id = await morgue.bury({ parcels: [event(HOSTILE)], cause: `HTTP 400: ${HOSTILE}`, upstream: HOSTILE });
    for (const args of [["list"], ["list", "--json"], ["show", id], ["show", id, "--json"]]) {
      const { code, stdout, stderr } = await crumbtrail("dlq", ...args, "--data-dir", morgue.dataDir);
      assert.equal(code, 0, stderr);
      assertTame(stdout, args.join(" "));
    }
    const { stderr } = await crumbtrail("dlq", "show", HOSTILE, "--data-dir", morgue.dataDir);
    assertTame(stderr, "dlq show");
  });

  it("is shown and not obeyed where it stands in a configuration that is wrong, or names places", async (t) => {
    const path = folder(t);
    const wrong = join(path, "wrong.yml");
    writeFileSync(
      wrong,
      `${quoted(HOSTILE)}: 1
lanes: ${quoted(HOSTILE)}
inputs: { a: { type: ${quoted(HOSTILE)} }, ${quoted(`b${HOSTILE}`)}: { type: gelf_udp, ${quoted(HOSTILE)}: 1 } }
processors: [{ type: filter, drop: [{ message: ${quoted(`(${HOSTILE}`)} }] }, { type: route, rules: [{ match: { a: b }, upstream: ${quoted(HOSTILE)} }] }]
log: { level: "\${A}" }
data_dir: "\${file:${HOSTILE.replaceAll(/[\p{Cc}\u2028]/gu, "\\u009b")}}"
`,
    );
    const right = join(path, "right.yml");
    writeFileSync(right, `data_dir: ${quoted(join(path, "none", HOSTILE))}\npolicy: { tags: [${quoted(HOSTILE)}] }\n`);
    const env = { A: HOSTILE };
    const run = (...args: readonly string[]) => ended(process.execPath, [MAIN, ...args], env);

    const check = await run("check", "--config", wrong);
    assert.equal(check.code, 78);
    assert.ok(check.stderr.trimEnd().split("\n").length >= 8, check.stderr);
    assertTame(check.stderr, "mistakes");
    for (const line of check.stderr.trimEnd().split("\n").slice(1)) assert.ok(line.startsWith(wrong), line);
    assertTame((await run("check", "--config", right, "--print")).stdout, "check --print");
    assertTame((await run("doctor", "--config", right)).stdout, "doctor");
    assertTame((await run("doctor", "--config", right, "--json")).stdout, "doctor --json");
    assertTame((await run("run", "--config", join(path, HOSTILE))).stderr, "a configuration that is not there");
    assertTame((await run("explain", join(path, HOSTILE))).stderr, "a log that is not there");
    assertTame((await run("send", "x", "--to", HOSTILE)).stderr, "an address that is none");
    assertTame((await run("send", "x", "--level", HOSTILE)).stderr, "a level that is none");
    assertTame((await run("doctor", HOSTILE)).stderr + HOSTILE.slice(0, 2), "a DSN that is none");
    assertTame((await run(HOSTILE)).stderr, "a verb that is none");
    assertTame((await run("run", `--${HOSTILE}`)).stderr, "an option that is none");
    assertTame((await run("run", "--", HOSTILE)).stderr, "a command that is none");
  });
});

/** Sends bytes over a connection of their own, and waits until it is closed. */
async function said(port: number, bytes: string | Buffer): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve) => {
    socket.on("error", () => {}).on("close", () => resolve());
    socket.end(bytes);
    socket.resume();
  });
}
