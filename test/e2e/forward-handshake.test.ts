import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { EventTime, FluentClient, type EventModes, FluentSocketEvent } from "@fluent-org/logger";
import fluentLogger from "fluent-logger";
import { array, asStr, capture, entry } from "../support/forward-bytes.ts";
import { MAIN, ended } from "../support/command.ts";
import { HAND, heloOf, pingFor, pongOf } from "../support/forward-handshake.ts";
import { replay } from "../support/real-senders.ts";
import { messageOf, SharedRelay } from "../support/real-senders-relay.ts";

const KEY = "roses in june é";
const PASSWORD = "tulips in may";
const ENV = { FORWARD_KEY: KEY, ANN_PASSWORD: PASSWORD };
const at = new EventTime(1_700_000_000, 0);

/** Both sides, keys and users included. */
describe("forward's handshake, end to end", () => {
  let relay: SharedRelay;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    writeFileSync(join(folder, "key"), `${KEY}\n`);
    writeFileSync(join(folder, "password"), PASSWORD);
    const inputs = [
      '  keyed: { type: forward, listen: "127.0.0.1:0", shared_key: "${FORWARD_KEY}", self_hostname: relay-1 }',
      '  users: { type: forward, listen: "127.0.0.1:0", shared_key: "${FORWARD_KEY}", users: { ann: "${ANN_PASSWORD}" } }',
      '  bit: { type: forward, listen: "127.0.0.1:0", shared_key: s3cr3t, users: { bob: hunter2 } }',
    ];
    relay = await SharedRelay.start(inputs.join("\n"), "", { env: ENV });
  });
  after(async () => {
    await relay.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => relay.begin());

  const client = async (input: string, security: object, eventMode = "Message"): Promise<FluentClient> =>
    new FluentClient("shop", {
      eventMode: eventMode as EventModes,
      socket: { port: await relay.port(input, "tcp"), disableReconnect: true },
      ack: { ackTimeout: 5_000 },
      security: { clientHostname: "node-1", sharedKey: KEY, ...security },
    });

  for (const eventMode of ["Message", "Forward", "PackedForward", "CompressedPackedForward"]) {
    it(`takes records of @fluent-org/logger in ${eventMode} mode`, async () => {
      for (const input of ["keyed", "users"]) {
        const sender = await client(input, { username: "ann", password: PASSWORD }, eventMode);
        await sender.connect();
        await sender.emit("app", { message: `charge failed: ${input}`, level: "error" }, at);
        await sender.disconnect();
      }
      const { events, warnings } = await relay.harvest(2);
      assert.deepEqual([events.map(messageOf).toSorted(), warnings], [["charge failed: keyed", "charge failed: users"], []]);
    });
  }

  for (const input of ["keyed", "users"]) {
    it(`takes records of fluent-logger at the input ${input}`, async () => {
      const sender = fluentLogger.createFluentSender<object>("shop", {
        host: "127.0.0.1",
        port: await relay.port(input, "tcp"),
        requireAckResponse: true,
        ackResponseTimeout: 5_000,
        security: { clientHostname: "node-1", sharedKey: KEY, username: "ann", password: PASSWORD },
        internalLogger: { info: () => {}, error: () => {} },
      });
      await new Promise<void>((resolve, reject) => {
        sender.emit("old", { message: "charge failed", level: "error" }, (error) => (error ? reject(error) : resolve()));
      });
      await new Promise((resolve) => sender.end(null as unknown as string, null as unknown as object, () => resolve(undefined)));
      const { outcomes, warnings } = await relay.harvest(1);
      assert.deepEqual([outcomes, warnings], [{ delivered: 1 }, []]);
    });
  }

  it("takes records of a sender that is called as itself", async () => {
    const sender = await client("keyed", { clientHostname: "relay-1" });
    await sender.connect();
    await sender.emit("app", { message: "from the same machine", level: "error" }, at);
    await sender.disconnect();
    assert.deepEqual((await relay.harvest(1)).outcomes, { delivered: 1 });
  });

  for (const [what, security, metric] of [
    ["key", { sharedKey: "roses" }, "wrong_key"],
    ["password", { username: "ann", password: "tulips" }, "wrong_user"],
    ["user", { username: "eve", password: PASSWORD }, "wrong_user"],
  ] as const) {
    it(`takes nothing of a sender with a wrong ${what}, which is told so`, async () => {
      const name = `crumbtrail_forward_handshakes_total{result="${metric}"}`;
      const earlier = (await relay.daemon.metrics()).get(name) ?? 0;
      const sender = await client("users", security);
      const refused = new Promise<Error>((resolve) => sender.socketOn(FluentSocketEvent.ERROR, resolve));

      // Neither settles once the connection is refused; the event says why.
      void sender.connect().catch(() => {});
      void sender.emit("app", { message: "no", level: "error" }, at).catch(() => {});

      assert.match((await refused).message, metric === "wrong_key" ? /shared_key mismatch/ : /username\/password mismatch/);
      assert.deepEqual((await relay.harvest(0)).outcomes, {});
      assert.equal((await relay.daemon.metrics()).get(name), earlier + 1);
    });
  }

  it("takes nothing of a sender without a key, and tells its owner what to do", async () => {
    const answer = await replay(await relay.port("keyed", "tcp"), array("t", asStr(entry({ message: "m", level: "error" }))));
    const { outcomes, warnings } = await relay.harvest(1);

    assert.equal(String(pongOf(answer.subarray(answer.indexOf("PONG") - 2)).reason), "invalid ping message");
    assert.deepEqual(outcomes, { malformed: 1 });
    assert.deepEqual(
      warnings.map(({ cause }) => cause),
      ["no_handshake"],
    );
    assert.match(warnings[0]?.msg ?? "", /sent records without a handshake; .* give it this input's shared_key/);
  });

  it("does not take what Fluent Bit once sent for what it sends now", async () => {
    await replay(await relay.port("bit", "tcp"), capture("secure-conn1.c2s"));
    const { outcomes, warnings } = await relay.harvest(0);
    assert.deepEqual([outcomes, warnings.map(({ cause }) => cause)], [{}, ["handshake_wrong_key"]]);
  });

  it("is spoken by crumbtrail send, with secrets from files and from variables", async () => {
    const to = (input: string) => async (): Promise<string> => `forward://127.0.0.1:${await relay.port(input, "tcp")}`;
    const files = ["--shared-key-file", join(folder, "key"), "--user", "ann", "--password-file", join(folder, "password")];
    const run = async (message: string, address: string, args: readonly string[], env = {}): ReturnType<typeof ended> =>
      ended(process.execPath, [MAIN, "send", message, "--to", address, ...args], env);
    const [keyed, users] = [await to("keyed")(), await to("users")()];

    const sent = [
      await run("one", keyed, files.slice(0, 2)),
      await run("two", keyed, [], { CRUMBTRAIL_SHARED_KEY: KEY }),
      await run("three", users, files),
      await run("four", users, ["--user", "ann"], { CRUMBTRAIL_SHARED_KEY: KEY, CRUMBTRAIL_PASSWORD: PASSWORD }),
    ];
    assert.deepEqual(
      sent.map(({ code, stderr }) => [code, stderr]),
      sent.map(() => [0, ""]),
    );
    assert.deepEqual((await relay.harvest(4)).events.map(messageOf), ["one", "two", "three", "four"]);

    const bare = await run("five", keyed, []);
    assert.equal(bare.code, 69);
    assert.match(bare.stderr, /asks for a shared key; set CRUMBTRAIL_SHARED_KEY, or give --shared-key-file/);
    const wrong = await run("six", users, ["--user", "ann"], { CRUMBTRAIL_SHARED_KEY: KEY, CRUMBTRAIL_PASSWORD: "x" });
    assert.deepEqual([wrong.code, /refused this sender: username\/password mismatch/.test(wrong.stderr)], [69, true]);
    // What `send` sends before it knows that it is not let in is one message without a handshake.
    assert.deepEqual((await relay.harvest(1)).outcomes, { malformed: 1 });
  });

  it("shows its secrets nowhere", async () => {
    const { hello, ping } = await introduced(await relay.port("users", "tcp"));
    const config = join(folder, "relay.yml");
    writeFileSync(config, 'inputs: { a: { type: forward, shared_key: "${FORWARD_KEY}", users: { ann: "${ANN_PASSWORD}" } } }\n');
    const printed = await ended(process.execPath, [MAIN, "check", "--config", config, "--print", "--dsn", relay.mini.dsn()], ENV);
    const status = await (await relay.daemon.get("/status")).text();
    const metrics = await (await relay.daemon.get("/metrics")).text();

    assert.equal(printed.code, 0, printed.stderr);
    assert.match(printed.stdout, /shared_key: "\*\*\*"/);
    const shown = [printed.stdout, printed.stderr, status, metrics, relay.daemon.stderr, relay.daemon.stdout, hello, ping].join(
      "\n",
    );
    for (const secret of [KEY, PASSWORD, "s3cr3t", "hunter2"]) assert.ok(!shown.includes(secret), secret);
  });
});

/** What the input says to a sender that is right about the key and wrong about the user. */
async function introduced(port: number): Promise<{ hello: string; ping: string }> {
  const { connect } = await import("node:net");
  const socket = connect(port, "127.0.0.1");
  const reads: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.on("data", (bytes) => {
      if (reads.push(bytes) === 1) socket.write(pingFor(heloOf(bytes), { ...HAND, sharedKey: KEY }));
    });
    socket.on("close", () => resolve());
  });
  return { hello: String(reads[0]), ping: String(pongOf(reads[1]).reason) };
}
