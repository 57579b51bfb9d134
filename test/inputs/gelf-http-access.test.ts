import assert from "node:assert/strict";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { after, describe, it, type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import { isListening } from "../../src/component/listening.ts";
import { gelfHttp } from "../../src/inputs/gelf-http.ts";
import { makeCertificates } from "../support/certificates.ts";
import { ManualClock } from "../support/clock.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";
import { proxyV1, proxyV2 } from "../support/proxy-headers.ts";
import { closed, dialFrom } from "../support/senders.ts";

const certificates = makeCertificates();
after(() => certificates.remove());
const MESSAGE = '{"version":"1.1","host":"h","short_message":"hello"}';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Edge {
  readonly host: RecordingHost;
  readonly port: number;
  readonly post: (headers?: Record<string, string>, options?: { from?: string; body?: string }) => Promise<Answer>;
}

async function started(t: TestContext, config: object, clock?: ManualClock): Promise<Edge> {
  const host = new RecordingHost(clock);
  const input = gelfHttp.create(gelfHttp.config.parse({ listen: "127.0.0.1:0", ...config }), host);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.abort()));
  const port = portOf(isListening(input) ? input.addresses[0] : undefined);
  const post: Edge["post"] = (headers = {}, { from = "127.0.0.1", body = MESSAGE } = {}) =>
    new Promise((resolve, reject) => {
      const options = { port, host: "127.0.0.1", localAddress: from, method: "POST", path: "/gelf", agent: false, headers };
      const request = httpRequest(options, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() });
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  return { host, port, post };
}

const turnedAway = ({ counted }: RecordingHost): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counted).flatMap(([key, count]) => (count > 0 ? [[key.replace("turned_away ", ""), count]] : [])),
  );
const raw = (headers = ""): string =>
  `POST /gelf HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${MESSAGE.length}\r\n\r\n${MESSAGE}`;

describe("gelf_http with auth", () => {
  const auth = { tokens: ["a-token-of-ours"], users: { ann: "a password" } };

  it("takes requests with a token or a password, and answers 401 to others before their body is read", async (t) => {
    const { host, post } = await started(t, { auth, max_body_bytes: "1KiB" });
    const basic = `Basic ${Buffer.from("ann:a password").toString("base64")}`;
    for (const authorization of ["Bearer a-token-of-ours", basic]) assert.equal((await post({ authorization })).status, 202);
    assert.equal(host.frames.length, 2);

    const bytes = host.bytes;
    for (const headers of [{}, { authorization: "Bearer a-token-of-theirs" }, { authorization: "Basic !!!" }]) {
      const answer = await post(headers, { body: "x".repeat(5_000) });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers["www-authenticate"], 'Bearer realm="crumbtrail", Basic realm="crumbtrail", charset="UTF-8"');
      assert.ok(!answer.text.includes("a-token"));
    }
    assert.deepEqual([host.bytes, host.refused, turnedAway(host)], [bytes, {}, { unauthorized: 3 }]);
    assert.ok(!JSON.stringify(host.complaints).includes("a-token"));
  });

  it("lets a browser ask what it may send", async (t) => {
    const { host, port } = await started(t, { auth, cors_origins: ["https://shop.example"] });
    const socket = dialFrom(t, port);
    socket.write(
      "OPTIONS /gelf HTTP/1.1\r\nHost: x\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Headers: authorization\r\nConnection: close\r\n\r\n",
    );
    const parts: Buffer[] = [];
    socket.on("data", (part) => parts.push(part));
    await once(socket, "close");

    assert.match(Buffer.concat(parts).toString(), /^HTTP\/1\.1 200 .*access-control-allow-headers: authorization/is);
    assert.deepEqual(turnedAway(host), {});
  });
});

describe("gelf_http behind proxies", () => {
  it("believes X-Forwarded-For of trusted proxies only", async (t) => {
    const { host, post } = await started(t, { trusted_proxies: ["127.0.9.0/24"] });
    await post({ "x-forwarded-for": "1.1.1.1, 203.0.113.7, 127.0.9.2" }, { from: "127.0.9.1" });
    await post({ "x-forwarded-for": "1.1.1.1" }, { from: "127.0.8.1" });
    await post({}, { from: "127.0.9.1" });

    assert.deepEqual(
      host.batches.map(({ from }) => from.peer),
      ["203.0.113.7", "127.0.8.1", "127.0.9.1"],
    );
  });

  it("holds the sender that the proxy names against the list", async (t) => {
    const { host, post } = await started(t, { trusted_proxies: ["127.0.9.0/24"], allow: ["203.0.113.0/24"] });
    const answers = [
      await post({ "x-forwarded-for": "203.0.113.7" }, { from: "127.0.9.1" }),
      await post({ "x-forwarded-for": "203.0.113.7, 1.1.1.1" }, { from: "127.0.9.1" }),
      await post({}, { from: "127.0.9.1" }),
    ];

    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 403, 403],
    );
    await assert.rejects(post({ "x-forwarded-for": "203.0.113.7" }, { from: "127.0.8.1" }));
    assert.deepEqual([turnedAway(host), host.frames.length], [{ not_allowed: 3 }, 1]);
  });

  for (const tls of [undefined, certificates.server]) {
    it(`takes the sender that a PROXY header names, ${tls === undefined ? "without" : "before"} TLS`, async (t) => {
      const { host, port } = await started(t, { proxy_protocol: ["127.0.9.0/24"], ...(tls === undefined ? {} : { tls }) });
      const socket = dialFrom(t, port, "127.0.9.1");
      let inner = socket;
      if (tls === undefined) socket.write(Buffer.concat([proxyV1("203.0.113.7"), Buffer.from(raw())]));
      else {
        socket.write(proxyV2("203.0.113.7"));
        inner = connectTls({ socket, ca: readFileSync(certificates.ca), servername: "localhost" });
        inner.on("error", () => {});
        inner.write(raw());
      }
      const [answer] = (await once(inner, "data")) as [Buffer];
      inner.write(raw());
      await eventually(() => host.batches.length === 2, "the second request of the connection");

      assert.match(answer.toString(), /^HTTP\/1\.1 202 /);
      assert.deepEqual([host.batches.map(({ from }) => from.peer), turnedAway(host)], [["203.0.113.7", "203.0.113.7"], {}]);
    });
  }

  it("closes a proxy's connection without the header", async (t) => {
    const { host, port } = await started(t, { proxy_protocol: ["127.0.9.0/24"] });
    const socket = dialFrom(t, port, "127.0.9.1");
    socket.write(raw());
    await closed(socket);

    assert.deepEqual([turnedAway(host), host.opened], [{ proxy_header: 1 }, 0]);
  });
});

describe("gelf_http with limits for one sender", () => {
  it("answers 429 to requests over the rate, says when to come back, and serves the neighbour", async (t) => {
    const clock = new ManualClock();
    const { host, post } = await started(t, { max_requests_per_second_per_peer: 2 }, clock);
    const codes: number[] = [];
    for (let n = 0; n < 3; n += 1) codes.push((await post({}, { from: "127.0.0.2" })).status);
    const over = await post({}, { from: "127.0.0.2" });
    const neighbour = await post({}, { from: "127.0.0.3" });
    clock.advance(2_000);
    const later = await post({}, { from: "127.0.0.2" });

    assert.deepEqual([...codes, over.status, neighbour.status, later.status], [202, 202, 429, 429, 202, 202]);
    assert.equal(over.headers["retry-after"], "1");
    assert.deepEqual([turnedAway(host), host.frames.length], [{ rate_limited: 2 }, 4]);
  });

  it("makes up for records and bytes that a request had too much", async (t) => {
    const clock = new ManualClock();
    const limits = { max_records_per_second_per_peer: 10, max_bytes_per_second_per_peer: "1MiB" };
    const { host, post } = await started(t, limits, clock);
    const body = `${MESSAGE}\n`.repeat(40);
    assert.equal((await post({}, { body })).status, 202);
    const over = await post();
    clock.advance(3_101);
    assert.deepEqual([over.status, over.headers["retry-after"], (await post()).status], [429, "4", 202]);
    assert.equal(host.frames.length, 41);
  });

  it("closes connections over max_connections_per_peer", async (t) => {
    const { host, port, post } = await started(t, { max_connections_per_peer: 1 });
    dialFrom(t, port, "127.0.0.2");
    await eventually(() => host.open === 1, "one connection");
    await assert.rejects(post({}, { from: "127.0.0.2" }));
    assert.equal((await post({}, { from: "127.0.0.3" })).status, 202);

    assert.deepEqual(turnedAway(host), { too_many_per_peer: 1 });
  });
});

describe("gelf_http and headers", () => {
  it("refuses too many of them, and too large ones", async (t) => {
    const { host, post } = await started(t, { max_headers: 10, max_header_bytes: "2KiB" });
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x-${index}`, "1"]));
    const answers = [await post(many), await post({ "x-long": "x".repeat(3_000) }), await post()];

    assert.deepEqual(
      answers.map(({ status }) => status),
      [431, 431, 202],
    );
    assert.deepEqual(turnedAway(host), { headers: 2 });
  });

  it("lets go of senders whose header or body trickles in", async (t) => {
    const { host, port } = await started(t, { header_timeout: "200ms", request_timeout: "400ms" });
    const trickle = async (beginning: string): Promise<void> => {
      const socket = dialFrom(t, port);
      socket.write(beginning);
      const more = setInterval(() => socket.write("x"), 20);
      await closed(socket);
      clearInterval(more);
    };
    await Promise.all([
      trickle("POST /gelf HTTP/1.1\r\nX-Slow: "),
      trickle("POST /gelf HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"),
    ]);

    assert.deepEqual([turnedAway(host), host.frames.length], [{ slow: 2 }, 0]);
  });
});
