import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Daemon } from "../support/daemon.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

describe("storm control", () => {
  it("lets a few of a hot issue through, every new issue at once, and tells what it held back", async (t) => {
    const mini = await MiniSentry.start();
    const daemon = await Daemon.start({
      config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
policy: { storm: { per_issue: "3/s", budget: "8/10s" } }
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}", client_report_interval: 100ms } }`,
    });
    t.after(async () => {
      await daemon.stop("SIGKILL");
      await mini.close();
    });
    const sender = await GelfSender.connect(await daemon.port("edge"));
    await sender.send(...Array.from({ length: 100 }, (_, i) => ({ short_message: `connection ${i} refused` })));
    await sender.send({ short_message: "out of disk" });
    await sender.send({ short_message: "certificate expired" });
    const ledger = await daemon.settled(102);

    assert.equal(ledger.settled["storm"], 96);
    assert.equal(ledger.settled["delivered"], 6, "half of the budget, and the two new ones");
    await mini.waitFor("a client report", (now) => now.clientReports().length > 0);
    assert.deepEqual(mini.clientReports()[0]?.["discarded_events"], [
      { reason: "backpressure", category: "error", quantity: 96 },
    ]);
  });

  it("reports what was held back, when and where, with the next event that passes", async (t) => {
    const mini = await MiniSentry.start();
    const daemon = await Daemon.start({
      config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
lanes: 2
policy: { storm: { per_issue: "2/500ms", budget: "1000/s" } }
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }`,
    });
    t.after(async () => {
      await daemon.stop("SIGKILL");
      await mini.close();
    });
    const sender = await GelfSender.connect(await daemon.port("edge"));
    await sender.send(...Array.from({ length: 10 }, (_, i) => ({ short_message: "boom", host: `web-${i % 2}` })));
    await daemon.settled(10);
    await new Promise((resolve) => setTimeout(resolve, 600));

    await sender.send({ short_message: "boom" });
    await daemon.settled(11);

    const reports = mini.events().map((event) => event["extra"] as { storm?: string; storm_hosts?: object });
    const told = reports.flatMap(({ storm, storm_hosts: hosts }) => (storm === undefined ? [] : [{ storm, hosts }]));
    assert.deepEqual(
      told.map(({ storm, hosts }) => `${storm.replace(/since .*/, "since ...")} ${JSON.stringify(hosts)}`).toSorted(),
      ['1 more since ... {"web-0":1}', '2 more since ... {"web-0":1,"web-1":1}', '3 more since ... {"web-1":2,"web-0":1}'],
    );
    assert.deepEqual(mini.problems, []);
  });
});
