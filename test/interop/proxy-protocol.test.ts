import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, describe, it, type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import { isListening } from "../../src/component/listening.ts";
import type { Component } from "../../src/base/lifecycle.ts";
import { gelfHttp } from "../../src/inputs/gelf-http.ts";
import { gelfTcp } from "../../src/inputs/gelf-tcp.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";
import { startProxy } from "../support/real-proxy.ts";
import { dialFrom } from "../support/senders.ts";

const certificates = makeCertificates();
after(() => certificates.remove());
const MESSAGE = '{"version":"1.1","host":"h","short_message":"hello"}';

async function listening(t: TestContext, input: Component): Promise<number> {
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(1_000)));
  return portOf(isListening(input) ? input.addresses[0] : undefined);
}

const peersOf = ({ batches }: RecordingHost): string[] => batches.map(({ from }) => from.peer);

describe("behind nginx", () => {
  it("inputs take the sender from its PROXY header, below TLS too, and from its X-Forwarded-For", async (t) => {
    const [plain, secure, web] = [new RecordingHost(), new RecordingHost(), new RecordingHost()];
    const config = { listen: "127.0.0.1:0", proxy_protocol: ["127.0.9.1"], allow: ["127.0.7.0/24"] };
    const tcp = gelfTcp.create(gelfTcp.config.parse(config), plain);
    const tls = gelfTcp.create(gelfTcp.config.parse({ ...config, tls: certificates.server }), secure);
    const trusting = { listen: "127.0.0.1:0", trusted_proxies: ["127.0.9.1"], allow: ["127.0.7.0/24"] };
    const http = gelfHttp.create(gelfHttp.config.parse(trusting), web);
    const targets = [await listening(t, tcp), await listening(t, tls)];
    const proxy = await startProxy(t, { streams: targets, http: await listening(t, http) });
    const [plainPort = 0, securePort = 0] = proxy.streams;

    dialFrom(t, plainPort, "127.0.7.1").end(`${MESSAGE}\0`);
    dialFrom(t, plainPort, "127.0.8.1").end(`${MESSAGE}\0`);
    const inner = connectTls({
      socket: dialFrom(t, securePort, "127.0.7.2"),
      ca: readFileSync(certificates.ca),
      servername: "localhost",
    });
    inner.end(`${MESSAGE}\0`);
    const request = `POST /gelf HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 127.0.7.99\r\nConnection: close\r\nContent-Length: ${MESSAGE.length}\r\n\r\n${MESSAGE}`;
    const answers: string[] = [];
    for (const from of ["127.0.7.3", "127.0.8.3"]) {
      const socket = dialFrom(t, proxy.http, from);
      socket.write(request);
      const [answer] = (await once(socket, "data")) as [Buffer];
      answers.push(answer.toString().slice(0, 12));
    }
    await eventually(() => plain.batches.length + secure.batches.length === 2, "both messages");
    await eventually(() => plain.counted["turned_away not_allowed"] === 1, "the stranger");

    assert.deepEqual([peersOf(plain), peersOf(secure), peersOf(web)], [["127.0.7.1"], ["127.0.7.2"], ["127.0.7.3"]]);
    assert.deepEqual(answers, ["HTTP/1.1 202", "HTTP/1.1 403"]);
    assert.equal(plain.counted["turned_away proxy_header"], undefined);
  });
});
