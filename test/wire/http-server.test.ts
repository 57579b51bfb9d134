import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { Agent, request, type Dispatcher } from "undici";
import { COME_BACK, type HttpAnswer, type HttpPost } from "../../src/wire/http-post.ts";
import { HttpServer, type HttpServerOptions } from "../../src/wire/http-server.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";

const NEVER = new AbortController().signal;

type Ask = Partial<Dispatcher.RequestOptions> & { readonly path?: string };

/** A started server with one path, "/in", and a client on connections of its own. */
class Running {
  readonly host = new RecordingHost();
  readonly server: HttpServer;
  readonly posts: HttpPost[] = [];
  answer: (post: HttpPost) => Promise<HttpAnswer> = async () => ({ status: 202 });
  readonly #agent = new Agent();

  constructor(options: Partial<HttpServerOptions>) {
    this.server = new HttpServer({
      address: { host: "127.0.0.1", port: 0 },
      maxConnections: 100,
      idleTimeoutMs: 60_000,
      maxBodyBytes: 1_000,
      ackTimeoutMs: 60_000,
      maxPendingBytes: 10_000,
      corsOrigins: [],
      host: this.host,
      posts: new Map([
        [
          "/in",
          (post) => {
            this.posts.push(post);
            return this.answer(post);
          },
        ],
      ]),
      ...options,
    });
  }

  static async start(t: TestContext, options: Partial<HttpServerOptions> = {}): Promise<Running> {
    const running = new Running(options);
    await running.server.start();
    t.after(async () => {
      await running.#agent.destroy();
      await running.server.stop(AbortSignal.abort());
    });
    return running;
  }

  get port(): number {
    return portOf(this.server.addresses[0]);
  }

  async ask({ path = "/in", ...options }: Ask = {}): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
    const { statusCode, headers, body } = await request(`http://127.0.0.1:${this.port}${path}`, {
      method: "POST",
      dispatcher: this.#agent,
      ...options,
    });
    return { status: statusCode, headers, text: await body.text() };
  }

  /** Writes bytes on a connection of its own and resolves with all that comes back. */
  raw(text: string): Promise<string> {
    const talk = new Talk(this.port);
    talk.say(text);
    return talk.heard;
  }
}

/** A connection that says just what it is told. */
class Talk {
  /** All that came back, once the connection is closed. */
  readonly heard: Promise<string>;
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.heard = new Promise((resolve, reject) => {
      let text = "";
      this.#socket.on("data", (part) => {
        text += part.toString();
      });
      this.#socket.on("close", () => resolve(text));
      this.#socket.on("error", reject);
    });
  }

  /** Whether the other side has not ended it. */
  get open(): boolean {
    return !this.#socket.readableEnded && !this.#socket.destroyed;
  }

  say(text: string): void {
    this.#socket.write(text);
  }
}

describe("HttpServer", () => {
  it("hands over the body whole, whatever the sender calls its type", async (t) => {
    const running = await Running.start(t);

    for (const type of [
      "application/json",
      "text/plain",
      "application/x-www-form-urlencoded",
      "no/such;;;type",
      "nonsense",
      "",
    ]) {
      const { status, headers, text } = await running.ask({ body: "hello", headers: { "content-type": type } });
      assert.deepEqual([status, text, headers["content-length"]], [202, "", "0"]);
    }
    const chunked = await running.ask({
      body: (async function* () {
        yield "in ";
        yield "pieces";
      })() as unknown as AsyncGenerator<Uint8Array> & Dispatcher.RequestOptions["body"],
    });

    assert.equal(chunked.status, 202);
    assert.deepEqual(
      running.posts.map(({ body, peer }) => `${peer} ${body.toString()}`),
      [...Array.from({ length: 6 }, () => "127.0.0.1 hello"), "127.0.0.1 in pieces"],
    );
    assert.equal(running.host.bytes, 6 * 5 + 9);
  });

  it("keeps a connection open for the next request, and counts connections", async (t) => {
    const running = await Running.start(t);
    const sender = new Talk(running.port);
    const head = "POST /in HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n";

    sender.say(`${head}\r\nx`);
    await eventually(() => running.posts.length === 1, "the first request");
    assert.equal(running.host.open, 1);
    sender.say(`${head}connection: close\r\n\r\nx`);

    assert.equal((await sender.heard).match(/HTTP\/1\.1 202/g)?.length, 2);
    assert.equal(running.host.opened, 1);
    await eventually(() => running.host.open === 0, "no connection left");
  });

  it("answers with a trailing slash and a query too, 404 elsewhere, 405 to other methods", async (t) => {
    const running = await Running.start(t);
    const status = async (ask: Ask): Promise<number> => (await running.ask(ask)).status;

    assert.equal(await status({ path: "/in/" }), 202);
    assert.equal(await status({ path: "/in?a=1" }), 202);
    const lost = await running.ask({ path: "/other", body: "x".repeat(5_000) });
    assert.equal(lost.status, 404);
    assert.deepEqual(JSON.parse(lost.text), { error: "nothing is here; send POST requests to /in" });
    assert.equal(await status({ path: "/in/more" }), 404);
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "HEAD", "PROPFIND"] as Dispatcher.HttpMethod[]) {
      const { status, headers } = await running.ask({ method });
      assert.deepEqual([method, status, headers["allow"]], [method, 405, "POST, OPTIONS"]);
    }
    assert.equal(running.posts.length, 2);
  });

  it("answers OPTIONS anywhere, and speaks of CORS only to the origins it is told", async (t) => {
    const preflight = { origin: "https://shop.example", "access-control-request-headers": "content-type,x-a" };
    const silent = await Running.start(t);
    const open = await Running.start(t, { corsOrigins: ["https://shop.example"] });

    const none = await silent.ask({ method: "OPTIONS", path: "/anything", headers: preflight });
    assert.deepEqual([none.status, none.headers["access-control-allow-origin"]], [200, undefined]);
    const allowed = await open.ask({ method: "OPTIONS", headers: preflight });
    assert.equal(allowed.status, 200);
    assert.equal(allowed.headers["access-control-allow-origin"], "https://shop.example");
    assert.equal(allowed.headers["access-control-allow-headers"], "content-type,x-a");
    const other = await open.ask({ method: "OPTIONS", headers: { origin: "https://evil.example" } });
    assert.equal(other.headers["access-control-allow-origin"], undefined);
    const post = await open.ask({ body: "x", headers: { origin: "https://shop.example" } });
    assert.deepEqual([post.status, post.headers["access-control-allow-origin"]], [202, "https://shop.example"]);
  });

  it("refuses a body over the limit with 413, announced or not, and counts it", async (t) => {
    const running = await Running.start(t);
    const announced = await running.ask({ body: "x".repeat(1_001) });
    const chunks = Array.from({ length: 11 }, () => "64\r\n" + "x".repeat(100) + "\r\n").join("");
    const unannounced = await running.raw(
      `POST /in HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n${chunks}0\r\n\r\n`,
    );

    assert.equal(announced.status, 413);
    assert.match(JSON.parse(announced.text).error, /over 1000B \(max_body_bytes\)/);
    assert.match(unannounced, /^HTTP\/1\.1 413 /);
    assert.deepEqual(running.host.refused, { too_large: 2 });
    assert.equal((await running.ask({ body: "x".repeat(1_000) })).status, 202);
  });

  it("asks senders to come back while too many bytes wait, and takes on when they are answered", async (t) => {
    const running = await Running.start(t, { maxPendingBytes: 1_500 });
    let finish: () => void = () => {};
    running.answer = () =>
      new Promise((resolve) => {
        finish = () => resolve({ status: 202 });
      });

    const first = running.ask({ body: "x".repeat(1_000) });
    await eventually(() => running.posts.length === 1, "the first request");
    const second = await running.ask({ body: "x".repeat(1_000) });
    assert.deepEqual([second.status, second.headers["retry-after"]], [503, "1"]);
    running.answer = async ({ hold }) => (hold(450) ? { status: 202 } : COME_BACK);
    assert.equal((await running.ask({ body: "xx" })).status, 202);
    assert.equal((await running.ask({ body: "x".repeat(51) })).status, 503);
    assert.equal((await running.ask({ body: "x".repeat(50) })).status, 202);
    finish();
    assert.equal((await first).status, 202);
    running.answer = async ({ hold }) => (hold(10_000) ? { status: 202 } : COME_BACK);
    assert.equal((await running.ask({ body: "x".repeat(1_000) })).status, 202);
  });

  it("bounds the header and the path, and tells who sends what is no HTTP", async (t) => {
    const running = await Running.start(t);
    assert.match(await running.raw(`POST /${"x".repeat(20_000)} HTTP/1.1\r\nhost: h\r\n\r\n`), /^HTTP\/1\.1 431 /);
    assert.match(await running.raw("\x1e\x0f no http\r\n\r\n"), /^HTTP\/1\.1 400 /);
    assert.deepEqual(
      running.host.complaints.map(({ cause, peer }) => [cause, peer]),
      [
        ["headers", "127.0.0.1"],
        ["not_http", "127.0.0.1"],
      ],
    );
  });

  it("closes connections beyond the limit, and says so", async (t) => {
    const running = await Running.start(t, { maxConnections: 1 });
    await running.ask({ body: "x" });
    assert.equal(await running.raw("POST /in HTTP/1.1\r\nhost: h\r\n\r\n").catch(() => ""), "");
    await eventually(() => running.host.complaints.length === 1, "a complaint");
    assert.equal(running.host.complaints[0]?.cause, "too_many_connections");
  });

  it("closes an idle connection, but not one that waits for its answer", async (t) => {
    const running = await Running.start(t, { idleTimeoutMs: 50 });
    running.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { status: 202 };
    };
    const silent = running.raw("");
    assert.equal((await running.ask({ body: "x" })).status, 202);
    assert.equal(await silent, "");
  });

  it("forgets a request whose sender leaves in the middle of it", async (t) => {
    const running = await Running.start(t);
    const socket = connect(running.port, "127.0.0.1", () => {
      socket.write("POST /in HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\nhalf");
    });
    await eventually(() => running.host.bytes === 4, "half a body");
    socket.destroy();
    await eventually(() => running.host.open === 0, "no connection left");

    await running.server.stop(AbortSignal.timeout(10_000));
    assert.deepEqual(running.posts, []);
  });

  it("finishes the requests it has when it stops, and turns new ones away", async (t) => {
    const running = await Running.start(t);
    const finish: (() => void)[] = [];
    running.answer = () => new Promise((resolve) => finish.push(() => resolve({ status: 202 })));
    const head = "POST /in HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\n";
    const [waiting, uploading, fresh] = [new Talk(running.port), new Talk(running.port), new Talk(running.port)];
    waiting.say(`${head}x`);
    uploading.say(head);
    await eventually(
      () => running.posts.length === 1 && running.host.open === 3,
      "a request, half of one, and a silent connection",
    );

    const stopped = running.server.stop(AbortSignal.timeout(10_000));
    await assert.rejects(running.ask({ body: "x" }), { code: "ECONNREFUSED" });
    // Newer versions of Node close a connection that has not asked for anything; older ones let it ask.
    if (fresh.open) {
      fresh.say(`${head}x`);
      assert.match(await fresh.heard, /^HTTP\/1\.1 503 [^]*retry-after: 1/i);
    }
    uploading.say("x");
    await eventually(() => finish.length === 2, "the rest of the half request");
    for (const done of finish) done();

    assert.match(await waiting.heard, /^HTTP\/1\.1 202 /);
    assert.match(await uploading.heard, /^HTTP\/1\.1 202 /);
    await stopped;
  });

  it("cuts off at the deadline what is never answered", async (t) => {
    const running = await Running.start(t);
    running.answer = () => new Promise(() => {});
    const asked = running.ask({ body: "x" });
    await eventually(() => running.posts.length === 1, "the request");
    await Promise.all([running.server.stop(AbortSignal.timeout(50)), assert.rejects(asked)]);
  });

  it("may be stopped before it was started, and says who has its port", async (t) => {
    const running = await Running.start(t);
    await new Running({}).server.stop(NEVER);
    const { port } = running;
    await assert.rejects(Running.start(t, { address: { host: "127.0.0.1", port } }), {
      code: "RELAY_LISTEN",
      message: `input "edge": tcp 127.0.0.1:${port} is already in use; see by whom with: ss -ltnp 'sport = :${port}'`,
    });
  });
});
