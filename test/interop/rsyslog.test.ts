import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { makeCertificates } from "../support/certificates.ts";
import { crumbsOf, eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";
import { logger, Rsyslog } from "../support/real-senders-syslog.ts";

const certificates = makeCertificates();

/** How rsyslog is told to send: by name, the input and what follows `type="omfwd"`. */
const WAYS: readonly (readonly [name: string, input: "tcp" | "udp" | "tls", action: string])[] = [
  ["UDP in the traditional format", "udp", 'protocol="udp" template="RSYSLOG_TraditionalForwardFormat"'],
  ["UDP with ISO times", "udp", 'protocol="udp" template="RSYSLOG_ForwardFormat"'],
  ["UDP in RFC 5424", "udp", 'protocol="udp" template="RSYSLOG_SyslogProtocol23Format"'],
  ["TCP in the traditional format, by the line", "tcp", 'protocol="tcp" template="RSYSLOG_TraditionalForwardFormat"'],
  ["TCP in RFC 5424, by the line", "tcp", 'protocol="tcp" template="RSYSLOG_SyslogProtocol23Format"'],
  [
    "TCP in RFC 5424, with counted octets",
    "tcp",
    'protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="octet-counted"',
  ],
  ["TCP with ISO times and counted octets", "tcp", 'protocol="tcp" template="RSYSLOG_ForwardFormat" TCP_Framing="octet-counted"'],
  [
    "TLS with counted octets and a certificate of its own",
    "tls",
    'protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="octet-counted" StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"',
  ],
];

describe("rsyslog", () => {
  let relay: SharedRelay;
  before(async () => {
    const { cert, key } = certificates.server;
    relay = await SharedRelay.start(`  udp: { type: syslog_udp, listen: "127.0.0.1:0" }
  tcp: { type: syslog_tcp, listen: "127.0.0.1:0" }
  tls: { type: syslog_tcp, listen: "127.0.0.1:0", tls: { cert: "${cert}", key: "${key}", client_ca: "${certificates.ca}" } }`);
  });
  after(async () => {
    await relay.close();
    certificates.remove();
  });
  beforeEach(() => relay.begin());

  for (const [index, [name, input, action]] of WAYS.entries()) {
    it(`delivers over ${name}`, async (t) => {
      const { cert, key } = certificates.client;
      const globals = `DefaultNetstreamDriverCAFile="${certificates.ca}" DefaultNetstreamDriverCertFile="${cert}" DefaultNetstreamDriverKeyFile="${key}"`;
      const target = `target="127.0.0.1" port="${await relay.port(input)}"`;
      const { socket } = await Rsyslog.start(t, `action(type="omfwd" ${target} ${action})`, input === "tls" ? globals : "");
      // A name for each, so that it has a trail of its own.
      const tag = `shop${index}`;
      const log = (priority: string, ...rest: readonly string[]): void =>
        logger("--socket", socket, "--priority", priority, "--tag", tag, "--id=812", "--", ...rest);
      const started = Date.now();
      log("local0.info", "shop is open, Überweisung 42 €");
      log("local0.debug", "  indented");
      log(
        "local0.err",
        'order 17 failed\nTraceback (most recent call last):\n  File "/srv/shop/cart.py", line 3, in add\n    charge(7)\nValueError: no such order',
      );
      log("local0.err", "cannot reach redis-7: connection refused");
      const { events, outcomes, warnings } = await relay.harvest(4);

      assert.deepEqual([outcomes, warnings], [{ delivered: 2, absorbed: 2 }, []]);
      const event = eventOf(events, "cannot reach redis-7: connection refused");
      assert.deepEqual([event["level"], event["logger"], event["server_name"]], ["error", tag, "web1.example.org"]);
      const extra = of(event, "extra") as Record<string, unknown>;
      assert.deepEqual([extra["pid"], of(event, "tags", "facility")], [812, "local0"]);
      const time = Number(event["timestamp"]) * 1_000;
      assert.ok(time >= started - 2_000 && time <= Date.now() + 1_000, new Date(time).toISOString());
      assert.deepEqual(
        trailOf(event)
          .slice(0, 2)
          .map((said) => String(said).trim()),
        ["shop is open, Überweisung 42 €", "indented"],
      );
      assert.deepEqual(
        crumbsOf(event)
          .slice(0, 2)
          .map(({ level }) => level),
        ["info", "debug"],
      );
      const failed = events.find((candidate) => messageOf(candidate).startsWith("order 17 failed\n"));
      const [value] = (of(failed, "exception", "values") ?? []) as readonly Record<string, unknown>[];
      assert.deepEqual([value?.["type"], value?.["value"]], ["ValueError", "no such order"]);
      assert.match(JSON.stringify(value?.["stacktrace"]), /"function":"add".*"lineno":3|"lineno":3.*"function":"add"/);
    });
  }
});
