import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { Admin } from "../../src/admin/admin.ts";
import { createLogger } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/clock.ts";
import { TlsListener } from "../../src/wire/tls-listener.ts";
import { makeCertificates, type Pair } from "../support/certificates.ts";
import { Daemon } from "../support/daemon.ts";
import { agreed, OLD, ran, SClient } from "../support/s-client.ts";

const certificates = makeCertificates();
const { server, client, stranger, ca } = certificates;
const other = certificates.issue("other", "/CN=x", "DNS:other.example");
const renewed = certificates.issue("renewed", "/CN=localhost", "DNS:localhost");
/** What every input shows, and what the test exchanges. */
const shown: Pair = { cert: join(certificates.folder, "shown.pem"), key: join(certificates.folder, "shown.key") };

/** One record as each input takes it. */
const RECORD: Readonly<Record<string, Buffer>> = {
  gelf_tcp: Buffer.from('{"version":"1.1","host":"a","short_message":"hi","level":6}\0'),
  syslog_tcp: Buffer.from("<14>1 - a b - - - hi\n"),
  // ["app", 1, {"log": "hi"}]
  forward: Buffer.from("93a36170700181a36c6f67a26869", "hex"),
  gelf_http: Buffer.from('{"version":"1.1","host":"a","short_message":"hi","level":6}'),
  // The prefix of a message, and Batch { records: [{ message: "hi" }] }
  grpc: Buffer.from("000000000612041a026869", "hex"),
};
/** How curl posts to those that speak HTTP. */
const CURL: Readonly<Record<string, readonly string[]>> = {
  gelf_http: ["/gelf"],
  grpc: ["/crumbtrail.v1.LogRelay/Send", "--http2", "-H", "content-type: application/grpc", "-H", "te: trailers"],
};

let daemon: Daemon;

async function received(): Promise<number> {
  return (await daemon.status()).ledger.received;
}

/** Sends one record with a real client; whether it arrived. */
async function arrives(t: TestContext, type: string, port: number, own: Pair | undefined): Promise<boolean> {
  const before = await received();
  const record = RECORD[type] ?? Buffer.alloc(0);
  const [path, ...more] = CURL[type] ?? [];
  if (path !== undefined) {
    const identity = own === undefined ? [] : ["--cert", own.cert, "--key", own.key];
    const url = `https://localhost:${port}${path}`;
    await ran("curl", ["-sS", "--max-time", "10", "--cacert", ca, ...identity, ...more, "--data-binary", "@-", url], record);
    return (await received()) > before;
  }
  const sender = new SClient(t, { port, ca, own, more: ["-quiet"] });
  sender.write(record);
  // It leaves when it is turned away.
  while (!sender.isGone && (await received()) === before) await new Promise((resolve) => setTimeout(resolve, 10));
  return (await received()) > before;
}

function show(pair: Pair): void {
  for (const file of ["cert", "key"] as const) {
    copyFileSync(pair[file], `${shown[file]}.new`);
    renameSync(`${shown[file]}.new`, shown[file]);
  }
}

async function serialOf(t: TestContext, port: number): Promise<string> {
  const dialled = new SClient(t, { port, ca });
  await dialled.says(/-----END CERTIFICATE-----/);
  const { said } = await ran("openssl", ["x509", "-noout", "-serial"], Buffer.from(await dialled.quit()));
  return said.trim();
}

describe("TLS with openssl and curl", () => {
  before(async () => {
    show(server);
    const tls = `cert: "${shown.cert}", key: "${shown.key}", handshake_timeout: 1s`;
    const known = `${tls}, client_ca: "${ca}", client_names: ["sender.example"]`;
    const lines = Object.keys(RECORD).flatMap((type) => [
      `  ${type}: { type: ${type}, listen: "127.0.0.1:0", tls: { ${tls} } }`,
      `  ${type}_known: { type: ${type}, listen: "127.0.0.1:0", tls: { ${known} } }`,
    ]);
    daemon = await Daemon.start({ config: `inputs:\n${lines.join("\n")}\nupstreams: { default: { type: console } }\n` });
  });
  after(async () => {
    await daemon.stop();
    certificates.remove();
  });

  for (const type of Object.keys(RECORD)) {
    const protocol = type === "gelf_http" ? "http" : "tcp";

    it(`${type} speaks TLS 1.2 and 1.3 with ciphers of today, and nothing older`, async (t) => {
      const port = await daemon.port(type, protocol);
      assert.equal(await agreed(t, { port, ca, more: ["-tls1", ...OLD] }), undefined);
      assert.equal(await agreed(t, { port, ca, more: ["-tls1_1", ...OLD] }), undefined);
      const weak = ["-tls1_2", "-cipher", "eNULL:aNULL:RC4:3DES:DES:EXPORT:PSK@SECLEVEL=0"];
      assert.equal(await agreed(t, { port, ca, more: weak }), undefined);
      assert.match((await agreed(t, { port, ca, more: ["-tls1_2"] })) ?? "", /^TLSv1\.2 ECDHE-.*(?:GCM|POLY1305)/);
      assert.match((await agreed(t, { port, ca })) ?? "", /^TLSv1\.3 TLS_/);
      assert.equal(await arrives(t, type, port, undefined), true);
    });

    it(`${type} takes a client with the right certificate, and none with none, a stranger's or another name`, async (t) => {
      const port = await daemon.port(`${type}_known`, protocol);
      assert.equal(await arrives(t, type, port, client), true);
      for (const own of [undefined, stranger, other]) assert.equal(await arrives(t, type, port, own), false);
      assert.equal(await arrives(t, type, port, client), true);
    });

    it(`${type} lets go of garbage and of half a handshake, and refuses to renegotiate`, async (t) => {
      const port = await daemon.port(type, protocol);
      assert.notEqual((await ran("curl", ["-sS", "--max-time", "10", `http://localhost:${port}/`], Buffer.alloc(0))).code, 0);
      for (const bytes of [Buffer.alloc(3_000, 0xa5), Buffer.from("16030102000100", "hex"), Buffer.alloc(0)]) {
        const socket = connect(port, "127.0.0.1");
        t.after(() => socket.destroy());
        socket.on("error", () => {}).resume();
        socket.write(bytes);
        await once(socket, "close");
      }
      const eager = new SClient(t, { port, ca, more: ["-tls1_2", ...(type === "grpc" ? ["-alpn", "h2"] : [])] });
      assert.ok(await eager.says(/Cipher is/));
      eager.write("R\n");
      // HTTP/2 says good-bye instead of a handshake, which openssl did not expect.
      assert.ok(await eager.says(/:error:.*:(?:no renegotiation|unexpected record):/), eager.said);
      assert.equal(await arrives(t, type, port, undefined), true);
    });
  }

  it("shows a new certificate on every input once the files change, while an open connection goes on", async (t) => {
    const port = await daemon.port("gelf_tcp");
    const old = await serialOf(t, port);
    const open = new SClient(t, { port, ca, more: ["-quiet"] });
    const start = await received();
    const record = RECORD["gelf_tcp"] ?? Buffer.alloc(0);
    let sent = 0;
    const traffic = setInterval(() => {
      sent += 1;
      open.write(record);
    }, 5);
    t.after(() => clearInterval(traffic));
    show(renewed);
    for (const type of Object.keys(RECORD)) {
      const own = await daemon.port(type, type === "gelf_http" ? "http" : "tcp");
      let serial = old;
      for (let turn = 0; turn < 300 && serial === old; turn += 1) {
        serial = await serialOf(t, own);
        if (serial === old) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.notEqual(serial, old, type);
    }
    clearInterval(traffic);
    open.write(record);
    sent += 1;
    await daemon.settled(start + sent);
    assert.equal(await received(), start + sent);
    assert.match(daemon.stderr, /inputs\.grpc\.tls: new certificates are in use/);
  });

  it("guards the admin endpoint as well", async (t) => {
    const log = createLogger("silent");
    const complaints: string[] = [];
    const host = { log, clock: systemClock, complain: ({ message }: { message: string }) => void complaints.push(message) };
    const files = { ...server, client_ca: ca, client_names: ["sender.example"] };
    const admin = new Admin({
      address: { host: "127.0.0.1", port: 0 },
      token: undefined,
      relay: {
        readiness: () => ({ ready: true }),
        status: () => ({ version: "0" }),
        metricsText: async () => ({ contentType: "text/plain", text: "up 1\n" }),
      },
      tls: new TlsListener({ files, place: "admin.tls", host }),
    });
    await admin.start();
    t.after(() => admin.stop());
    const port = admin.address?.port ?? 0;
    const get = (own: Pair | undefined): ReturnType<typeof ran> => {
      const identity = own === undefined ? [] : ["--cert", own.cert, "--key", own.key];
      return ran(
        "curl",
        ["-sS", "--max-time", "10", "--cacert", ca, ...identity, `https://localhost:${port}/metrics`],
        Buffer.alloc(0),
      );
    };
    assert.equal(await agreed(t, { port, ca, own: client, more: ["-tls1_1", ...OLD] }), undefined);
    assert.deepEqual(await get(client), { code: 0, said: "up 1\n" });
    for (const own of [undefined, stranger, other]) assert.notEqual((await get(own)).code, 0);
    assert.ok(
      complaints.some((message) => message.includes("admin.tls.client_names")),
      complaints.join("\n"),
    );
  });
});
