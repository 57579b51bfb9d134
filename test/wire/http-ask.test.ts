import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { ask, type Answer, type Question, type Silence } from "../../src/wire/http-ask.ts";
import { ManualClock } from "../support/clock.ts";

async function served(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function get(url: string, more: Partial<Question> = {}): Promise<Answer | Silence> {
  return ask({ method: "GET", url, headers: {}, timeoutMs: 10_000, clock: systemClock, ...more });
}

describe("ask", () => {
  it("brings status, headers and body, and the clock before and after", async (t) => {
    const clock = new ManualClock(1_700_000_000_000);
    const port = await served(t, (request, response) => {
      clock.advance(250);
      request.pipe(response.writeHead(202, { "x-powered-by": "test" }));
    });

    const answer = await get(`http://127.0.0.1:${port}/`, { method: "POST", body: Buffer.from("ping"), clock });

    assert.ok(answer.kind === "answer");
    assert.deepEqual([answer.status, answer.body, answer.headers["x-powered-by"]], [202, "ping", "test"]);
    assert.deepEqual([answer.askedMs, answer.answeredMs], [1_700_000_000_000, 1_700_000_000_250]);
  });

  it("follows no redirect", async (t) => {
    let asked = 0;
    const port = await served(t, (_, response) => {
      asked += 1;
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    const answer = await get(`http://127.0.0.1:${port}/`);
    assert.deepEqual([answer.kind === "answer" && answer.status, asked], [302, 1]);
  });

  it("reads a bounded part of a body that never ends", async (t) => {
    const port = await served(t, (_, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, "x")));
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    });
    const answer = await get(`http://127.0.0.1:${port}/`);
    assert.equal(answer.kind === "answer" && answer.body.length, 65_536);
  });

  it("keeps the status of an answer whose body stalls", async (t) => {
    const port = await served(t, (_, response) => void response.writeHead(200, { "content-length": "10" }).write("half"));
    const answer = await get(`http://127.0.0.1:${port}/`, { timeoutMs: 200 });
    assert.deepEqual(answer.kind === "answer" && [answer.status, answer.body], [200, "half"]);
  });

  it("names why no answer came: nobody listens, nobody answers, no such name, no TLS", async (t) => {
    const port = await served(t, () => {});
    const codeOf = (answer: Answer | Silence): string => (answer.kind === "silence" ? answer.code : "answered");

    assert.equal(codeOf(await get("http://127.0.0.1:1/")), "ECONNREFUSED");
    const mute = await get(`http://127.0.0.1:${port}/`, { timeoutMs: 100 });
    assert.deepEqual([codeOf(mute), mute.kind === "silence" && mute.message], ["NO_ANSWER", "no answer within 100ms"]);
    assert.match(codeOf(await get("http://crumbtrail.invalid/")), /^(?:ENOTFOUND|EAI_AGAIN|NO_ANSWER)$/);
    const cut = await served(t, (request) => request.socket.resetAndDestroy());
    assert.match(codeOf(await get(`http://127.0.0.1:${cut}/`)), /^(?:ECONNRESET|UND_ERR_SOCKET)$/);
    assert.match(codeOf(await get(`https://127.0.0.1:${port}/`)), /^(?:EPROTO|ERR_SSL_\w+)$/);
  });
});
