import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { python } from "../support/real-senders-debian.ts";
import { crumbsOf, eventOf, messageOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

/** A program that logs through a handler of graypy. */
const program = (handler: string): string => `
import logging, random, graypy

handler = graypy.${handler}
logger = logging.getLogger("shop.cart")
logger.setLevel(logging.DEBUG)
logger.addHandler(handler)

def charge(order):
    raise KeyError(order)

logger.debug("warming up")
logger.info("cart opened: Überweisung 42 € 😀", extra={"user_id": 7, "items": [1, {"sku": "x"}], "ok": True, "none": None})
random.seed(1)
logger.warning("big " + "".join(random.choice("abcdefghijklmnopqrstuvwxyz0123456789äöü€") for _ in range(20000)))
logger.log(25, "a level of our own")
logger.error("charge of order 1042 failed", extra={"user_id": 7, "trace_id": "0af7651916cd43dd8448eb211c80319c", "environment": "staging"})
try:
    charge("order-9")
except KeyError:
    logger.exception("gave up")
logger.critical("first line\\nsecond line")
handler.close()
`;

describe("graypy", () => {
  let relay: SharedRelay;
  before(async () => {
    relay = await SharedRelay.start(`  udp: { type: gelf_udp, listen: "127.0.0.1:0" }
  udp_lan: { type: gelf_udp, listen: "127.0.0.1:0" }
  udp_plain: { type: gelf_udp, listen: "127.0.0.1:0" }
  tcp: { type: gelf_tcp, listen: "127.0.0.1:0" }
  http: { type: gelf_http, listen: "127.0.0.1:0" }`);
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  const cases: readonly (readonly [what: string, input: string, handler: (port: number) => string])[] = [
    ["UDP, compressed and in chunks for a WAN", "udp", (port) => `GELFUDPHandler("127.0.0.1", ${port}, localname="py-1")`],
    [
      "UDP, compressed and in chunks for a LAN",
      "udp_lan",
      (port) =>
        `GELFUDPHandler("127.0.0.1", ${port}, localname="py-1", gelf_chunker=graypy.handler.GELFWarningChunker(graypy.LAN_CHUNK))`,
    ],
    [
      "UDP, not compressed, with names of levels",
      "udp_plain",
      (port) => `GELFUDPHandler("127.0.0.1", ${port}, localname="py-1", compress=False, level_names=True)`,
    ],
    ["TCP", "tcp", (port) => `GELFTCPHandler("127.0.0.1", ${port}, localname="py-1")`],
    ["HTTP", "http", (port) => `GELFHTTPHandler("127.0.0.1", ${port}, localname="py-1")`],
  ];
  for (const [what, input, handler] of cases) {
    it(`delivers over ${what}`, async () => {
      const started = Date.now() / 1_000;
      await python("graypy", "python3-graypy", program(handler(await relay.port(input))));
      const { events, outcomes, warnings } = await relay.harvest(7);

      assert.deepEqual([outcomes, warnings], [{ delivered: 3, absorbed: 4 }, []]);
      const failed = eventOf(events, "charge of order 1042 failed");
      assert.deepEqual(
        [failed["level"], failed["logger"], failed["server_name"], failed["environment"]],
        ["error", "shop.cart", "py-1", "staging"],
      );
      assert.deepEqual([of(failed, "user", "id"), of(failed, "tags", "input")], ["7", input]);
      assert.equal(of(failed, "contexts", "trace", "trace_id"), "0af7651916cd43dd8448eb211c80319c");
      assert.ok(Number(failed["timestamp"]) >= started - 1 && Number(failed["timestamp"]) <= Date.now() / 1_000 + 1);
      const trail = trailOf(failed).map(String);
      assert.deepEqual(
        [...trail.slice(0, 2), trail[3]],
        ["warming up", "cart opened: Überweisung 42 € 😀", "a level of our own"],
      );
      assert.match(trail[2] ?? "", /^big [a-z0-9äöü€]{100}/);
      assert.deepEqual(
        crumbsOf(failed).map(({ level }) => level),
        ["debug", "info", "warning", "info"],
      );
      assert.deepEqual(of(crumbsOf(failed)[1], "data", "items"), '[1,{"sku":"x"}]');

      const gaveUp = eventOf(events, "gave up");
      const [value] = of(gaveUp, "exception", "values") as readonly Record<string, unknown>[];
      assert.deepEqual([value?.["type"], value?.["value"], gaveUp["platform"]], ["KeyError", "'order-9'", "python"]);
      const frames = of(value, "stacktrace", "frames") as readonly { readonly function: string }[];
      assert.deepEqual(
        frames.map((frame) => frame.function),
        ["<module>", "charge"],
      );
      const fatal = events.find(({ level }) => level === "fatal");
      assert.equal(messageOf(fatal), "first line\nsecond line");
    });
  }
});
