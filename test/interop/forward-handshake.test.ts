import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { python } from "../support/real-senders-debian.ts";
import { SharedRelay } from "../support/real-senders-relay.ts";

describe("a sender without a handshake of its own", () => {
  it("has none of its records taken where there is a shared key: python3-fluent-logger", async (t) => {
    const relay = await SharedRelay.start(`  fluent: { type: forward, listen: "127.0.0.1:0", shared_key: roses-in-june }`);
    t.after(() => relay.close());
    await relay.begin();
    await python(
      "fluent.sender",
      "python3-fluent-logger",
      `
from fluent import sender
logger = sender.FluentSender("shop", host="127.0.0.1", port=${await relay.port("fluent", "tcp")}, timeout=2)
logger.emit("app", {"message": "charge failed", "level": "error"})
logger.close()
`,
    );
    const { events, outcomes, warnings } = await relay.harvest(1);

    assert.deepEqual([events, outcomes], [[], { malformed: 1 }]);
    assert.deepEqual(
      warnings.map(({ cause }) => cause),
      ["no_handshake"],
    );
  });
});
