import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { scrubber, type ScrubOptions } from "../../../src/processors/scrub/record.ts";
import { newRecord } from "../../../src/record/record.ts";

const FROM = { input: "edge", peer: "", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };
const NONE: ScrubOptions = { enabled: true, keys: [], patterns: [], allow: [], allow_values: [], hash: false, hash_key: "" };

const value = fc.oneof(
  fc.constantFrom("served 17", "password=hunter2", "Bearer abcdef123456", "4111 1111 1111 1111", "KD-123456", "hunter2", ""),
  fc.constantFrom(17, 4_111_111_111_111_111, 1_767_323_045_123, -1.5),
  fc.string({ maxLength: 20 }),
);
const field = fc.constantFrom(
  undefined,
  "team",
  "password",
  "Password",
  "token",
  "national_id",
  "page_token",
  "x.api.key",
  "AKIAIOSFODNN7EXAMPLE1",
);
const options = fc.constantFrom<ScrubOptions>(
  NONE,
  { ...NONE, keys: ["national id"], allow: ["page_token"] },
  { ...NONE, patterns: [{ name: "customer", pattern: "KD-\\d{6}" }] },
  { ...NONE, allow_values: ["4111 1111 1111 1111", "hunter?"], hash: true },
  { ...NONE, allow: ["message", "password"] },
);

/** Whether scrub leaves a record alone that has the value there. */
function isLeft(given: ScrubOptions, what: string | number, where: string | undefined): boolean {
  const record = newRecord(FROM, where === undefined ? String(what) : "served");
  if (where !== undefined) record.fields.set(where, what);
  const before = structuredClone(record);
  scrubber(given).process(record);
  return JSON.stringify([record.message, ...record.fields]) === JSON.stringify([before.message, ...before.fields]);
}

describe("scrubber", () => {
  it("says of no value that it leaves it, and then changes it", () => {
    let certain = 0;
    fc.assert(
      fc.property(options, value, field, (given, what, where) => {
        const { leaves, leavesAt } = scrubber(given);
        const bytes = Buffer.from(String(what));
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const isSure = leaves?.(where === undefined ? String(what) : what, where) === true;
        const isSureAt = typeof what === "string" && leavesAt?.(view, 0, bytes.length, where) === true;
        if (isSure || isSureAt) {
          certain += 1;
          assert.ok(isLeft(given, what, where));
        }
      }),
      { numRuns: 990 },
    );
    assert.ok(certain > 300, "hardly ever sure");
  });

  it("counts nothing when it only looks", () => {
    const { leaves, leavesAt, takeCounts } = scrubber(NONE);
    takeCounts?.();

    assert.equal(leaves?.("password=hunter2", undefined), false);
    assert.equal(leavesAt?.(new DataView(new ArrayBuffer(4)), 0, 4, "password"), false);
    assert.equal(takeCounts?.(), undefined);
  });
});
