import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { validSpanId, validTraceId } from "../../src/sentry/trace-ids.ts";

describe("trace ids", () => {
  it("are passed on when a tracker takes them", () => {
    assert.equal(validTraceId("5b8efff798038103d269b633813fc60c"), "5b8efff798038103d269b633813fc60c");
    assert.equal(validSpanId("eee19b7ec3c1b174"), "eee19b7ec3c1b174");
  });

  it("are dropped when they are zero, too short, upper case, or absent", () => {
    for (const id of [undefined, "", "0".repeat(32), "5b8efff7", "5B8EFFF798038103D269B633813FC60C"])
      assert.equal(validTraceId(id), undefined);
    for (const id of [undefined, "", "0".repeat(16), "eee19b7e", "EEE19B7EC3C1B174"]) assert.equal(validSpanId(id), undefined);
  });
});
