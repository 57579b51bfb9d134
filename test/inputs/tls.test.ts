import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { connect as connectPlain } from "node:net";
import { after, describe, it, type TestContext } from "node:test";
import { connect, type ConnectionOptions } from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import type { Component } from "../../src/base/lifecycle.ts";
import { isListening } from "../../src/component/listening.ts";
import type { InputSpec } from "../../src/component/spec.ts";
import { inputs } from "../../src/registry.ts";
import { makeCertificates, type Pair } from "../support/certificates.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";

const certificates = makeCertificates();
after(() => certificates.remove());
const { server, client, stranger, ca } = certificates;
const other = certificates.issue("other", "/CN=x", "DNS:other.example");

/** How a client of each input says something, and is told that it was heard or not. */
const SPEAKING: Readonly<Record<string, (port: number, own: Pair | undefined, host: RecordingHost) => Promise<boolean>>> = {
  gelf_tcp: (port, own, host) => sent(port, own, host, Buffer.from('{"version":"1.1","host":"a","short_message":"hi"}\0')),
  syslog_tcp: (port, own, host) => sent(port, own, host, Buffer.from("<14>1 - a b - - - hi\n")),
  // ["app", 1, {"log": "hi"}]
  forward: (port, own, host) => sent(port, own, host, Buffer.from("93a36170700181a36c6f67a26869", "hex")),
  gelf_http: posted,
  grpc: called,
};

function proving(own: Pair | undefined): ConnectionOptions {
  return { ca: readFileSync(ca), ...(own === undefined ? {} : { cert: readFileSync(own.cert), key: readFileSync(own.key) }) };
}

/** Whether a batch arrives before the connection is closed. */
async function sent(port: number, own: Pair | undefined, host: RecordingHost, bytes: Buffer): Promise<boolean> {
  const before = host.batches.length;
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ...proving(own) });
  let isClosed = false;
  socket.on("error", () => {});
  socket.on("close", () => (isClosed = true));
  socket.write(bytes);
  await eventually(() => isClosed || host.batches.length > before, "a batch, or the end");
  socket.destroy();
  return host.batches.length > before;
}

function posted(port: number, own: Pair | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { method: "POST", port, host: "127.0.0.1", servername: "localhost", path: "/gelf", agent: false };
    const asked = request({ ...options, ...proving(own) }, (response) => {
      response.resume();
      resolve(response.statusCode === 202);
    });
    asked.on("error", () => resolve(false));
    asked.end('{"version":"1.1","host":"a","short_message":"hi"}');
  });
}

function called(port: number, own: Pair | undefined): Promise<boolean> {
  const { cert, key } = proving(own);
  const pair = [key === undefined ? null : (key as Buffer), cert === undefined ? null : (cert as Buffer)] as const;
  const rpc = new Client(`localhost:${port}`, credentials.createSsl(readFileSync(ca), ...pair));
  // Batch { records: [{ message: "hi" }] }
  const batch = Buffer.from("12041a026869", "hex");
  return new Promise((resolve) => {
    const asIs = (bytes: Buffer): Buffer => bytes;
    rpc.makeUnaryRequest("/crumbtrail.v1.LogRelay/Send", asIs, asIs, batch, { deadline: Date.now() + 10_000 }, (error) => {
      rpc.close();
      resolve(error === null);
    });
  });
}

async function started(
  t: TestContext,
  spec: InputSpec,
  tls: object,
  more: object = {},
): Promise<{ port: number; host: RecordingHost; input: Component }> {
  const host = new RecordingHost();
  const input = spec.create(spec.config.parse({ listen: "127.0.0.1:0", tls, ...more }), host);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.abort()));
  const addresses = isListening(input) ? input.addresses : [];
  return { host, input, port: portOf(addresses.find((address) => !address.startsWith("udp:"))) };
}

describe("every input that listens on TCP", () => {
  const secure = inputs.filter(({ config }) => "tls" in config.shape);

  it("speaks TLS", () => {
    assert.deepEqual(secure.map(({ type }) => type).toSorted(), Object.keys(SPEAKING).toSorted());
  });

  for (const spec of secure) {
    const speak = SPEAKING[spec.type] ?? (() => Promise.reject(new Error("say how")));

    it(`${spec.type} takes senders over TLS`, async (t) => {
      const { port, host } = await started(t, spec, server);
      assert.equal(await speak(port, undefined, host), true);
      assert.deepEqual([host.batches.length, host.complaints], [1, []]);
      assert.ok(host.bytes > 0);
    });

    it(`${spec.type} turns away who has no certificate, somebody else's, or one with another name, and says why`, async (t) => {
      const { port, host } = await started(t, spec, { ...server, client_ca: ca, client_names: ["sender.example"] });
      assert.equal(await speak(port, client, host), true);
      for (const own of [undefined, stranger, other]) assert.equal(await speak(port, own, host), false);

      assert.equal(host.batches.length, 1);
      const told = host.complaints.map(({ cause, message }) => `${cause} ${message}`);
      // A gRPC client tries again by itself.
      for (const words of ["(it showed none)", "was turned away (DEPTH_ZERO_SELF_SIGNED_CERT)", "is for other.example"]) {
        assert.ok(
          told.some((line) => line.startsWith("tls_client ") && line.includes(words)),
          `${words}: ${told.join("\n")}`,
        );
      }
    });

    it(`${spec.type} complains about garbage on its port, and lets go of it when it stops`, async (t) => {
      const { port, host, input } = await started(t, spec, server);
      for (const garbage of ["GET / HTTP/1.1\r\n\r\n", Buffer.alloc(100, 0xff), Buffer.from("16030100050100000100", "hex")]) {
        const socket = connectPlain(port, "127.0.0.1");
        socket.on("error", () => {});
        // Alerts that nobody reads would keep it from being closed.
        socket.resume();
        socket.end(garbage);
        await once(socket, "close");
      }
      await eventually(() => host.complaints.length >= 2, "complaints");
      assert.deepEqual([...new Set(host.complaints.map(({ cause }) => cause))], ["tls_handshake"]);
      assert.equal(await speak(port, undefined, host), true);

      const silent = connectPlain(port, "127.0.0.1");
      silent.on("error", () => {});
      await once(silent, "connect");
      const gone = once(silent, "close");
      await input.stop(AbortSignal.timeout(5_000));
      await gone;
    });

    it(`${spec.type} takes the header of a proxy before TLS, and complains about the sender behind it`, async (t) => {
      const { port, host } = await started(t, spec, { ...server, client_ca: ca }, { proxy_protocol: ["127.0.0.1/32"] });
      for (const pauseMs of [0, 20]) {
        const below = connectPlain(port, "127.0.0.1");
        below.write("PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n");
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        const ALPNProtocols = spec.type === "grpc" ? ["h2"] : [];
        const socket = connect({ socket: below, servername: "localhost", ALPNProtocols, ca: readFileSync(ca) });
        socket.on("error", () => {}).resume();
        await once(socket, "close");
      }
      await eventually(() => host.complaints.length === 2, "complaints");
      assert.deepEqual(
        host.complaints.map(({ cause, peer }) => `${cause} ${peer}`),
        ["tls_client 203.0.113.7", "tls_client 203.0.113.7"],
      );
    });

    it(`${spec.type} refuses client_names without client_ca, and a handshake without end, with the place of the mistake`, () => {
      const parsed = spec.config.safeParse({ tls: { ...server, client_names: ["a.example"] } });
      const [issue] = parsed.error?.issues ?? [];
      assert.deepEqual(issue?.path, ["tls", "client_names"]);
      assert.match(issue?.message ?? "", /add client_ca/);
      for (const handshake_timeout of ["0s", "11m"]) {
        const endless = spec.config.safeParse({ tls: { ...server, handshake_timeout } });
        assert.deepEqual(endless.error?.issues[0]?.path, ["tls", "handshake_timeout"]);
      }
    });
  }
});
