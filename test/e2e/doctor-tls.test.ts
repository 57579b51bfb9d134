import assert from "node:assert/strict";
import { once } from "node:events";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { pinOf } from "../../src/wire/tls-trust.ts";
import { makeCertificates } from "../support/certificates.ts";
import { configFile, freePort, KEY, tracker, Visit } from "../support/doctor-visit.ts";
import { connectProxy, tlsFront } from "../support/tls-front.ts";

const certificates = makeCertificates();
after(() => certificates.remove());
const { server, client, ca } = certificates;

describe("crumbtrail doctor, where TLS or a proxy is on the way", { concurrency: 3 }, () => {
  it("asks with the authorities, pins and proxy of the upstream, and shows no password", async (t) => {
    const mini = await tracker(t);
    const front = await tlsFront(t, server, Number(new URL(mini.dsn()).port));
    const proxy = await connectProxy(t);
    const way = `ca: "${ca}", pin: ["${pinOf(new X509Certificate(readFileSync(server.cert)))}"]`;
    const config = (tls: string): string => {
      const rest = `tls: { ${tls} }, proxy: "${proxy.url.replace("://", "://relay:hunter22@")}"`;
      const upstream = `{ type: sentry, dsn: "https://${KEY}@localhost:${front.port}/42", ${rest} }`;
      return configFile(t, `inputs: {}\nupstreams: { default: ${upstream} }\n`);
    };
    const right = await Visit.pay(["--json", "--config", config(way)]);
    const otherPin = pinOf(new X509Certificate(readFileSync(client.cert)));
    const pinned = await Visit.pay(["--json", "--config", config(`ca: "${ca}", pin: ["${otherPin}"]`)]);
    const missing = await Visit.pay(["--json", "--config", config(`ca: "${ca}.missing"`)]);

    assert.equal(right.findings("upstream")[0]?.startsWith(`note is asked through the proxy ${proxy.url}: `), true, right.stdout);
    assert.equal(right.findings("upstream")[1], "ok takes envelopes");
    assert.match(
      pinned.findings("upstream")[1] ?? "",
      /^fail the TLS certificate of localhost is valid, but the tracker's key is sha256\/\S+, which is not in tls\.pin of the upstream; if/,
    );
    assert.match(missing.findings("upstream")[0] ?? "", /^fail upstreams\.default\.tls\.ca: .*there is no such file/);
    assert.deepEqual([right.code, pinned.code, missing.code], [0, 69, 1]);
    for (const { stdout, stderr } of [right, pinned, missing]) assert.doesNotMatch(stdout + stderr, /hunter22/);
  });

  it("asks an admin endpoint with TLS whether it lives, whoever signed its certificate", async (t) => {
    const admin = createServer({ cert: readFileSync(server.cert), key: readFileSync(server.key) }, (request, response) => {
      response.writeHead(request.url === "/livez" ? 200 : 404).end();
    }).listen(0, "127.0.0.1");
    await once(admin, "listening");
    t.after(() => admin.close());
    const { port } = admin.address() as AddressInfo;
    const listen = `127.0.0.1:${port}`;
    const alive = await Visit.pay(["--live", "--admin", `https://${listen}`]);
    const plain = await Visit.pay(["--live", "--admin", listen]);
    const tls = `{ cert: "${server.cert}", key: "${server.key}" }`;
    const file = configFile(
      t,
      `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:${await freePort()}" } }\nadmin: { listen: "${listen}", tls: ${tls} }\n`,
    );
    const whole = await Visit.pay(["--json", "--config", file]);

    assert.deepEqual([alive.code, alive.stdout, plain.code], [0, `https://${listen}/livez answers 200\n`, 1]);
    assert.match(whole.findings("ports")[0] ?? "", /^ok a relay runs already/);
  });
});
