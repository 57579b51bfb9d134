import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { GelfSender } from "../support/gelf-sender.ts";
import { fixture, GelfPro, replay, winstonGelf, winstonLog2gelf } from "../support/real-senders.ts";
import { crumbsOf, eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

describe("gelf_tcp, end to end", () => {
  let relay: SharedRelay;
  before(async () => {
    const names = ["edge", "syslog_ng", "fluent_bit", "gelf_pro", "winston", "log2gelf"];
    const inputs = names.map((name) => `  ${name}: { type: gelf_tcp, listen: "127.0.0.1:0" }`);
    relay = await SharedRelay.start(inputs.join("\n"));
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  it("takes in what syslog-ng sent", async () => {
    await replay(await relay.port("syslog_ng"), fixture("gelf/syslog-ng-gelf-tcp-conn1.bin"));

    const { events, outcomes, warnings } = await relay.harvest(11);

    assert.deepEqual([outcomes, warnings], [{ delivered: 2, absorbed: 9 }, []]);
    const event = eventOf(events, "first line of an error");
    assert.deepEqual(
      [event["level"], event["logger"], event["server_name"], event["timestamp"]],
      ["error", "shopd", "web-1.example.org", 1_795_163_826],
    );
    assert.deepEqual(event["tags"], { logger: "shopd", facility: "user", input: "syslog_ng" });
    assert.deepEqual(trailOf(event), ["Überweisung gescheitert: 42 €"]);
    const fatal = eventOf(events, "'su root' failed for lonvig on /dev/pts/8");
    assert.deepEqual([fatal["level"], fatal["logger"], fatal["server_name"]], ["fatal", "su", "mymachine"]);
    assert.deepEqual(of(fatal, "extra", "pid"), 231);
  });

  it("takes in what Fluent Bit sent", async () => {
    const port = await relay.port("fluent_bit");
    await replay(port, fixture("gelf/fluent-bit-gelf-tcp-conn1.bin"));
    await replay(port, JSON.stringify({ host: "web-1.example.org", level: 3, short_message: "looked back" }));

    const { events, outcomes, warnings } = await relay.harvest(13);

    assert.deepEqual([outcomes, warnings], [{ delivered: 2, absorbed: 11 }, []]);
    const event = eventOf(events, "Überweisung 42 € 😀");
    assert.deepEqual(
      [event["level"], event["server_name"], event["timestamp"], of(event, "user", "id")],
      ["error", "web-1.example.org", 1_787_408_116.25, "42"],
    );
    assert.equal(of(event, "extra", "full_message"), "line 1\nline 2\ttab");
    const later = eventOf(events, "looked back");
    assert.deepEqual(
      trailOf(later).map((message) => String(message).slice(0, 16)),
      [
        "own timestamp",
        "string timestamp",
        "types",
        "nested",
        "keys",
        'ctrl \u0001 \u007f quote "',
        "(no message)",
        "12345",
        "compressible com",
        "V*XV$.on$Y=;ncVC",
        "last",
      ],
    );
    assert.deepEqual(
      crumbsOf(later).map(({ level }) => level),
      ["debug", "info", "info", "warning", "info", "info", "info", "info", "info", "info", "info"],
    );
    assert.equal(of(crumbsOf(later)[4], "data", "gelf_id"), undefined);
    assert.equal(of(crumbsOf(later)[4], "data", "_id"), "kept?");
  });

  it("takes records from gelf-pro", async () => {
    const logger = new GelfPro("tcp", await relay.port("gelf_pro"));
    await logger.log("info", "cart opened", { host: "shop-1", service: "shop" });
    await logger.log("warning", "card declined", { host: "shop-1", service: "shop", attempt: 1 });
    await relay.harvest(2);
    await logger.log("error", "no more cards for order 1042", {
      host: "shop-1",
      service: "shop",
      user: { id: 7, email: "ann@example.org" },
      trace_id: "5b8efff798038103d269b633813fc60c",
      request_id: "r-1",
    });
    await logger.log("error", new RangeError("index 9 of 3"));

    const { events, warnings } = await relay.harvest(2);

    assert.deepEqual(warnings, []);
    const event = eventOf(events, "no more cards for order 1042");
    assert.deepEqual([event["level"], event["server_name"]], ["error", "shop-1"]);
    assert.deepEqual(event["user"], { id: "7", email: "ann@example.org" });
    assert.deepEqual(event["tags"], { service: "shop", input: "gelf_pro" });
    assert.equal(of(event, "extra", "request_id"), "r-1");
    assert.equal(of(event, "contexts", "trace", "trace_id"), "5b8efff798038103d269b633813fc60c");
    assert.deepEqual(trailOf(event), ["cart opened", "card declined"]);
    assert.deepEqual(
      crumbsOf(event).map(({ level, data }) => [level, of(data as object as never, "attempt")]),
      [
        ["info", undefined],
        ["warning", 1],
      ],
    );
    assert.ok(Math.abs(Number(event["timestamp"]) - Date.now() / 1_000) < 60);
    const thrown = eventOf(events, "index 9 of 3");
    const [value] = (of(thrown, "exception", "values") ?? []) as readonly Record<string, unknown>[];
    assert.deepEqual([value?.["type"], value?.["value"], thrown["platform"]], ["RangeError", "index 9 of 3", "node"]);
    assert.match(
      String((of(value, "stacktrace", "frames") as readonly { filename: string }[]).at(-1)?.filename),
      /gelf-tcp\.test/,
    );
  });

  it("takes records from winston through winston-gelf", async () => {
    const logger = winstonGelf("tcp", await relay.port("winston"));
    logger.info("queue drained", { jobs: 17 });
    await relay.harvest(1);
    logger.error("worker 4 crashed", { job: { id: "j-9", name: "resize" }, ok: false });

    const { events, warnings } = await relay.harvest(1);

    assert.deepEqual(warnings, []);
    const event = eventOf(events, "worker 4 crashed");
    assert.equal(event["level"], "error");
    assert.deepEqual([of(event, "extra", "job_id"), event["transaction"]], ["j-9", "resize"]);
    assert.deepEqual([trailOf(event), of(crumbsOf(event)[0], "data", "jobs")], [["queue drained"], 17]);
  });

  it("takes records from winston through winston-log2gelf", async () => {
    const { logger, end } = winstonLog2gelf("tcp", await relay.port("log2gelf"));
    logger.error("could not charge order 1042\nthe card is expired", { orderId: 1042, tags: ["a", "b"] });
    const { events, warnings } = await relay.harvest(1);
    end();

    assert.deepEqual(warnings, []);
    const [event] = events;
    assert.equal(messageOf(event), "could not charge order 1042");
    assert.equal(of(event, "extra", "full_message"), "could not charge order 1042\nthe card is expired");
    assert.deepEqual(
      [event?.["server_name"], event?.["environment"], event?.["release"], of(event, "tags", "service")],
      ["shop-7", "staging", "shop@1.4.2", "shop"],
    );
    assert.deepEqual([of(event, "extra", "team"), of(event, "extra", "orderId")], ["payments", 1042]);
  });

  it("tells all that a record says of its trace, its user and its request", async () => {
    const sender = await GelfSender.connect(await relay.port("edge"));
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await sender.send(
      { host: "gateway", short_message: "routed", level: 6, timestamp: 1_700_000_000.25, _trace_id: traceId },
      { host: "billing", short_message: "looked up", level: 7, timestamp: 1_700_000_000.125, _trace_id: traceId },
      { host: "billing", short_message: "not of this trace", level: 6, timestamp: 1_700_000_000.2, _service: "other" },
      {
        host: "billing",
        short_message: "charge failed",
        level: 2,
        timestamp: 1_700_000_000.5,
        _trace_id: traceId,
        _span_id: "00f067aa0ba902b7",
        _logger_name: "billing.cards",
        _service: "billing",
        _user_id: "u-1",
        _user_email: "ann@example.org",
        _client_ip: "203.0.113.7",
        _method: "POST",
        _url: "https://shop.example/charge?order=9",
        _status: 502,
        _environment: "production",
        _release: "billing@2.0.1",
        _transaction: "POST /charge",
        _ok: true,
        _items: [1, { sku: "x" }],
      },
    );

    const { events, outcomes } = await relay.harvest(4);
    sender.socket.destroy();

    assert.deepEqual(outcomes, { delivered: 1, absorbed: 3 });
    const [event] = events;
    const { event_id, sdk, ...rest } = event as Record<string, unknown>;
    assert.match(String(event_id), /^[0-9a-f]{32}$/);
    assert.equal((sdk as { name: string }).name, "crumbtrail");
    assert.deepEqual(rest, {
      timestamp: 1_700_000_000.5,
      platform: "other",
      level: "fatal",
      logger: "billing.cards",
      logentry: { formatted: "charge failed", message: "charge failed" },
      transaction: "POST /charge",
      server_name: "billing",
      release: "billing@2.0.1",
      environment: "production",
      fingerprint: ["charge failed", "billing.cards"],
      user: { id: "u-1", email: "ann@example.org", ip_address: "203.0.113.7" },
      request: { method: "POST", url: "https://shop.example/charge", query_string: "order=9" },
      tags: { service: "billing", logger: "billing.cards", method: "POST", status: "502", input: "edge" },
      contexts: {
        trace: { type: "trace", trace_id: traceId, span_id: "00f067aa0ba902b7" },
        response: { type: "response", status_code: 502 },
      },
      breadcrumbs: {
        values: [
          { timestamp: 1_700_000_000.125, level: "debug", category: "edge", message: "looked up" },
          { timestamp: 1_700_000_000.25, level: "info", category: "edge", message: "routed" },
        ],
      },
      extra: { ok: true, items: [1, { sku: "x" }] },
    });
  });

  it("keeps the trail of a program together, whatever source file a record names", async () => {
    const sender = await GelfSender.connect(await relay.port("edge"));
    await sender.send(
      { host: "py-1", short_message: "session opened", level: 6, file: "/srv/app/session.py", line: 17 },
      { host: "py-1", short_message: "cart loaded", level: 7, _file: "/srv/app/cart.py", _line: 203 },
      { host: "py-1", short_message: "charge failed", file: "/srv/app/charge.py", line: 9 },
    );
    const { events } = await relay.harvest(3);
    sender.socket.destroy();

    assert.deepEqual(trailOf(events[0]), ["session opened", "cart loaded"]);
  });

  it("cuts messages at NUL and at LF, pretty-printed or not, however the bytes are cut, and takes an unended last one", async () => {
    const pretty = JSON.stringify({ host: "f", level: 6, short_message: "pretty\nprinted" }, undefined, 2);
    const stream = Buffer.from(
      [
        `{"host":"f","level":6,"short_message":"by NUL"}\0`,
        `\0\n\r\n`,
        `{"host":"f","level":6,"short_message":"by LF"}\n`,
        `{"host":"f","level":6,"short_message":"by CRLF"}\r\n`,
        `${pretty}\n${pretty}\0`,
        `{"host":"f","level":6,"short_message":"raw \n line feed"}\0`,
        `\uFEFF{"host":"f","level":"6","short_message":"Grüße \\u0000 😀",}\0`,
        `{"host":"f","level":3,"short_message":"the end"}`,
      ].join(""),
    );
    const port = await relay.port("edge");
    for (const size of [1, 7, 50, 10_000]) {
      const parts = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) => stream.subarray(i * size, (i + 1) * size));
      await replay(port, ...parts);
      const { events, outcomes } = await relay.harvest(8);

      assert.deepEqual(outcomes, { delivered: 1, absorbed: 7 });
      const expected = [
        "by NUL",
        "by LF",
        "by CRLF",
        "pretty\nprinted",
        "pretty\nprinted",
        "raw \n line feed",
        "Grüße \uFFFD 😀",
      ];
      assert.deepEqual(trailOf(events[0]).slice(-7), expected, `in pieces of ${size} bytes`);
    }
  });
});
