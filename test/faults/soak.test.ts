import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it } from "node:test";
import { balance, tell } from "./books.ts";
import type { FlowPlan } from "./flow.ts";
import { freePort } from "./ports.ts";
import { SCALE } from "./scale.ts";
import { Senders } from "./senders.ts";
import { diskQueue, Site } from "./site.ts";
import { Tracker } from "./tracker.ts";

const EVERY = 1_000;
const RECONNECT_MS = 2_000;
/** Before it: a burst that compiles the code and fills the trails and the heap to what they will need. */
const BURST = { perSecond: 80_000, seconds: 6 };
const PARTS = 5;
const LOOKS_PER_SECOND = 4;

interface Look {
  readonly rssMiB: number;
  readonly descriptors: number;
}

function look(pid: number): Look {
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { rssMiB: Number(rss) / 1_024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

function mean(looks: readonly Look[], of: keyof Look): number {
  return looks.reduce((sum, each) => sum + each[of], 0) / looks.length;
}

describe("a relay under load for a long time", () => {
  it("needs no more memory and no more file descriptors than before, and its books balance", async (t) => {
    const [tracker, senders] = [await Tracker.start(), new Senders()];
    const ports = { fluent: await freePort(), gelf: await freePort() };
    const site = new Site(
      (directory) => `inputs:
  fluent: { type: forward, listen: "127.0.0.1:${ports.fluent}" }
  tcp: { type: gelf_tcp, listen: "127.0.0.1:${ports.gelf}" }
  udp: { type: gelf_udp, listen: "127.0.0.1:${ports.gelf}" }
policy: { storm: "off" }
${diskQueue(directory)}
upstreams: { default: { type: sentry, dsn: "${tracker.dsn}" } }`,
    );
    t.after(async () => {
      senders.end();
      await site.close();
      tracker.end();
    });
    await site.start();
    const pid = site.daemon.process.pid ?? 0;
    const plan = { every: EVERY, reconnectMs: RECONNECT_MS };
    const plans: Readonly<Record<string, Pick<FlowPlan, "kind" | "port" | "perSecond"> & Partial<FlowPlan>>> = {
      fluent: { ...plan, kind: "forward", port: ports.fluent, perSecond: 12_000, connections: 4, perBatch: 200 },
      tcp: { ...plan, kind: "gelf_tcp", port: ports.gelf, perSecond: 6_000, connections: 4, perBatch: 50 },
      udp: { ...plan, kind: "gelf_udp", port: ports.gelf, perSecond: 2_000, perBatch: 10 },
    };
    await senders.start("burst", { ...plan, kind: "forward", port: ports.fluent, perSecond: BURST.perSecond, perBatch: 200 });
    await pause(BURST.seconds * 1_000);
    const burst = await senders.finish("burst");
    for (const [name, flow] of Object.entries(plans)) await senders.start(name, flow);
    const looks: Look[] = [];
    const count = SCALE.soakSeconds * LOOKS_PER_SECOND;
    const started = performance.now();
    for (let i = 1; i <= count; i += 1) {
      looks.push(look(pid));
      await pause(Math.max(1, started + (i * 1_000) / LOOKS_PER_SECOND - performance.now()));
    }
    const seconds = (performance.now() - started) / 1_000;
    const [fluent, tcp, udp] = [await senders.finish("fluent"), await senders.finish("tcp"), await senders.finish("udp")];
    const ledger = await site.daemon.settled(burst.records + fluent.records + tcp.records, 60_000);
    const metrics = await site.daemon.metrics();
    const received = (input: string): number => metrics.get(`crumbtrail_records_received_total{input="${input}"}`) ?? 0;
    const udpDropped = metrics.get('crumbtrail_udp_dropped_total{input="udp"}') ?? 0;
    const delivered = await tracker.report();

    const partLength = Math.floor(looks.length / PARTS);
    const parts = Array.from({ length: PARTS }, (_, i) => looks.slice(i * partLength, (i + 1) * partLength));
    const figures = (of: keyof Look): string => parts.map((part) => mean(part, of).toFixed(of === "rssMiB" ? 1 : 0)).join(", ");
    const records = fluent.records + tcp.records + udp.records;
    tell(
      t,
      [
        balance("forward", [burst, fluent], [delivered]),
        balance("gelf_tcp", [tcp], [delivered]),
        balance("gelf_udp", [udp], [delivered]),
      ],
      `${records} records, ${(records / seconds).toFixed(0)} a second, 1 in ${EVERY} an issue, ${fluent.connections + tcp.connections} connections one after the other`,
      `RSS by fifths, MiB: ${figures("rssMiB")}; file descriptors: ${figures("descriptors")}`,
      `received of sent: forward ${received("fluent")} of ${burst.records + fluent.records}, gelf_tcp ${received("tcp")} of ${tcp.records}, gelf_udp ${received("udp")} of ${udp.records} and ${udpDropped} dropped by the kernel`,
    );
    const [, second = [], , , last = []] = parts;
    assert.ok(records / seconds > 18_000, "the senders did not keep the pace: the soak shows nothing");
    assert.ok(mean(last, "rssMiB") <= 1.1 * mean(second, "rssMiB"), `RSS grew: ${figures("rssMiB")} MiB`);
    assert.ok(mean(last, "descriptors") <= mean(second, "descriptors") + 5, `descriptors grew: ${figures("descriptors")}`);
    assert.equal(received("fluent"), burst.records + fluent.records);
    assert.equal(received("tcp"), tcp.records);
    assert.equal(received("udp") + udpDropped, udp.records);
    assert.equal(fluent.acknowledgedRecords, fluent.records);
    assert.equal(ledger.settled["delivered"], delivered.numbers.length);
    assert.equal(delivered.events, delivered.numbers.length);
    assert.deepEqual([balance("", [burst, fluent], [delivered]).lost, delivered.twofold.length, delivered.unknown], [0, 0, 0]);
    assert.deepEqual(site.imbalances, []);
    assert.equal(await site.stop(), 0);
  });
});
