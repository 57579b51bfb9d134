import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { msgpack } from "../support/forward-bytes.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { replay } from "../support/real-senders.ts";
import { eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

const DSN = "http://0123456789abcdef0123456789abcdef@MINI";

const PROCESSORS = `
processors:
  - { type: enrich, rename: { svc: service }, default: { environment: staging }, set: { release: "{service}@{build}" }, remove: [pid] }
  - { type: enrich, match: { logger: "cron.*" }, set: { fingerprint: ["cron", "{job}"], severity: warning } }
  - { type: filter, drop: [{ message: "health ?check" }, { logger: "probe-*", severity: "<error" }] }
  - { type: sample, rate: 0, match: { logger: access, severity: "<error" } }
  - type: route
    rules:
      - { match: { severity: fatal }, upstream: oncall, stop: false }
      - { match: { namespace: "payments-*" }, upstream: payments }
      - { match: { service: [web, shop] }, upstream: [default, payments] }
upstreams:
  default: { type: sentry, dsn: "${DSN}/1" }
  payments: { type: sentry, dsn: "${DSN}/sub/path/2" }
  oncall: { type: sentry, dsn: "${DSN}/3" }
`;

describe("processors and routes, end to end", () => {
  let relay: SharedRelay;
  let sender: GelfSender;
  before(async () => {
    relay = await SharedRelay.start(
      `  edge: { type: gelf_tcp, listen: "127.0.0.1:0", labels: { team: shop, region: eu-1 } }
  fluent: { type: forward, listen: "127.0.0.1:0" }`,
      PROCESSORS,
    );
    sender = await GelfSender.connect(await relay.port("edge"));
  });
  after(async () => {
    sender.socket.destroy();
    await relay.close();
  });
  beforeEach(() => relay.begin());

  const messages = (project: string): string[] => relay.mini.events(project).map(messageOf).toSorted();

  it("sends each issue where the first matching rule says, and the rest to the default upstream", async () => {
    await sender.send(
      { short_message: "nobody claims this" },
      { short_message: "a payment failed", _namespace: "payments-eu" },
      { short_message: "the shop is broken", _service: "shop" },
      { short_message: "all is lost", level: 0 },
      { short_message: "payments are lost", level: 2, _namespace: "payments-us" },
    );
    const { outcomes } = await relay.harvest(5);
    await relay.mini.waitFor("the copies, which no record waits for", (mini) => mini.events().length >= 7);

    assert.deepEqual(outcomes, { delivered: 5 }, "a record that goes to several upstreams is one record");
    assert.deepEqual(messages("1"), ["nobody claims this", "the shop is broken"]);
    assert.deepEqual(messages("2"), ["a payment failed", "payments are lost", "the shop is broken"]);
    assert.deepEqual(messages("3"), ["all is lost", "payments are lost"]);
    const copies = relay.mini.events().filter((event) => messageOf(event) === "the shop is broken");
    assert.equal(copies[0]?.["event_id"], copies[1]?.["event_id"]);
    const paths = relay.mini.requests.map(({ project, pathPrefix }) => `${project} ${pathPrefix}`);
    assert.deepEqual([...new Set(paths)].toSorted(), ["1 ", "2 /sub/path", "3 "]);
    assert.deepEqual(of(copies[0], "tags"), { service: "shop", team: "shop", region: "eu-1", input: "edge" });
  });

  it("drops what filter and sample drop, by name, and never lets it into a trail", async () => {
    await sender.send(
      { host: "f", short_message: "GET /healthcheck 200", level: 6 },
      { host: "f", short_message: "health check failed", level: 3 },
      { host: "f", short_message: "probed", level: 6, _logger: "probe-1" },
      { host: "f", short_message: "GET / 200", level: 6, _logger: "access" },
      { host: "f", short_message: "kept", level: 6 },
      { host: "f", short_message: "probe broken", level: 3, _logger: "probe-1" },
    );
    const { events, outcomes } = await relay.harvest(6);

    assert.deepEqual(outcomes, { filtered: 3, sampled: 1, absorbed: 1, delivered: 1 });
    assert.deepEqual([messageOf(events[0]), trailOf(events[0])], ["probe broken", ["kept"]]);
  });

  it("changes records before they are judged: names, release, fingerprint, even the level", async () => {
    await sender.send(
      { host: "e", short_message: "job late", level: 3, _logger: "cron.mail", _job: "digest" },
      { host: "e", short_message: "renamed", level: 3, _svc: "api", _build: 77, _pid: 4 },
      { host: "e", short_message: "its own", level: 3, _environment: "production", _release: "x@1" },
    );
    const { events, outcomes } = await relay.harvest(3);

    assert.deepEqual(outcomes, { absorbed: 1, delivered: 2 });
    const renamed = eventOf(events, "renamed");
    assert.deepEqual([renamed["release"], renamed["environment"], of(renamed, "tags", "service")], ["api@77", "staging", "api"]);
    assert.equal(of(renamed, "extra", "pid"), undefined);
    const own = eventOf(events, "its own");
    assert.deepEqual([own["release"], own["environment"]], ["x@1", "production"]);
  });

  it("lets no secret leave, wherever it stood: message, fields, request, breadcrumb, user", async () => {
    const secret = "hunter2hunter2";
    await sender.send({
      host: "s",
      short_message: `login with password=${secret}`,
      level: 6,
      _api_key: secret,
      _nested: { authorization: `Bearer ${secret}` },
    });
    const record = {
      message: `POST https://u:${secret}@shop.example/pay failed, card 4111 1111 1111 1111`,
      level: "error",
      hostname: "s",
      url: `https://shop.example/pay?token=${secret}&order=9`,
      headers: { Cookie: `sid=${secret}`, Accept: "*/*" },
      user: { id: 7, password: secret },
      stack: `Error: password: ${secret}\n    at pay (/srv/pay.js:1:2)`,
    };
    await replay(await relay.port("fluent", "tcp"), msgpack(["shop.pay", 1_700_000_000, record]));
    await sender.send({ host: "s", short_message: "the trail leaves with this one" });
    await relay.harvest(3);

    const bytes = relay.mini.requests.map(({ raw }) => raw.toString()).join("\n");
    assert.ok(bytes.includes("login with password="), "the record itself went out");
    assert.ok(!bytes.includes(secret));
    assert.ok(!/4111[ -]?1111/.test(bytes));
    assert.ok(bytes.includes("order=9"));
  });
});
