import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { SyslogNg } from "../support/real-senders-debian.ts";
import { crumbsOf, eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

describe("syslog-ng with its graylog2() destination", () => {
  let relay: SharedRelay;
  before(async () => {
    relay = await SharedRelay.start(`  tcp: { type: gelf_tcp, listen: "127.0.0.1:0" }
  udp: { type: gelf_udp, listen: "127.0.0.1:0" }`);
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  for (const transport of ["tcp", "udp"]) {
    it(`delivers over ${transport.toUpperCase()}`, async (t) => {
      const port = await relay.port(transport);
      const sender = await SyslogNg.start(t, `graylog2(host("127.0.0.1") port(${port}) transport(${transport}));`);
      const started = Math.floor(Date.now() / 1_000);
      const rest = "2026-08-22T14:15:16.25Z web-1.example.org shopd 4711";
      sender.send(
        `<166>1 ${rest} - - shop is open`,
        `<167>1 ${rest} ID47 [exampleSDID@32473 iut="3" eventID="1011"] Überweisung 42 € "quoted" back\\slash`,
        `<164>1 ${rest} - - ${"L".repeat(10_000)}`,
        `<163>1 ${rest} - - cannot reach redis-7: connection refused`,
        "<34>1 2026-08-22T14:15:17Z mymachine su - - - 'su root' failed for lonvig on /dev/pts/8",
        "<163>1 2026-08-22T14:15:18Z mymachine cron - - - job 17 failed",
      );
      const { events, outcomes, warnings } = await relay.harvest(6);

      assert.deepEqual([outcomes, warnings], [{ delivered: 3, absorbed: 3 }, []]);
      const event = eventOf(events, "cannot reach redis-7: connection refused");
      assert.deepEqual([event["level"], event["logger"], event["server_name"]], ["error", "shopd", "web-1.example.org"]);
      // graylog2() sends the time of arrival in whole seconds.
      assert.ok(Number(event["timestamp"]) >= started - 1 && Number(event["timestamp"]) <= started + 60);
      assert.deepEqual([of(event, "tags", "facility"), of(event, "extra", "pid")], ["local4", 4_711]);
      const trail = trailOf(event).map(String);
      assert.deepEqual(trail.slice(0, 2), ["shop is open", 'Überweisung 42 € "quoted" back\\slash']);
      assert.match(trail[2] ?? "", /^L{500}/);
      assert.deepEqual(
        crumbsOf(event).map(({ level }) => level),
        ["info", "debug", "warning"],
      );
      assert.deepEqual(of(crumbsOf(event)[1], "data", "SDATA"), '{"exampleSDID@32473":{"iut":"3","eventID":"1011"}}');
      assert.equal(messageOf(events.find(({ level }) => level === "fatal")), "'su root' failed for lonvig on /dev/pts/8");
      const job = eventOf(events, "job 17 failed");
      assert.deepEqual([job["logger"], trailOf(job), job["fingerprint"]], ["cron", [], ["job <*> failed", "cron"]]);
    });
  }
});
