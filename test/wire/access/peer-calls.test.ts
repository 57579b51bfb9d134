import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PeerCalls } from "../../../src/wire/access/peer-calls.ts";

describe("calls of each sender", () => {
  it("are let in up to a number for each, and again when others are over", () => {
    const calls = new PeerCalls(2);
    assert.deepEqual([calls.enter("10.0.0.1"), calls.enter("10.0.0.1"), calls.enter("10.0.0.1")], [true, true, false]);
    assert.equal(calls.enter("10.0.0.2"), true);
    calls.leave("10.0.0.1");
    assert.deepEqual([calls.enter("10.0.0.1"), calls.enter("10.0.0.1")], [true, false]);
  });

  it("are those of one /64 where addresses are IPv6", () => {
    const calls = new PeerCalls(1);
    assert.deepEqual(
      [calls.enter("2001:db8::1"), calls.enter("2001:db8::2"), calls.enter("2001:db8:0:1::1")],
      [true, false, true],
    );
  });
});
