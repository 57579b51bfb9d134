// Fastify's router and protobufjs turn text into code when they start. What they are given is ours: routes and proto files.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { sendForward } from "../../src/wire/send/forward.ts";
import { sendGrpc } from "../../src/wire/send/grpc.ts";
import { Daemon } from "../support/daemon.ts";
import { DatagramSender } from "../support/datagrams.ts";
import { array, eventTime } from "../support/forward-bytes.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

const PROBE = fileURLToPath(new URL("../support/code-probe.js", import.meta.url));
/** Looks like code, in case somebody runs it; only what is sent holds it. */
const MARK = "zqmarkzq";
const ATTACK = `${MARK}"+process.exit(66)+"\${process.exit(66)}');process.exit(66);//`;

describe("code that packages make from text", () => {
  it("holds nothing of what senders and askers send, by any input or the admin endpoint", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "code");
    writeFileSync(file, "");
    const tracker = await MiniSentry.start();
    t.after(() => tracker.close());
    const relay = await Daemon.start({
      config: `inputs:
  udp: { type: gelf_udp, listen: "127.0.0.1:0" }
  tcp: { type: gelf_tcp, listen: "127.0.0.1:0" }
  web: { type: gelf_http, listen: "127.0.0.1:0" }
  fluent: { type: forward, listen: "127.0.0.1:0" }
  rpc: { type: grpc, listen: "127.0.0.1:0" }
  syslog: { type: syslog_udp, listen: "127.0.0.1:0" }
upstreams: { default: { type: sentry, dsn: "${tracker.dsn()}" } }`,
      env: { CODE_PROBE: file },
      nodeArguments: ["--import", PROBE],
    });
    t.after(() => relay.stop("SIGKILL"));
    const code = (): readonly string[] =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as string);
    assert.ok(code().length > 0, "the router makes code, so the probe must have seen some");

    const gelf = JSON.stringify({ version: "1.1", host: ATTACK, short_message: ATTACK, level: 3, [`_${ATTACK}`]: ATTACK });
    (await DatagramSender.to(t, await relay.port("udp"))).send(gelf);
    (await DatagramSender.to(t, await relay.port("syslog"))).send(
      `<11>1 - ${MARK} ${MARK} - - [${MARK}@1 ${MARK}="x"] ${ATTACK}`,
    );
    const address = async (input: string) => ({ host: "127.0.0.1", port: await relay.port(input) });
    const record = { message: ATTACK, severity: "error", host: ATTACK, timeMs: Date.now() };
    await sendForward(await address("fluent"), record, 10_000);
    await sendGrpc(await address("rpc"), record, 10_000);
    await written(await relay.port("tcp"), `${gelf}\0`);
    await written(
      await relay.port("fluent"),
      array(ATTACK, eventTime(1_700_000_000), { [ATTACK]: ATTACK, level: "error", log: ATTACK }),
    );
    const web = `http://127.0.0.1:${await relay.port("web")}`;
    const headers = { [`x-${MARK}`]: MARK, "content-type": `application/${MARK}`, "content-encoding": MARK };
    await fetch(`${web}/gelf?${MARK}=${MARK}`, { method: "POST", body: gelf, headers: { [`x-${MARK}`]: MARK } });
    for (const path of [`/${MARK}`, `/gelf/${MARK}/:${MARK}`, `/%${MARK}`, `/gelf;${MARK}`]) {
      for (const method of ["GET", "POST", "PUT"]) {
        await fetch(`${web}${path}`, { method, headers, ...(method === "GET" ? {} : { body: gelf }) });
        await relay.get(`${path}?${MARK}=${encodeURIComponent(ATTACK)}`);
      }
    }
    await relay.get(`/status?${MARK}`);
    await relay.settled(7);

    assert.equal(tracker.stats().events >= 1, true);
    assert.deepEqual(
      code().filter((text) => text.includes(MARK)),
      [],
    );
    assert.equal(await relay.stop(), 0);
  });
});

/** Sends bytes over a connection of their own. */
async function written(port: number, bytes: string | Buffer): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject).on("close", () => resolve());
    socket.end(bytes);
    socket.resume();
  });
}
