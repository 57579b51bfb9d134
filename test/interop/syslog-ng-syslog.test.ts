import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { makeCertificates } from "../support/certificates.ts";
import { SyslogNg } from "../support/real-senders-debian.ts";
import { crumbsOf, eventOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

const certificates = makeCertificates();
const tls = `tls(ca-file("${certificates.ca}") key-file("${certificates.client.key}") cert-file("${certificates.client.cert}") peer-verify(required-trusted))`;

/** Destination driver, transport, and whether its messages have all of RFC 5424. */
const WAYS = [
  ["network", "udp", false],
  ["network", "tcp", false],
  ["network", "tls", false],
  ["syslog", "udp", true],
  ["syslog", "tcp", true],
  ["syslog", "tls", true],
] as const;

describe("syslog-ng with its network() and syslog() destinations", () => {
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

  for (const [driver, transport, modern] of WAYS) {
    it(`delivers with ${driver}() over ${transport.toUpperCase()}`, async (t) => {
      const port = await relay.port(transport);
      const secrets = transport === "tls" ? tls : "";
      const sender = await SyslogNg.start(t, `${driver}("127.0.0.1" port(${port}) transport(${transport}) ${secrets});`);
      const now = new Date(Date.now() - 5_000).toISOString();
      // A name for each, so that it has a trail of its own.
      const program = `${driver}-${transport}`;
      const rest = `${now} web-1.example.org ${program} 4711`;
      sender.send(
        `<166>1 ${rest} - - shop is open`,
        `<167>1 ${rest} ID47 [exampleSDID@32473 iut="3" eventID="1011"] Überweisung 42 € "quoted" back\\slash`,
        `<164>1 ${rest} - - ${"L".repeat(5_000)}`,
        `<163>1 ${rest} ID48 [exampleSDID@32473 iut="4"] cannot reach redis-7: connection refused`,
      );
      const { events, outcomes, warnings } = await relay.harvest(4);

      assert.deepEqual([outcomes, warnings], [{ delivered: 1, absorbed: 3 }, []]);
      const event = eventOf(events, "cannot reach redis-7: connection refused");
      assert.deepEqual([event["level"], event["logger"], event["server_name"]], ["error", program, "web-1.example.org"]);
      assert.deepEqual([of(event, "tags", "facility"), of(event, "extra", "pid")], ["local4", 4_711]);
      const time = Number(event["timestamp"]) * 1_000;
      assert.ok(Math.abs(time - Date.parse(now)) < 1_500, `${new Date(time).toISOString()} for ${now}`);
      const trail = trailOf(event).map(String);
      assert.deepEqual(trail.slice(0, 2), ["shop is open", 'Überweisung 42 € "quoted" back\\slash']);
      assert.match(trail[2] ?? "", /^L{500}/);
      assert.deepEqual(
        crumbsOf(event).map(({ level }) => level),
        ["info", "debug", "warning"],
      );
      if (!modern) return;
      assert.deepEqual([of(event, "extra", "msgid"), of(event, "extra", "sd", "exampleSDID@32473", "iut")], ["ID48", "4"]);
    });
  }
});
