import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createLogger } from "../../../src/base/log.ts";
import type { Upstream } from "../../../src/component/delivery.ts";
import type { UpstreamWish } from "../../../src/component/wished-upstream.ts";
import { loadConfig } from "../../../src/config/config.ts";
import { Tenants } from "../../../src/pipeline/tenants/tenants.ts";
import { destinationOf, rateIn, rationName } from "../../../src/record/rationed.ts";
import { ManualClock } from "../../support/clock.ts";
import { upstreamHost } from "../../support/upstream-host.ts";

const DAY_MS = 24 * 3_600_000;
const UPSTREAMS = `
upstreams:
  default: { type: sentry, dsn: "https://defaultkey@sentry.example/1", concurrency: 3 }
  payments: { type: sentry, dsn: "https://paymentskey@pay.example/7", allow_dsn_hosts: ["*.pay.example"], concurrency: 5 }
`;

interface Setting {
  readonly text?: string;
  readonly clock?: ManualClock;
  readonly busy?: ReadonlySet<string>;
}

describe("tenants", () => {
  let dataDir: string;

  before(() => {
    dataDir = mkdtempSync(join(tmpdir(), "crumbtrail-tenants-"));
  });

  after(() => rmSync(dataDir, { recursive: true }));

  function tenants({ text = UPSTREAMS, clock = new ManualClock(), busy = new Set() }: Setting = {}, kept = false) {
    const loaded = loadConfig({ file: "relay.yml", text, env: {} });
    assert.ok("config" in loaded, JSON.stringify(loaded));
    const { config } = loaded;
    const upstreams = new Map(config.upstreams.map(({ name, spec, config: own }) => [name, spec.create(own, upstreamHost())]));
    const added = new Map<string, Upstream>();
    const complaints: string[] = [];
    const made = new Tenants({
      config: { ...config, dataDir: kept ? dataDir : undefined },
      upstreams,
      clock,
      log: createLogger("silent"),
      host: () => upstreamHost(),
      dispatcher: {
        add: (name, upstream) => void added.set(name, upstream),
        remove: (name) => !busy.has(name) && added.delete(name),
      },
    });
    const ask = (wish: Partial<UpstreamWish>): string | undefined =>
      made.upstreamFor(
        { from: "pod shop/web-0", upstream: undefined, dsn: undefined, rate: undefined, sharers: "shop/Deployment/web", ...wish },
        ({ message }) => void complaints.push(message),
      );
    return { made, ask, added, complaints };
  }

  it("are made for each DSN once, named after their project without a key, with the settings of who allows them", () => {
    const { made, ask, added, complaints } = tenants();
    const one = ask({ dsn: "https://onekey@sentry.example/42" });
    assert.match(one ?? "", /^https:\/\/sentry\.example\/42#[0-9a-f]{8}$/);
    assert.equal(ask({ dsn: " https://onekey@sentry.example/42/", from: "pod shop/web-1" }), one);
    const other = ask({ dsn: "https://otherkey@eu.pay.example/8" });
    assert.notEqual(ask({ dsn: "https://otherkey@sentry.example/42" }), one);

    assert.equal(added.get(one ?? "")?.pace.concurrency, 3);
    assert.equal(added.get(other ?? "")?.pace.concurrency, 5);
    assert.deepEqual([made.names.length, complaints], [3, []]);
    assert.doesNotMatch(made.names.join(), /onekey|otherkey/);
  });

  it("are none where the configuration has an upstream to that project anyway", () => {
    const { made, ask } = tenants();
    assert.equal(ask({ dsn: "https://defaultkey@sentry.example/1" }), "default");
    assert.deepEqual(made.names, []);
  });

  it("never lead to a host that nobody allowed: that is told and counted once for each pod, and no key with it", () => {
    const { made, ask, added, complaints } = tenants();
    for (const from of ["pod shop/web-0", "pod shop/web-0", "pod shop/web-1"]) {
      assert.equal(ask({ from, dsn: "http://secretkey@169.254.169.254/latest/1" }), undefined);
    }
    // Of the default upstream's refusal, not of the other's.
    assert.equal(ask({ dsn: "https://secretkey@pay.example/9" }), undefined);
    assert.equal(ask({ dsn: "secretkey" }), undefined);

    assert.equal(added.size, 0);
    assert.deepEqual([made.refusals.counts.get("dsn_foreign"), made.refusals.counts.get("dsn_invalid")], [3, 1]);
    assert.equal(complaints.length, 4);
    assert.match(
      complaints[0] ?? "",
      /^the annotations of pod shop\/web-0, .*http:\/\/169\.254\.169\.254 is not among the allow_dsn_hosts/,
    );
    for (const complaint of complaints) assert.doesNotMatch(complaint, /secretkey/);
  });

  it("are none where events are only printed", () => {
    const { ask, complaints } = tenants({ text: "upstreams: { default: { type: console } }" });
    assert.equal(ask({ dsn: "https://k@sentry.example/1" }), undefined);
    assert.equal(complaints.length, 1);
  });

  it("give way to an upstream that may be chosen by its name", () => {
    const { made, ask } = tenants();
    assert.equal(ask({ upstream: "payments", dsn: "https://onekey@sentry.example/42" }), "payments");
    assert.deepEqual(made.names, []);
  });

  it("ration the events of a workload, wherever they go", () => {
    const { ask } = tenants();
    const rate = { count: 100, perMs: 60_000 };
    const sharers = "shop/Deployment/web";
    assert.equal(ask({ rate: "100/min" }), rationName({ upstream: "default", rate, sharers }));
    assert.equal(ask({ rate: "100/min", upstream: "payments" }), rationName({ upstream: "payments", rate, sharers }));
    const rationed = ask({ rate: " 100 / 1m ", dsn: "https://onekey@sentry.example/42" }) ?? "";
    assert.match(destinationOf(rationed), /^https:\/\/sentry\.example\/42#/);
    assert.deepEqual(rateIn(rationed), rate);
    assert.deepEqual(rateIn(ask({ rate: "5/s", dsn: "nonsense" }) ?? ""), { count: 5, perMs: 1_000 });
  });

  it("heed no rate that is none, has a window without sense, or has no storm control to count for it", () => {
    const { made, ask, complaints } = tenants();
    for (const rate of ["many", "0/min", "1/1ms", "1/9d", `${"9".repeat(30)}/min`, "9".repeat(5_000)])
      assert.equal(ask({ rate }), undefined, rate);
    assert.equal(made.refusals.counts.get("rate_invalid"), 6);
    assert.ok(complaints.every((complaint) => complaint.length < 500));

    const calm = tenants({ text: `${UPSTREAMS}\npolicy: { storm: "off" }` });
    assert.equal(calm.ask({ rate: "100/min" }), undefined);
    assert.equal(calm.made.refusals.counts.get("rate_without_storm"), 1);
  });

  it("are a hundred at most: one more is refused, and those that are there stay", () => {
    const { made, ask } = tenants();
    const names = Array.from({ length: 101 }, (_, i) => ask({ dsn: `https://k@sentry.example/${i + 10}` }));
    assert.equal(new Set(names.slice(0, 100)).size, 100);
    assert.equal(names[100], undefined);
    assert.equal(ask({ dsn: "https://k@sentry.example/10" }), names[0]);
    assert.deepEqual([made.names.length, made.refusals.counts.get("too_many_dsns")], [100, 1]);
  });

  it("are there again after a restart, as far as they are still allowed, and make room while nobody asks for them", async () => {
    const clock = new ManualClock(1_700_000_000_000);
    const first = tenants({ clock }, true);
    const old = first.ask({ dsn: "https://oldkey@sentry.example/9" }) ?? "";
    clock.advance(31 * DAY_MS);
    const names = Array.from({ length: 99 }, (_, i) => first.ask({ dsn: `https://k@sentry.example/${i + 10}` }) ?? "");
    await first.made.stop(AbortSignal.abort());
    assert.match(readFileSync(join(dataDir, "tenants.json"), "utf8"), /oldkey/);

    const second = tenants({ clock }, true);
    await second.made.restore((name) => name === old);
    assert.deepEqual([...second.made.names].sort(), [old, ...names].sort());
    assert.deepEqual([...second.added.keys()].sort(), [old, ...names].sort());

    const third = tenants({ clock }, true);
    await third.made.restore(() => false);
    assert.deepEqual([...third.made.names].sort(), [...names].sort());

    const foreign = tenants({ clock, text: UPSTREAMS.replaceAll("sentry.example", "tracker.example") }, true);
    await foreign.made.restore(() => true);
    assert.deepEqual(foreign.made.names, []);

    const full = tenants({ clock, busy: new Set([old]) }, true);
    await full.made.restore(() => true);
    assert.equal(full.ask({ dsn: "https://k@sentry.example/10" }), names[0]);
    const more = Array.from({ length: 99 }, (_, i) => full.ask({ dsn: `https://new@sentry.example/${i + 10}` }));
    // The one that waits for something stays, and the one that was asked for.
    assert.equal(more.filter((name) => name !== undefined).length, 98);
    assert.deepEqual([full.made.has(old), full.made.has(names[0] ?? ""), full.made.names.length], [true, true, 100]);
  });

  it("are made no more once the relay stops", async () => {
    const { made, ask, added } = tenants();
    await made.stop(AbortSignal.abort());
    assert.equal(ask({ dsn: "https://k@sentry.example/10" }), undefined);
    assert.equal(added.size, 0);
  });
});
