import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it, type TestContext } from "node:test";
import type { HttpAnswer } from "../../src/wire/http-post.ts";
import { HttpServer } from "../../src/wire/http-server.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";

const REQUEST = "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

interface Running {
  readonly host: RecordingHost;
  readonly port: number;
  posts: number;
  /** Lets all requests be answered. */
  answer: () => void;
}

async function running(t: TestContext): Promise<Running> {
  const host = new RecordingHost();
  let answer = (): void => {};
  const answered = new Promise<HttpAnswer>((resolve) => {
    answer = () => resolve({ status: 202 });
  });
  const seen = { posts: 0 };
  const post = (): Promise<HttpAnswer> => {
    seen.posts += 1;
    return answered;
  };
  const server = new HttpServer({
    address: { host: "127.0.0.1", port: 0 },
    maxConnections: 100,
    idleTimeoutMs: 60_000,
    maxBodyBytes: 1_000,
    ackTimeoutMs: 60_000,
    maxPendingBytes: 10_000,
    corsOrigins: [],
    host,
    posts: new Map([["/in", post]]),
  });
  await server.start();
  t.after(() => server.stop(AbortSignal.abort()));
  return Object.assign(seen, { host, port: portOf(server.addresses[0]), answer });
}

/** Asks so often at once; what came back when the connection is closed. */
function ask(port: number, times: number): { readonly heard: Promise<string>; readonly end: () => void } {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (part) => (text += part.toString()));
  socket.write(REQUEST.repeat(times));
  return { heard: new Promise((resolve) => socket.once("close", () => resolve(text))), end: () => socket.end() };
}

describe("connections of an HTTP server", () => {
  it("may ask a hundred times before the first answer, each of which is given", async (t) => {
    const server = await running(t);
    const asked = ask(server.port, 100);
    await eventually(() => server.posts === 100, "all of them are there");
    server.answer();
    await new Promise((resolve) => setTimeout(resolve, 50));
    asked.end();

    assert.equal((await asked.heard).match(/HTTP\/1\.1 202/g)?.length, 100);
    assert.deepEqual(server.host.complaints, []);
  });

  it("are closed with more, once and counted, and what came with it is not served", async (t) => {
    const server = await running(t);

    assert.equal(await ask(server.port, 1_000).heard, "");

    assert.ok(server.posts <= 100);
    assert.deepEqual(
      server.host.complaints.map(({ cause }) => cause),
      ["rate_limited"],
    );
    server.answer();
  });

  it("may ask as often as they like one after the other", async (t) => {
    const server = await running(t);
    server.answer();
    for (let round = 0; round < 3; round += 1) {
      const asked = ask(server.port, 90);
      await eventually(() => server.posts === (round + 1) * 90, "they are there");
      await new Promise((resolve) => setTimeout(resolve, 20));
      asked.end();
      assert.equal((await asked.heard).match(/HTTP\/1\.1 202/g)?.length, 90);
    }
  });
});
