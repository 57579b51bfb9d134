import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { frameBytes, writeFrame } from "../../../src/queues/disk/frame.ts";
import { scanSegment } from "../../../src/queues/disk/scan.ts";
import { sized, temporary } from "./support.ts";

describe("scan of a segment", () => {
  it("comes to an end at whatever byte somebody cut the file short while it was in use", async () => {
    const parcels = [sized(40), sized(40)];
    const length = parcels.reduce((sum, parcel) => sum + frameBytes(parcel), 0);
    const bytes = Buffer.alloc(length);
    let at = 0;
    const ends = parcels.map((parcel, i) => (at += writeFrame(bytes, at, i, parcel).bytes));
    const path = join(temporary(), "segment");
    for (let kept = 0; kept <= length; kept += 1) {
      writeFileSync(path, bytes.subarray(0, kept));
      const found: number[] = [];
      const gaps: number[] = [];

      await scanSegment(path, length, {
        frame: ({ offset, bytes: size }) => void found.push(offset + size),
        gap: ({ from, to }) => void gaps.push(from, to),
      });

      const whole = ends.filter((end) => end <= kept);
      assert.deepEqual(found, whole, `cut at ${kept}`);
      assert.deepEqual(gaps, kept === (whole.at(-1) ?? 0) ? [] : [whole.at(-1) ?? 0, kept], `cut at ${kept}`);
    }
  });
});
