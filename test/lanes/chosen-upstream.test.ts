import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { route } from "../../src/processors/route.ts";
import { packFrames } from "../../src/record/batch.ts";
import { ManualClock } from "../support/clock.ts";
import { defaultLane } from "../support/default-lane.ts";
import { processorHost } from "../support/processing.ts";
import { provenance } from "../support/provenance.ts";

const rules = [{ match: { service: "shop" }, upstream: "shops" }];
const frames = packFrames(
  [
    '{"level":"error","msg":"one"}',
    '{"level":"error","msg":"two","service":"shop"}',
    '{"level":"error","msg":"three","upstream":"evil"}',
  ].map((line) => Buffer.from(line)),
);

function upstreams(upstream: string | undefined): string[] {
  const processors = [route.create(route.config.parse({ rules }), processorHost())];
  const lane = defaultLane({ clock: new ManualClock(), processors });
  const from = provenance({ upstream });
  return lane.run({ codec: "json", from, frames, position: undefined }, 0).parcels.map((parcel) => parcel.upstream);
}

describe("the upstream that the sender of a batch has chosen", () => {
  it("takes what no route claims, and nothing that a record says changes that", () => {
    assert.deepEqual(upstreams("payments"), ["payments", "shops", "payments"]);
  });

  it("is the default one where none was chosen", () => {
    assert.deepEqual(upstreams(undefined), ["default", "shops", "default"]);
  });
});
