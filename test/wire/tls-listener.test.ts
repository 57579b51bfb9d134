import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { TlsFiles } from "../../src/component/tls.ts";
import { streamServer } from "../../src/wire/stream-server.ts";
import { makeCertificates, type Pair } from "../support/certificates.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";

const certificates = makeCertificates();
after(() => certificates.remove());
const { server, client, ca } = certificates;
const renewed = certificates.issue("renewed", "/CN=localhost", "DNS:localhost");

interface Started {
  readonly host: RecordingHost;
  readonly port: number;
  /** Words of its own log at info and above. */
  readonly said: string[];
  readonly received: () => string;
}

/** A server that answers "ok" to whatever comes. */
async function started(t: TestContext, tls: TlsFiles): Promise<Started> {
  const host = new RecordingHost();
  const said: string[] = [];
  const remember = (...words: unknown[]): void => void said.push(String(words.at(-1)));
  Object.assign(host.log, { info: remember, warn: remember });
  const chunks: Buffer[] = [];
  const input = streamServer({
    address: { host: "127.0.0.1", port: 0 },
    maxConnections: 10,
    idleTimeoutMs: 0,
    tls,
    reloadEveryMs: 20,
    host,
    open: (connection) => ({
      data(chunk) {
        chunks.push(chunk);
        connection.write(Buffer.from("ok"));
      },
      end() {},
    }),
  });
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(500)));
  return { host, port: portOf(input.addresses[0]), said, received: () => Buffer.concat(chunks).toString() };
}

function dial(t: TestContext, port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: readFileSync(ca), ...options });
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  return socket;
}

async function answer(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text);
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString();
}

/** The serial number of the certificate that a new connection is shown. */
async function shown(t: TestContext, port: number): Promise<string> {
  const socket = dial(t, port);
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

function proving({ cert, key }: Pair): ConnectionOptions {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

/** Resolves when a connection is closed by the other side, after it tried to send. */
function refused(t: TestContext, port: number, options: ConnectionOptions): Promise<unknown> {
  const socket = dial(t, port, options);
  socket.once("secureConnect", () => socket.write("let me in"));
  return once(socket, "close");
}

/** Files as Kubernetes mounts a secret: links to `..data/NAME`, itself a link to a folder that is swapped as a whole. */
function mounted(pair: Pair): { readonly files: TlsFiles; swap(pair: Pair): void } {
  const folder = mkdtempSync(join(certificates.folder, "secret-"));
  let version = 0;
  const swap = (next: Pair): void => {
    version += 1;
    const inside = join(folder, `..v${version}`);
    mkdirSync(inside);
    copyFileSync(next.cert, join(inside, "tls.crt"));
    copyFileSync(next.key, join(inside, "tls.key"));
    symlinkSync(`..v${version}`, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  swap(pair);
  for (const name of ["tls.crt", "tls.key"]) symlinkSync(`..data/${name}`, join(folder, name));
  return { files: { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") }, swap };
}

function copied(pair: Pair): TlsFiles {
  const folder = mkdtempSync(join(certificates.folder, "copied-"));
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  copyFileSync(pair.cert, files.cert);
  copyFileSync(pair.key, files.key);
  return files;
}

describe("a listener with TLS, and its clients", () => {
  it("takes those whose certificate has an allowed name, and tells who has another", async (t) => {
    const client_names = ["*.sender.example", "spiffe://shop/web"];
    const { host, port, received } = await started(t, { ...server, client_ca: ca, client_names });
    const wild = dial(t, port, proving(certificates.issue("wild", "/CN=x", "DNS:a.sender.example")));
    const uri = dial(t, port, proving(certificates.issue("uri", "/CN=x", "URI:spiffe://shop/web")));
    assert.deepEqual([await answer(wild, "a"), await answer(uri, "b")], ["ok", "ok"]);
    await refused(t, port, proving(client));
    await refused(t, port, {});
    await eventually(() => host.complaints.length === 2, "two complaints");

    assert.deepEqual([received().split("").toSorted().join(""), host.opened], ["ab", 2]);
    assert.deepEqual(
      host.complaints.map(({ message }) => message),
      [
        "a sender whose certificate is for sender.example was turned away; add its name to inputs.edge.tls.client_names if it may send",
        "a sender without a certificate of an authority in inputs.edge.tls.client_ca was turned away (it showed none)",
      ],
    );
  });

  it("takes nobody's word for a certificate that was shown on an earlier connection", async (t) => {
    const { host, port, received } = await started(t, { ...server, client_ca: ca });
    const known = dial(t, port, proving(client));
    const [session] = (await Promise.all([once(known, "session"), answer(known, "known")]))[0] as [Buffer];
    await refused(t, port, { session });
    const again = dial(t, port, { session, ...proving(client) });
    assert.equal(await answer(again, " again"), "ok");

    assert.deepEqual([received(), host.opened, again.isSessionReused()], ["known again", 2, false]);
    assert.match(host.complaints[0]?.message ?? "", /\(it showed none\)$/);
  });

  it("resumes sessions where nobody needs a certificate", async (t) => {
    const { port } = await started(t, server);
    const first = dial(t, port);
    const [session] = (await Promise.all([once(first, "session"), answer(first, "x")]))[0] as [Buffer];
    const second = dial(t, port, { session });
    assert.equal(await answer(second, "y"), "ok");
    assert.equal(second.isSessionReused(), true);
  });

  it("does not renegotiate TLS 1.2", async (t) => {
    const { port } = await started(t, server);
    const socket = dial(t, port, { maxVersion: "TLSv1.2" });
    assert.equal(await answer(socket, "x"), "ok");
    const outcome = new Promise<Error | null>((resolve) => {
      socket.once("error", resolve);
      socket.renegotiate({}, (error) => resolve(error));
    });
    assert.match(String(await outcome), /no renegotiation/i);
  });

  it("lets go of a handshake that does not come to an end", async (t) => {
    const { host, port } = await started(t, { ...server, handshake_timeout: 50 });
    const whole = dial(t, port);
    assert.equal(await answer(whole, "x"), "ok");
    const { connect: connectPlain } = await import("node:net");
    const half = connectPlain(port, "127.0.0.1");
    half.on("error", () => {});
    half.resume();
    // The head of a ClientHello that says 512 bytes follow, and a few of them.
    half.write(Buffer.from("16030102000100", "hex"));
    await once(half, "close");

    assert.deepEqual(
      host.complaints.map(({ cause }) => cause),
      ["tls_handshake"],
    );
    assert.equal(await answer(whole, "still here"), "ok");
  });
});

describe("a listener with TLS, and its files", () => {
  it("shows a new certificate to new connections once Kubernetes swaps the secret, and drops none", async (t) => {
    const { files, swap } = mounted(server);
    const { port, said } = await started(t, files);
    const before = await shown(t, port);
    const open = dial(t, port);
    assert.equal(await answer(open, "before"), "ok");
    swap(renewed);
    await eventually(() => said.length > 0, "the news");

    assert.notEqual(await shown(t, port), before);
    assert.equal(await answer(open, "after"), "ok");
    assert.deepEqual(said, ["inputs.edge.tls: new certificates are in use"]);
  });

  it("keeps the old ones while the new ones are of no use, and says so once", async (t) => {
    const files = copied(server);
    const { port, said } = await started(t, files);
    const before = await shown(t, port);
    writeFileSync(files.cert, "-----BEGIN CERTIFICATE-----\nnot yet\n");
    await eventually(() => said.length > 0, "a warning");
    const more = new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(await shown(t, port), before);
    await more;
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", /^the old certificates stay in use.*inputs\.edge\.tls\.cert: .*cert\.pem is no PEM certificate/);
    copyFileSync(renewed.key, files.key);
    copyFileSync(renewed.cert, files.cert);
    await eventually(() => said.some((words) => words.includes("new certificates are in use")), "the news");

    assert.notEqual(await shown(t, port), before);
  });

  it("forgets an authority that is taken from client_ca, and keeps renegotiation off", async (t) => {
    const files = { ...copied(server), client_ca: join(mkdtempSync(join(certificates.folder, "ca-")), "ca.pem") };
    copyFileSync(ca, files.client_ca);
    const { host, port, said } = await started(t, files);
    assert.equal(await answer(dial(t, port, proving(client)), "x"), "ok");
    copyFileSync(certificates.stranger.cert, files.client_ca);
    await eventually(() => said.length > 0, "the news");
    await refused(t, port, proving(client));
    await eventually(() => host.complaints.length === 1, "a complaint");
    const socket = dial(t, port, { maxVersion: "TLSv1.2", ...proving(certificates.stranger) });
    assert.equal(await answer(socket, "y"), "ok");
    const outcome = new Promise<Error | null>((resolve) => {
      socket.once("error", resolve);
      socket.renegotiate({}, (error) => resolve(error));
    });
    assert.match(String(await outcome), /no renegotiation/i);
  });

  it("warns of a certificate that has expired", async (t) => {
    const host = new RecordingHost({ nowMs: () => Date.parse("2100-01-01"), tickMs: () => 0 });
    const said: string[] = [];
    host.log.warn = (...words: unknown[]) => void said.push(String(words.at(-1)));
    const input = streamServer({
      address: { host: "127.0.0.1", port: 0 },
      maxConnections: 1,
      idleTimeoutMs: 0,
      tls: server,
      host,
      open: () => ({ data() {}, end() {} }),
    });
    await input.start(new AbortController().signal);
    t.after(() => input.stop(AbortSignal.timeout(500)));
    assert.match(said[0] ?? "", /^inputs\.edge\.tls\.cert: .* has expired on .*; renew it$/);
  });
});
