import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { python } from "../support/real-senders-debian.ts";
import { crumbsOf, eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

const run = (program: string): Promise<void> => python("fluent.sender", "python3-fluent-logger", program);

describe("python3-fluent-logger", () => {
  let relay: SharedRelay;
  let port: number;
  before(async () => {
    relay = await SharedRelay.start(`  fluent: { type: forward, listen: "127.0.0.1:0" }`);
    port = await relay.port("fluent", "tcp");
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  for (const precise of [false, true]) {
    it(`delivers records with times in ${precise ? "nanoseconds" : "seconds"}`, async () => {
      const [flag, at] = precise ? ["True", "1700000000.25"] : ["False", "1700000000"];
      await run(`
from fluent import sender
logger = sender.FluentSender("shop", host="127.0.0.1", port=${port}, nanosecond_precision=${flag})
at = ${at}
service = "app-${flag}"
assert logger.emit_with_time("app", at, {"message": "session opened", "level": "info", "service": service, "hostname": "py-1"})
assert logger.emit_with_time("app", at + 1, {"message": "Überweisung 42 €", "level": "debug", "service": service, "hostname": "py-1", "items": [1, {"sku": "x"}]})
assert logger.emit_with_time("app", at + 2, {"message": "charge of 9 failed", "level": "ERROR", "logger": "billing", "service": service, "hostname": "py-1", "user": {"id": 7}})
assert logger.emit("now", {"message": "just now", "level": "error", "hostname": "py-2"})
logger.close()
`);
      const { events, outcomes, warnings } = await relay.harvest(4);

      assert.deepEqual([outcomes, warnings], [{ delivered: 2, absorbed: 2 }, []]);
      const event = eventOf(events, "charge of 9 failed");
      assert.deepEqual(
        [event["level"], event["logger"], event["server_name"], event["timestamp"]],
        ["error", "billing", "py-1", precise ? 1_700_000_002.25 : 1_700_000_002],
      );
      assert.deepEqual([of(event, "user", "id"), of(event, "extra", "tag")], ["7", "shop.app"]);
      assert.deepEqual(
        crumbsOf(event).map(({ timestamp, message }) => [timestamp, message]),
        [
          [precise ? 1_700_000_000.25 : 1_700_000_000, "session opened"],
          [precise ? 1_700_000_001.25 : 1_700_000_001, "Überweisung 42 €"],
        ],
      );
      const now = Number(eventOf(events, "just now")["timestamp"]);
      assert.ok(Math.abs(now - Date.now() / 1_000) < 60);
      if (!precise) assert.equal(now % 1, 0);
    });
  }

  it("delivers what Python's logging hands to its handler, tracebacks too", async () => {
    await run(`
import logging
from fluent import handler
logger = logging.getLogger("shop.billing")
logger.setLevel(logging.DEBUG)
fluent = handler.FluentHandler("py.log", host="127.0.0.1", port=${port}, nanosecond_precision=True)
fluent.setFormatter(handler.FluentRecordFormatter({"level": "%(levelname)s", "logger": "%(name)s", "hostname": "%(hostname)s", "where": "%(module)s.%(funcName)s", "stack_trace": "%(exc_text)s"}))
logger.addHandler(fluent)
logger.info("order %d opened", 1042)
logger.info({"message": "a dict", "order": 1042})
def charge():
    raise ValueError("card expired")
try:
    charge()
except ValueError:
    logger.exception("charge failed")
fluent.close()
`);
    const { events, outcomes, warnings } = await relay.harvest(3);

    assert.deepEqual([outcomes, warnings], [{ delivered: 1, absorbed: 2 }, []]);
    const [event] = events;
    assert.match(messageOf(event), /^charge failed\nTraceback/);
    assert.deepEqual(
      [of(event, "logentry", "message"), event?.["level"], event?.["logger"]],
      ["charge failed", "error", "shop.billing"],
    );
    assert.deepEqual(trailOf(event), ["order 1042 opened", "a dict"]);
    const [value] = of(event, "exception", "values") as readonly Record<string, unknown>[];
    assert.deepEqual([value?.["type"], value?.["value"]], ["ValueError", "card expired"]);
  });

  it("loses nothing of an asynchronous sender that goes at once", async () => {
    await run(`
from fluent import asyncsender
logger = asyncsender.FluentSender("async", host="127.0.0.1", port=${port}, nanosecond_precision=True)
for i in range(2000):
    logger.emit("x", {"message": "step %d" % i, "level": "error" if i == 1999 else "info"})
logger.close()
`);
    const { events, outcomes } = await relay.harvest(2_000);

    assert.deepEqual(outcomes, { delivered: 1, absorbed: 1_999 });
    assert.deepEqual(
      trailOf(events[0]),
      Array.from({ length: 100 }, (_, i) => `step ${1_899 + i}`),
    );
  });
});
