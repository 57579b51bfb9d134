import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readdirSync } from "node:fs";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { isListening } from "../../src/component/listening.ts";
import { syslogUdp } from "../../src/inputs/syslog-udp.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";
import { fixture } from "../support/real-senders.ts";

async function started(
  t: TestContext,
  settings: object = {},
): Promise<{ host: RecordingHost; send: (...datagrams: (string | Buffer)[]) => Promise<void> }> {
  const host = new RecordingHost();
  const input = syslogUdp.create(syslogUdp.config.parse({ listen: "127.0.0.1:0", ...settings }), host);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(500)));
  const port = portOf(isListening(input) ? input.addresses[0] : undefined);
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  const send = async (...datagrams: (string | Buffer)[]): Promise<void> => {
    for (const datagram of datagrams) await new Promise((resolve) => socket.send(datagram, port, "127.0.0.1", resolve));
  };
  return { host, send };
}

describe("syslog_udp", () => {
  it("takes a datagram for a message, whatever is in it, under the name of its own codec", async (t) => {
    const { host, send } = await started(t);
    await send("<14>one\n", "<14>two\nlines", "", "\n");
    await eventually(() => host.frames.length === 3, "three datagrams");

    assert.deepEqual(host.frames, ["<14>one\n", "<14>two\nlines", "\n"]);
    assert.deepEqual([host.batches[0]?.codec, host.batches[0]?.from.peer], ["of edge", "127.0.0.1"]);
  });

  it("takes what nginx sends", async (t) => {
    const { host, send } = await started(t);
    const folder = fileURLToPath(new URL("../../../test/fixtures/nginx", import.meta.url));
    const captured = readdirSync(folder).filter((name) => name.endsWith(".bin"));
    assert.ok(captured.length > 5);
    const datagrams = captured.map((name) => fixture(`nginx/${name}`));
    await send(...datagrams);
    await eventually(() => host.frames.length === captured.length, "all datagrams");

    assert.deepEqual(host.frames, datagrams.map(String));
  });

  it("has a codec that reads times in the configured zone, and refuses a zone that is none", () => {
    const codec = syslogUdp.codec?.(syslogUdp.config.parse({ time_zone: "+02:00" }));
    const bytes = Buffer.from("<14>Nov 20 08:30:12 web1 shop: x");
    const from = {
      input: "edge",
      peer: "",
      receivedMs: Date.UTC(2026, 10, 20, 12),
      tag: "",
      labels: undefined,
      metadata: undefined,
    };
    const decoded = codec?.decode(bytes, 0, bytes.length, from);
    assert.ok(typeof decoded === "object" && "timeMs" in decoded);
    assert.equal(new Date(decoded.timeMs).toISOString(), "2026-11-20T06:30:12.000Z");

    const issue = syslogUdp.config.safeParse({ time_zone: "Mars/Olympus" }).error?.issues[0];
    assert.match(
      issue?.message ?? "",
      /^expected a time zone such as UTC, local, Europe\/Berlin or \+02:00, got "Mars\/Olympus"$/,
    );
  });
});
