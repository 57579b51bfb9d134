import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { hostname } from "node:os";
import { describe, it, type TestContext } from "node:test";
import { isListening } from "../../src/component/listening.ts";
import { loadConfig } from "../../src/config/config.ts";
import { effectiveYaml } from "../../src/config/effective.ts";
import { forward } from "../../src/inputs/forward.ts";
import { array, asStr, entry } from "../support/forward-bytes.ts";
import { HAND, heloOf, pingFor, pongOf } from "../support/forward-handshake.ts";
import { RecordingHost, eventually, portOf } from "../support/input-host.ts";

const record = array("t", asStr(entry({ message: "m" })), { chunk: "c" });
const ACK = "81a361636ba163";

interface Relay {
  readonly host: RecordingHost;
  readonly port: number;
}

async function relay(t: TestContext, config: object = {}): Promise<Relay> {
  const host = new RecordingHost();
  const input = forward.create(forward.config.parse({ listen: "127.0.0.1:0", shared_key: "k 1", ...config }), host);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(5_000)));
  assert.ok(isListening(input));
  return { host, port: portOf(input.addresses[0]) };
}

/** A connection that keeps apart what came in each read. */
async function dial(
  t: TestContext,
  port: number,
): Promise<{ reads: Buffer[]; send(bytes: Buffer): void; closed(): Promise<void> }> {
  const socket = connect(port, "127.0.0.1");
  const reads: Buffer[] = [];
  socket.on("data", (bytes) => reads.push(bytes));
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  await once(socket, "connect");
  const closed = async (): Promise<void> => {
    if (!socket.closed) await once(socket, "close");
  };
  return { reads, send: (bytes) => void socket.write(bytes), closed };
}

/** How many handshakes ended in each way. */
function handshakes({ counted }: RecordingHost): number[] {
  return Object.entries(counted)
    .filter(([name]) => name.startsWith("forward_handshakes "))
    .map(([, count]) => count);
}

describe("forward with a shared key", () => {
  it("greets, lets a sender in that knows the key, and acknowledges what it sends", async (t) => {
    const { host, port } = await relay(t, { users: { ann: "pw é" } });
    const { reads, send } = await dial(t, port);
    await eventually(() => reads.length === 1, "the greeting comes without being asked for, in one piece");

    send(pingFor(heloOf(reads[0] ?? Buffer.alloc(0))));
    await eventually(() => reads.length === 2, "the answer, in one piece");
    assert.deepEqual([pongOf(reads[1]).accepted, String(pongOf(reads[1]).hostname)], [true, hostname()]);
    send(record);
    await eventually(() => reads.length === 3, "the acknowledgement");

    assert.equal(reads[2]?.toString("hex"), ACK);
    assert.deepEqual([host.frames.length, host.refused, host.complaints], [1, {}, []]);
    assert.equal(host.counted["forward_handshakes accepted"], 1);
  });

  it("answers a wrong key before it closes, and takes nothing of what was sent along", async (t) => {
    const { host, port } = await relay(t, { self_hostname: "relay-1" });
    const { reads, send, closed } = await dial(t, port);
    await eventually(() => reads.length === 1, "the greeting");

    send(
      Buffer.concat([
        pingFor(heloOf(reads[0] ?? Buffer.alloc(0)), { ...HAND, sharedKey: "k" }),
        record,
        Buffer.alloc(1 << 20, record),
      ]),
    );
    await closed();

    assert.equal(String(pongOf(Buffer.concat(reads.slice(1))).reason), "shared_key mismatch");
    assert.deepEqual([host.frames, host.refused], [[], {}]);
    assert.deepEqual(
      host.complaints.map(({ cause, peer }) => [cause, peer]),
      [["handshake_wrong_key", "127.0.0.1"]],
    );
  });

  it("closes a connection that does not say who it is, and counts what it shows as zero before", async (t) => {
    const { host, port } = await relay(t, { handshake_timeout: "50ms" });
    assert.deepEqual(handshakes(host), [0, 0, 0, 0, 0, 0]);
    const { closed } = await dial(t, port);
    await closed();
    await eventually(() => host.open === 0, "the connection is let go");
    assert.equal(host.counted["forward_handshakes timed_out"], 1);
  });

  it("is silent about a heartbeat", async (t) => {
    const { host, port } = await relay(t);
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.end();
    socket.resume();
    await once(socket, "close");
    await eventually(() => host.opened === 1 && host.open === 0, "the connection is let go");
    assert.deepEqual([host.refused, host.complaints], [{}, []]);
  });

  it("does not greet without a key", async (t) => {
    const { host, port } = await relay(t, { shared_key: "" });
    assert.deepEqual(handshakes(host), []);
    const { reads, send } = await dial(t, port);
    send(record);
    await eventually(() => reads.length === 1, "the acknowledgement");
    assert.equal(reads[0]?.toString("hex"), ACK);
  });
});

describe("forward's configuration", () => {
  const load = (input: string, env = {}): ReturnType<typeof loadConfig> =>
    loadConfig({
      text: `inputs: { edge: { type: forward, ${input} } }\nupstreams: { local: { type: console } }\n`,
      file: "r.yml",
      env,
    });

  it("takes users only beside a key", () => {
    const loaded = load('shared_key: "${FORWARD_KEY:-}", users: { ann: tulips-in-may }');
    const mistakes = "mistakes" in loaded ? loaded.mistakes : [];
    assert.equal(mistakes.length, 1);
    assert.equal(mistakes[0]?.path, "inputs.edge.users");
    assert.match(mistakes[0]?.message ?? "", /without a shared_key nobody is asked for a password/);
    assert.doesNotMatch(JSON.stringify(mistakes), /tulips/);
    assert.ok("config" in load('shared_key: "${FORWARD_KEY:-}", users: {}'));
    assert.ok("config" in load('shared_key: "${FORWARD_KEY}", users: { ann: tulips-in-may }', { FORWARD_KEY: "k" }));
  });

  it("refuses users without a password and names that are none", () => {
    for (const wrong of [
      'shared_key: k, users: { ann: "" }',
      "shared_key: k, self_hostname: a b",
      'shared_key: k, self_hostname: ""',
    ]) {
      assert.ok("mistakes" in load(wrong), wrong);
    }
  });

  it("is printed without keys and passwords", () => {
    const loaded = load("shared_key: roses-in-june, users: { ann: tulips-in-may, bea: 7-lilies }");
    assert.ok("config" in loaded);
    const printed = effectiveYaml(loaded);
    assert.match(printed, /shared_key: "\*\*\*"/);
    assert.match(printed, /ann: "\*\*\*"/);
    assert.doesNotMatch(printed, /roses|tulips|lilies/);
  });
});
