import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ForwardGuesses } from "../../src/wire/forward-guesses.ts";
import { ManualClock } from "../support/clock.ts";

describe("ForwardGuesses", () => {
  it("lets those wait who failed in the last minute, and nobody else", async () => {
    const clock = new ManualClock();
    const guesses = new ForwardGuesses(clock, 1);
    assert.equal(guesses.turn("10.0.0.1"), undefined);

    guesses.failed("10.0.0.1");

    await guesses.turn("10.0.0.1");
    assert.ok(guesses.turn("10.0.0.1") instanceof Promise);
    assert.equal(guesses.turn("10.0.0.2"), undefined);
    clock.advance(60_000);
    assert.equal(guesses.turn("10.0.0.1"), undefined);
  });

  it("lets sixteen of a peer wait at once, and refuses more until one of them had its turn", async () => {
    const guesses = new ForwardGuesses(new ManualClock(), 5);
    guesses.failed("10.0.0.1");
    const waiting = Array.from({ length: 16 }, () => guesses.turn("10.0.0.1"));
    assert.ok(waiting.every((turn) => turn instanceof Promise));
    assert.equal(guesses.turn("10.0.0.1"), "never");
    guesses.failed("10.0.0.1");
    assert.equal(guesses.turn("10.0.0.1"), "never", "a failure does not make room");

    await Promise.all(waiting);

    assert.ok(guesses.turn("10.0.0.1") instanceof Promise);
  });

  it("takes a /64 of IPv6 for one peer", () => {
    const guesses = new ForwardGuesses(new ManualClock(), 1);
    guesses.failed("2001:db8::1");
    for (const same of ["2001:db8::2", "2001:db8::ffff:1:2:3", "2001:db8:0:0:5:6:7:8"])
      assert.ok(guesses.turn(same) instanceof Promise, same);
    for (const other of ["2001:db8:0:1::1", "2001:db8:1::1", "::1", "fe80::1"])
      assert.equal(guesses.turn(other), undefined, other);
    guesses.failed("1::2:3:4:5:6:7");
    assert.ok(guesses.turn("1:0:2:3::") instanceof Promise);
  });

  it("remembers so many peers and forgets the one whose failure is oldest", () => {
    const guesses = new ForwardGuesses(new ManualClock(), 1);
    const peer = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    for (let i = 0; i < 4_096; i += 1) guesses.failed(peer(i));
    guesses.failed(peer(0));
    guesses.failed(peer(4_096));
    assert.ok(guesses.turn(peer(0)) instanceof Promise);
    assert.equal(guesses.turn(peer(1)), undefined);
    assert.ok(guesses.turn(peer(2)) instanceof Promise);
  });
});
