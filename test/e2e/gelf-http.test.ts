import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { winstonLog2gelf } from "../support/real-senders.ts";
import { eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

const gelf = (short_message: string, more: object = {}): object => ({
  version: "1.1",
  host: "web-9",
  level: 3,
  short_message,
  ...more,
});

describe("gelf_http, end to end", () => {
  let relay: SharedRelay;
  let url: string;
  before(async () => {
    relay = await SharedRelay.start(`  web: { type: gelf_http, listen: "127.0.0.1:0", cors_origins: ["https://shop.example"] }
  log2gelf: { type: gelf_http, listen: "127.0.0.1:0", labels: { team: payments } }`);
    url = `http://127.0.0.1:${await relay.port("web")}/gelf`;
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  const post = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(url, { method: "POST", body, headers });

  it("takes records from winston through winston-log2gelf, and gives them the input's labels", async () => {
    const { logger } = winstonLog2gelf("http", await relay.port("log2gelf"));
    logger.error("could not charge order 1042", { orderId: 1042 });
    const { events, warnings } = await relay.harvest(1);

    assert.deepEqual(warnings, []);
    assert.deepEqual(
      [messageOf(events[0]), events[0]?.["server_name"], events[0]?.["environment"], events[0]?.["release"]],
      ["could not charge order 1042", "shop-7", "staging", "shop@1.4.2"],
    );
    assert.deepEqual([of(events[0], "tags", "team"), of(events[0], "tags", "service")], ["payments", "shop"]);
  });

  it("takes one message however it is packed and whatever the sender calls it", async () => {
    const message = JSON.stringify(gelf("posted", { _trace_id: "0af7651916cd43dd8448eb211c80319c" }), undefined, 1);
    const bodies: readonly (readonly [Uint8Array | string, Record<string, string>])[] = [
      [message, {}],
      [message, { "content-type": "text/plain" }],
      [message, { "content-type": "application/x-www-form-urlencoded" }],
      [gzipSync(message), { "content-encoding": "gzip" }],
      [gzipSync(message), {}],
      [deflateSync(message), { "content-encoding": "deflate", "content-type": "nonsense" }],
      // What a sender says of its body may be wrong; its bytes are not.
      [message, { "content-encoding": "gzip" }],
      [`\n ${message}\n`, { "content-type": "application/json; charset=utf-8" }],
    ];
    let answered = (await relay.daemon.status()).ledger.received;
    for (const [body, headers] of bodies) {
      const answer = await post(body, headers);
      assert.deepEqual([answer.status, await answer.text()], [202, ""]);
      // What was answered is counted.
      const { ledger } = await relay.daemon.status();
      answered += 1;
      assert.equal(ledger.received, answered);
    }

    const { events, outcomes, warnings } = await relay.harvest(bodies.length);

    assert.deepEqual([outcomes, warnings], [{ delivered: bodies.length }, []]);
    for (const event of events) {
      assert.equal(messageOf(event), "posted");
      assert.equal(of(event, "contexts", "trace", "trace_id"), "0af7651916cd43dd8448eb211c80319c");
    }
  });

  it("takes many messages in one body: an array, lines, pretty-printed ones, with a broken one among them", async () => {
    const many = [gelf("a", { level: 6 }), gelf("b", { level: 6 }), gelf("the error", { host: "bulk" })].map((message) => ({
      ...message,
      host: "bulk",
    }));
    const bodies = [
      JSON.stringify(many),
      many.map((message) => JSON.stringify(message)).join("\n"),
      many.map((message) => JSON.stringify(message, undefined, 2)).join("\n\n"),
      many.map((message) => JSON.stringify(message)).join(""),
    ];
    for (const body of bodies) {
      assert.equal((await post(body)).status, 202);
      const { events, outcomes } = await relay.harvest(3);
      assert.deepEqual(outcomes, { delivered: 1, absorbed: 2 });
      assert.deepEqual(trailOf(events[0]).slice(-2), ["a", "b"]);
    }
    const [a, b, error] = many.map((message) => JSON.stringify(message));
    assert.equal((await post([a, "{ broken", b, error].join("\n"))).status, 202);

    const { events, outcomes, warnings } = await relay.harvest(4);

    assert.deepEqual(outcomes, { delivered: 1, absorbed: 2, malformed: 1 });
    assert.deepEqual(trailOf(eventOf(events, "the error")).slice(-2), ["a", "b"]);
    assert.deepEqual(
      warnings.map(({ level }) => level),
      ["warn"],
    );
    assert.match(warnings[0]?.msg ?? "", /not JSON.*frame 2 of 4.*\{ broken/);
  });

  it("says what is wrong with anything else", async () => {
    const cors = { origin: "https://shop.example", "access-control-request-method": "POST" };
    const preflight = await fetch(url, { method: "OPTIONS", headers: cors });
    const slash = JSON.stringify(gelf("a slash too many"));
    const answers: readonly (readonly [Response, number, RegExp])[] = [
      [await post("[]"), 400, /the body holds no message/],
      [await post(""), 400, /the body holds no message/],
      [await post("{ broken"), 400, /not JSON: unexpected .*b.* at byte 2.*begins with \{ broken/],
      [await post("42"), 400, /not a JSON object.*begins with 42/],
      [await fetch(url), 405, /\/gelf takes POST only/],
      [await fetch(url.replace("/gelf", "/"), { method: "POST", body: "{}" }), 404, /send POST requests to \/gelf/],
      [await fetch(`${url}/`, { method: "POST", body: slash }), 202, /^$/],
      [preflight, 200, /^$/],
    ];
    for (const [answer, status, text] of answers) {
      assert.equal(answer.status, status);
      assert.match(await answer.text(), text);
    }
    assert.equal(preflight.headers.get("access-control-allow-origin"), "https://shop.example");
    const { outcomes } = await relay.harvest(3);
    assert.deepEqual(outcomes, { malformed: 2, delivered: 1 });
  });
});
