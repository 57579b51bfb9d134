import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { Component } from "../../src/base/lifecycle.ts";
import type { Listening } from "../../src/component/listening.ts";
import type { TlsFiles } from "../../src/component/tls.ts";
import { streamServer } from "../../src/wire/stream-server.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";

const certificates = makeCertificates();
after(() => certificates.remove());
const { server, client, stranger, ca } = certificates;

interface Started {
  readonly host: RecordingHost;
  readonly input: Component & Listening;
  readonly port: number;
  readonly received: () => string;
}

function made(tls: TlsFiles, maxConnections = 10): { host: RecordingHost; input: Component & Listening; received: () => string } {
  const host = new RecordingHost();
  const chunks: Buffer[] = [];
  const input = streamServer({
    address: { host: "127.0.0.1", port: 0 },
    maxConnections,
    idleTimeoutMs: 0,
    tls,
    host,
    open: (connection) => ({
      data(chunk) {
        chunks.push(chunk);
        connection.write(Buffer.from("ok"));
      },
      end() {},
    }),
  });
  return { host, input, received: () => Buffer.concat(chunks).toString() };
}

async function started(t: TestContext, tls: TlsFiles, maxConnections?: number): Promise<Started> {
  const { host, input, received } = made(tls, maxConnections);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(500)));
  return { host, input, received, port: portOf(input.addresses[0]) };
}

function dial(t: TestContext, port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ port, host: "127.0.0.1", ca: readFileSync(ca), ...options });
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  return socket;
}

/** Resolves when a connection is closed, with or without an error, which is what the other side is told. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

describe("a stream server with TLS", () => {
  it("speaks it in both directions, and takes the end of a sender for its end", async (t) => {
    const { host, port, received } = await started(t, server);
    const socket = dial(t, port);
    await once(socket, "secureConnect");
    socket.write("hello");
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.end(" and bye");
    await eventually(() => host.opened === 1 && host.open === 0, "the connection to end");

    assert.deepEqual([answer.toString(), received(), host.bytes], ["ok", "hello and bye", 13]);
    assert.deepEqual(host.complaints, []);
  });

  it("takes TLS 1.2, and nothing older", async (t) => {
    const { host, port } = await started(t, server);
    const newEnough = dial(t, port, { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
    await once(newEnough, "secureConnect");
    const tooOld = dial(t, port, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    await closed(tooOld);
    await eventually(() => host.complaints.length === 1, "a complaint");

    assert.equal(host.complaints[0]?.cause, "tls_handshake");
    assert.equal(host.opened, 1);
  });

  it("tells who speaks no TLS, and lets go of the connection", async (t) => {
    const { host, port } = await started(t, server);
    const socket = connectPlain(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("<14>plain\n");
    await closed(socket);

    assert.equal(host.complaints[0]?.peer, "127.0.0.1");
    assert.match(host.complaints[0]?.message ?? "", /do not agree on TLS \(.*\); see that it speaks TLS 1\.2 or newer/);
    assert.equal(host.opened, 0);
  });

  it("with client_ca takes senders with a certificate of that authority, and no others", async (t) => {
    const { host, port, received } = await started(t, { ...server, client_ca: ca });
    const known = dial(t, port, { cert: readFileSync(client.cert), key: readFileSync(client.key) });
    await once(known, "secureConnect");
    known.write("known");
    await once(known, "data");
    for (const own of [{}, { cert: readFileSync(stranger.cert), key: readFileSync(stranger.key) }]) {
      const refused = dial(t, port, own);
      refused.on("secureConnect", () => refused.write("unknown"));
      await closed(refused);
    }
    await eventually(() => host.complaints.length === 2, "a complaint about each");

    assert.deepEqual([received(), host.opened], ["known", 1]);
    assert.match(
      host.complaints[0]?.message ?? "",
      /^a sender without a certificate of an authority in inputs\.edge\.tls\.client_ca was turned away \(it showed none\)$/,
    );
  });

  it("counts a handshake as a connection, and lets go of unfinished ones when it stops", async (t) => {
    const { host, port, input } = await started(t, server, 1);
    const silent = connectPlain(port, "127.0.0.1");
    silent.on("error", () => {});
    t.after(() => silent.destroy());
    await once(silent, "connect");
    const second = dial(t, port);
    await closed(second);
    assert.equal(host.complaints[0]?.cause, "too_many_connections");

    const gone = closed(silent);
    await input.stop(AbortSignal.timeout(1_000));
    await gone;
  });

  it("says which file is wrong and what to do, before it listens", async (t) => {
    const path = (name: string, text: string): string => {
      const file = join(certificates.folder, name);
      writeFileSync(file, text);
      return file;
    };
    const empty = path("empty.pem", "");
    const broken = path("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    const missing = join(certificates.folder, "missing.pem");
    const cases: readonly (readonly [TlsFiles, RegExp])[] = [
      [
        { ...server, cert: missing },
        /^inputs\.edge\.tls\.cert: .*missing\.pem: there is no such file; write the path of a PEM file$/,
      ],
      [{ ...server, key: certificates.folder }, /tls\.key: .*: it is a directory; write the path of a PEM file$/],
      [{ ...server, cert: empty }, /tls\.cert: .*empty\.pem is no PEM certificate/],
      [{ ...server, cert: broken }, /tls\.cert: .*broken\.pem is no PEM certificate/],
      [{ ...server, key: server.cert }, /tls\.key: .*server\.pem is no PEM private key without a passphrase/],
      [
        { ...server, key: client.key },
        /tls\.key: .*client\.key does not belong to the certificate in inputs\.edge\.tls\.cert: .*server\.pem/,
      ],
      [{ ...server, client_ca: empty }, /tls\.client_ca: .*empty\.pem holds no PEM certificate/],
      [{ ...server, client_ca: "/dev/zero" }, /tls\.client_ca: \/dev\/zero: it is no regular file/],
      [{ ...server, client_ca: process.execPath }, /tls\.client_ca: .*: it has \d+ bytes, and a PEM file is shorter/],
      [{ ...server, client_ca: missing }, /tls\.client_ca: .*missing\.pem: there is no such file/],
    ];
    for (const [files, message] of cases) {
      const { input } = made(files);
      await assert.rejects(input.start(new AbortController().signal), { code: "RELAY_BAD_CONFIG", message });
      assert.deepEqual(input.addresses, []);
      await input.stop(AbortSignal.timeout(500));
    }
    if (process.getuid?.() === 0) return t.diagnostic("root may read any file");
    const secret = path("secret.pem", readFileSync(server.key, "utf8"));
    chmodSync(secret, 0o000);
    await assert.rejects(
      made({ ...server, key: secret }).input.start(new AbortController().signal),
      /this process may not read it; give its user permission/,
    );
  });
});
