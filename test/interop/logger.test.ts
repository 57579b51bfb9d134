import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { eventOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";
import { logger } from "../support/real-senders-syslog.ts";

describe("logger(1)", () => {
  let relay: SharedRelay;
  before(async () => {
    relay = await SharedRelay.start(`  udp: { type: syslog_udp, listen: "127.0.0.1:0" }
  tcp: { type: syslog_tcp, listen: "127.0.0.1:0" }`);
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  for (const input of ["udp", "tcp"]) {
    for (const format of ["--rfc3164", "--rfc5424", "--rfc5424=notq,notime,nohost"]) {
      for (const framing of input === "tcp" ? [[], ["--octet-count"]] : [[]]) {
        const options = [input === "tcp" ? "--tcp" : "--udp", format, ...framing];
        it(`is understood with ${options.join(" ")}`, async () => {
          const where = ["--server", "127.0.0.1", "--port", String(await relay.port(input))];
          // A name for each, so that it has a trail of its own.
          const tag = options.join("").replaceAll(/\W/g, "");
          const tagged = [...options, ...where, "--tag", tag, "--id=77"];
          logger(...tagged, "--priority", "daemon.notice", "--", "12 tables saved");
          logger(...tagged, "--priority", "daemon.err", "--", "no space left on device /dev/sda1");
          const { events, outcomes, warnings } = await relay.harvest(2);

          assert.deepEqual([outcomes, warnings], [{ delivered: 1, absorbed: 1 }, []]);
          const event = eventOf(events, "no space left on device /dev/sda1");
          assert.deepEqual(
            [event["level"], event["logger"], of(event, "tags", "facility"), of(event, "extra", "pid")],
            ["error", tag, "daemon", 77],
          );
          assert.deepEqual(trailOf(event), ["12 tables saved"]);
        });
      }
    }
  }

  it("says what structured data and a message id say", async () => {
    const where = ["--tcp", "--octet-count", "--server", "127.0.0.1", "--port", String(await relay.port("tcp"))];
    const data = [
      "--sd-id",
      "shop@32473",
      "--sd-param",
      'order="17"',
      "--sd-param",
      'why="no \\"stock\\" [left\\]"',
      "--msgid",
      "ID47",
    ];
    logger("--rfc5424", ...where, ...data, "--tag", "shop", "--priority", "user.crit", "--", "cannot ship");
    const { events } = await relay.harvest(1);

    const event = eventOf(events, "cannot ship");
    assert.equal(event["level"], "fatal");
    const { sd, msgid } = of(event, "extra") as { readonly sd: Record<string, unknown>; readonly msgid: string };
    assert.deepEqual([msgid, sd["shop@32473"]], ["ID47", { order: "17", why: 'no "stock" [left]' }]);
    assert.equal((sd["timeQuality"] as Readonly<Record<string, unknown>> | undefined)?.["tzKnown"], "1");
  });

  it("sends what a program prints, of which the text says the level", async () => {
    const where = ["--udp", "--server", "127.0.0.1", "--port", String(await relay.port("udp"))];
    logger(...where, "--tag", "job", "--", "INFO 3 files copied");
    logger(...where, "--tag", "job", "--", "ERROR: cannot copy the fourth");
    const { events, outcomes } = await relay.harvest(2);

    assert.deepEqual(outcomes, { delivered: 1, absorbed: 1 });
    assert.equal(eventOf(events, "ERROR: cannot copy the fourth")["level"], "error");
  });
});
