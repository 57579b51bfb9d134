import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, describe, it, type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import type { AccessSettings } from "../../src/component/access.ts";
import { Access } from "../../src/wire/access/access.ts";
import { streamServer, type StreamServerOptions } from "../../src/wire/stream-server.ts";
import { makeCertificates } from "../support/certificates.ts";
import { ManualClock } from "../support/clock.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";
import { proxyV1, proxyV2 } from "../support/proxy-headers.ts";
import { accessSettings, closed, dialFrom, networksOf } from "../support/senders.ts";

const certificates = makeCertificates();
after(() => certificates.remove());

interface Started {
  readonly host: RecordingHost;
  readonly port: number;
  /** What came in, by sender. */
  readonly received: Map<string, string>;
}

/** A server of lines. */
async function started(
  t: TestContext,
  settings: Partial<AccessSettings>,
  more: Partial<StreamServerOptions> & { clock?: ManualClock } = {},
): Promise<Started> {
  const host = new RecordingHost(more.clock);
  const received = new Map<string, string>();
  const server = streamServer({
    address: { host: "127.0.0.1", port: 0 },
    maxConnections: 100,
    idleTimeoutMs: 0,
    host,
    access: new Access(accessSettings(settings), host),
    open: ({ peer, took }) => ({
      data(chunk) {
        const text = chunk.toString("latin1");
        received.set(peer, (received.get(peer) ?? "") + text);
        const lines = text.split("\n").length - 1;
        if (lines > 0) took(lines);
      },
      end() {},
    }),
    ...more,
  });
  await server.start(new AbortController().signal);
  t.after(() => server.stop(AbortSignal.timeout(500)));
  return { host, received, port: portOf(server.addresses[0]) };
}

const turnedAway = ({ counted }: RecordingHost): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counted).flatMap(([key, count]) => (count > 0 ? [[key.replace("turned_away ", ""), count]] : [])),
  );

describe("a stream server with an allow-list", () => {
  it("closes connections from elsewhere before anything is read, and counts them", async (t) => {
    const { host, port, received } = await started(t, { allow: networksOf("127.0.1.0/24") });
    const stranger = dialFrom(t, port, "127.0.2.1");
    stranger.write("let me in\n");
    await closed(stranger);
    dialFrom(t, port, "127.0.1.5").write("hello\n");
    await eventually(() => received.size === 1, "the friend's line");

    assert.deepEqual([...received], [["127.0.1.5", "hello\n"]]);
    assert.deepEqual([turnedAway(host), host.opened, host.bytes], [{ not_allowed: 1 }, 1, 6]);
    assert.deepEqual(
      host.complaints.map(({ cause, peer }) => [cause, peer]),
      [["not_allowed", "127.0.2.1"]],
    );
  });

  it("has no handshake of TLS with them", async (t) => {
    const { host, port } = await started(t, { allow: networksOf("127.0.1.0/24") }, { tls: certificates.server });
    const socket = connectTls({ port, host: "127.0.0.1", ca: readFileSync(certificates.ca) });
    socket.on("error", () => {});
    await closed(socket);

    assert.equal(socket.authorized, false);
    assert.deepEqual(turnedAway(host), { not_allowed: 1 });
  });
});

describe("a stream server behind proxies", () => {
  const proxy_protocol = networksOf("127.0.9.0/24");

  for (const [version, header] of [
    ["1", proxyV1("203.0.113.7")],
    ["2", proxyV2("203.0.113.7")],
  ] as const) {
    it(`takes the sender that version ${version} of the header names, however its bytes arrive`, async (t) => {
      const { host, port, received } = await started(t, { proxy_protocol });
      const whole = dialFrom(t, port, "127.0.9.1");
      whole.write(Buffer.concat([header, Buffer.from("at once\n")]));
      await eventually(() => received.size === 1, "the line behind the header");
      whole.write("and later\n");
      await eventually(() => received.get("203.0.113.7") === "at once\nand later\n", "the next line");

      received.clear();
      const slow = dialFrom(t, port, "127.0.9.1");
      for (const byte of header) {
        slow.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      slow.end("piece by piece\n");
      await eventually(() => host.opened === 2 && host.open === 1, "the second connection to end");

      assert.deepEqual([...received], [["203.0.113.7", "piece by piece\n"]]);
      assert.deepEqual(turnedAway(host), {});
    });
  }

  it("reads the header before TLS", async (t) => {
    const { host, port, received } = await started(t, { proxy_protocol }, { tls: certificates.server });
    const socket = dialFrom(t, port, "127.0.9.1");
    socket.write(proxyV2("2001:db8::7"));
    const inner = connectTls({ socket, ca: readFileSync(certificates.ca), servername: "localhost" });
    inner.on("error", () => {});
    await once(inner, "secureConnect");
    inner.end("hello\n");
    await eventually(() => host.opened === 1 && host.open === 0, "the connection to end");

    assert.deepEqual([...received], [["2001:db8::7", "hello\n"]]);
  });

  it("holds the address that the header names against the list, not the proxy's", async (t) => {
    const { host, port, received } = await started(t, { proxy_protocol, allow: networksOf("203.0.113.0/24") });
    const stranger = dialFrom(t, port, "127.0.9.1");
    stranger.write(Buffer.concat([proxyV1("198.51.100.1"), Buffer.from("hello\n")]));
    await closed(stranger);
    dialFrom(t, port, "127.0.9.1").write(Buffer.concat([proxyV1("203.0.113.9"), Buffer.from("hello\n")]));
    await eventually(() => received.size === 1, "the friend's line");

    assert.deepEqual([...received.keys()], ["203.0.113.9"]);
    assert.deepEqual(turnedAway(host), { not_allowed: 1 });
    assert.equal(host.complaints[0]?.peer, "198.51.100.1");
  });

  it("closes a proxy's connection without a header, and one whose header is broken", async (t) => {
    const { host, port, received } = await started(t, { proxy_protocol });
    for (const bytes of ["no header at all\n", "PROXY TCP4 nonsense\r\n", "\r\n\r\n\0\r\nQUIT\nX0123456789"]) {
      const socket = dialFrom(t, port, "127.0.9.1");
      socket.write(bytes);
      await closed(socket);
    }
    // One that says nothing and leaves is a probe.
    const probe = dialFrom(t, port, "127.0.9.1");
    probe.end();
    await closed(probe);

    assert.deepEqual([turnedAway(host), received.size, host.opened], [{ proxy_header: 3 }, 0, 0]);
    assert.match(host.complaints[0]?.message ?? "", /does not begin with a PROXY header/);
  });

  it("keeps the proxy's address where it speaks for itself, list or not", async (t) => {
    const { port, received } = await started(t, { proxy_protocol, allow: networksOf("203.0.113.0/24") });
    dialFrom(t, port, "127.0.9.1").write(Buffer.concat([proxyV2("203.0.113.7", { command: 0x20 }), Buffer.from("check\n")]));
    await eventually(() => received.size === 1, "the line of the proxy");

    assert.deepEqual([...received], [["127.0.9.1", "check\n"]]);
  });

  it("takes a header from anybody else for what it is to the protocol", async (t) => {
    const { host, port, received } = await started(t, { proxy_protocol });
    const header = proxyV1("203.0.113.7").toString("latin1");
    dialFrom(t, port, "127.0.8.1").write(header);
    await eventually(() => received.size === 1, "the header as a line");

    assert.deepEqual([...received], [["127.0.8.1", header]]);
    assert.deepEqual(turnedAway(host), {});
  });
});

describe("a stream server with limits for one sender", () => {
  it("closes its connections over the limit, and nobody else's", async (t) => {
    const { host, port, received } = await started(t, { max_connections_per_peer: 2 });
    const first = dialFrom(t, port, "127.0.0.2");
    dialFrom(t, port, "127.0.0.2");
    await eventually(() => host.open === 2, "two connections");
    await closed(dialFrom(t, port, "127.0.0.2"));
    assert.deepEqual(turnedAway(host), { too_many_per_peer: 1 });

    dialFrom(t, port, "127.0.0.3").write("hello\n");
    await eventually(() => received.size === 1, "the neighbour's line");
    first.destroy();
    await eventually(() => host.open === 2, "the first connection to end");
    dialFrom(t, port, "127.0.0.2").write("again\n");
    await eventually(() => received.get("127.0.0.2") === "again\n", "a line over a new connection");
  });

  it("counts what the sender is whom a proxy names", async (t) => {
    const { host, port } = await started(t, { max_connections_per_peer: 1, proxy_protocol: networksOf("127.0.9.0/24") });
    dialFrom(t, port, "127.0.9.1").write(proxyV1("203.0.113.7"));
    dialFrom(t, port, "127.0.9.1").write(proxyV1("203.0.113.8"));
    await eventually(() => host.open === 2, "two senders behind one proxy");
    const third = dialFrom(t, port, "127.0.9.1");
    third.write(proxyV1("203.0.113.7"));
    await closed(third);

    assert.deepEqual(turnedAway(host), { too_many_per_peer: 1 });
    assert.equal(host.complaints[0]?.peer, "203.0.113.7");
  });

  it("counts connections over max_connections", async (t) => {
    const { host, port } = await started(t, {}, { maxConnections: 1 });
    dialFrom(t, port);
    await eventually(() => host.open === 1, "one connection");
    await closed(dialFrom(t, port));

    assert.deepEqual(turnedAway(host), { too_many_connections: 1 });
  });

  it("reads a sender no faster than its rates, over all its connections, and loses nothing", async (t) => {
    const clock = new ManualClock();
    const { port, received } = await started(t, { max_records_per_second_per_peer: 1_000 }, { clock });
    const fast = dialFrom(t, port, "127.0.0.2");
    fast.write("x\n".repeat(1_500));
    await eventually(() => received.get("127.0.0.2")?.length === 3_000, "what came at once");
    fast.write("more\n");
    const second = dialFrom(t, port, "127.0.0.2");
    second.write("a");
    dialFrom(t, port, "127.0.0.3").write("neighbour\n");
    await eventually(() => received.has("127.0.0.3"), "the neighbour's line");
    assert.ok(!received.get("127.0.0.2")?.includes("more"));

    clock.advance(1_001);
    await eventually(() => received.get("127.0.0.2")?.includes("more") === true, "the rest");
  });

  it("counts bytes too", async (t) => {
    const clock = new ManualClock();
    const { port, received } = await started(t, { max_bytes_per_second_per_peer: 100 }, { clock });
    const fast = dialFrom(t, port, "127.0.0.2");
    fast.write("x".repeat(150));
    await eventually(() => received.get("127.0.0.2")?.length === 150, "what came at once");
    fast.end("more");
    dialFrom(t, port, "127.0.0.3").write("neighbour\n");
    await eventually(() => received.has("127.0.0.3"), "the neighbour's line");
    assert.equal(received.get("127.0.0.2")?.length, 150);

    clock.advance(1_000);
    await eventually(() => received.get("127.0.0.2")?.length === 154, "the rest");
  });
});

describe("a stream server with a message_timeout", () => {
  it("closes a connection whose message trickles in, and none that stands between messages", async (t) => {
    const clock = new ManualClock();
    const { host, port } = await started(t, {}, { clock, messageTimeoutMs: 200 });
    const trickling = dialFrom(t, port, "127.0.0.2");
    const silent = dialFrom(t, port, "127.0.0.3");
    const kept = dialFrom(t, port, "127.0.0.4");
    trickling.write("a message that never");
    silent.write("whole\n");
    kept.write("\0\r\n \t");
    await eventually(() => host.bytes === 31, "all bytes");
    clock.advance(150);
    trickling.write(" e");
    await eventually(() => host.bytes === 33, "the trickle");
    clock.advance(51);
    await closed(trickling);
    await eventually(() => host.open === 2, "the end of its session");

    assert.deepEqual(turnedAway(host), { slow: 1 });
    assert.equal(host.complaints[0]?.peer, "127.0.0.2");
  });
});
