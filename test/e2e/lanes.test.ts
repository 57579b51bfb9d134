import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Daemon } from "../support/daemon.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

for (const lanes of [1, 3]) {
  describe(`a relay with ${lanes} lane${lanes === 1 ? "" : "s"}`, () => {
    it("keeps one sender's trail together, joins its traces and balances its ledger", async (t) => {
      const mini = await MiniSentry.start();
      const daemon = await Daemon.start({
        config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
policy: { storm: "off", environment: staging }
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }
lanes: ${lanes}`,
        env: { SENTRY_RELEASE: "shop@1.2.3" },
      });
      t.after(async () => {
        await daemon.stop("SIGKILL");
        await mini.close();
      });
      const sender = await GelfSender.connect(await daemon.port("edge"));
      for (let i = 0; i < 50; i += 1) {
        await sender.send({ short_message: `step ${i}`, level: 6 });
        if (i % 10 === 9) await sender.send({ short_message: `failed at ${i}` });
      }
      sender.socket.write("not json\0");

      const ledger = await daemon.settled(56);

      assert.deepEqual([ledger.settled["delivered"], ledger.settled["absorbed"], ledger.settled["malformed"]], [5, 50, 1]);
      const last = mini.events().find((event) => (event["logentry"] as { formatted: string }).formatted === "failed at 49");
      assert.equal((last?.["breadcrumbs"] as { values: readonly unknown[] } | undefined)?.values.length, 50);
      assert.deepEqual([last?.["environment"], last?.["release"]], ["staging", "shop@1.2.3"]);
      assert.deepEqual(mini.problems, []);
      sender.socket.destroy();
      assert.equal(await daemon.stop(), 0);
    });
  });
}
