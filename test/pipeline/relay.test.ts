import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { createLogger } from "../../src/base/log.ts";
import { loadConfig } from "../../src/config/config.ts";
import { Relay } from "../../src/pipeline/relay.ts";
import { close, open, sized, temporary } from "../queues/disk/support.ts";

function relayOn(directory: string): Relay {
  const text = `
inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
queue: { type: disk, directory: ${JSON.stringify(directory)} }
upstreams: { default: { type: sentry, dsn: "http://key@127.0.0.1:9/1" } }
`;
  const loaded = loadConfig({ file: "relay.yml", text, env: {} });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  return new Relay(loaded, {
    clock: systemClock,
    log: createLogger("silent"),
    version: "0.0.0",
    random: Math.random,
    print() {},
    colour: false,
    nodeMetrics: false,
    keepsTrails: false,
  });
}

/** What has come in and not settled, and what the relay says is in flight. */
function books({ ledger, inFlight }: Relay): readonly [unsettled: number, inFlight: number] {
  const settled = [...ledger.settled.values()].reduce((sum, records) => sum + records, 0);
  return [ledger.receivedTotal - settled, inFlight];
}

describe("relay", () => {
  it("keeps its books balanced at every moment of a start over what an earlier process left", async () => {
    const directory = temporary();
    const left = await open(directory);
    await left.queue.push([sized(100, { input: "edge", records: 7 }), sized(100, { input: "edge" })]);
    await close(left);
    const relay = relayOn(directory);
    const looks: (readonly [number, number])[] = [];
    const look = (): void => {
      looks.push(books(relay));
      if (relay.readiness().causes.some(({ cause }) => cause === "starting")) setImmediate(look);
    };

    look();
    await relay.start(new AbortController().signal);
    looks.push(books(relay));
    await relay.stop(AbortSignal.abort());

    assert.deepEqual(looks.at(-1), [8, 8]);
    assert.deepEqual(
      looks.filter(([unsettled, inFlight]) => unsettled !== inFlight),
      [],
    );
  });
});
