import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Turns } from "../../../src/wire/files/turns.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Turns", () => {
  it("gives everybody a turn before anybody has a second one, one at a time each", async () => {
    const order: string[] = [];
    const left = new Map([
      ["a", 3],
      ["b", 1],
      ["c", 2],
    ]);
    const names = [...left.keys()].map((name) => ({ name }));
    const running = new Set<string>();
    const turns = new Turns<{ name: string }>(async ({ name }) => {
      assert.ok(!running.has(name));
      running.add(name);
      order.push(name);
      await settled();
      running.delete(name);
      const more = (left.get(name) ?? 0) - 1;
      left.set(name, more);
      return more > 0 ? "more" : "rest";
    });
    for (const one of names) turns.wake(one);
    for (let i = 0; i < 20; i += 1) await settled();
    assert.deepEqual(order.slice(0, 3).toSorted(), ["a", "b", "c"]);
    assert.deepEqual(order.toSorted(), ["a", "a", "a", "b", "c", "c"]);
  });

  it("has sixteen at once at most, and lets none that waits keep the others", async () => {
    let [running, most] = [0, 0];
    const stuck = { name: "stuck" };
    const turns = new Turns<object>(async (file) => {
      running += 1;
      most = Math.max(most, running);
      await (file === stuck ? new Promise(() => {}) : settled());
      running -= 1;
      return "rest";
    });
    turns.wake(stuck);
    for (let i = 0; i < 50; i += 1) turns.wake({});
    for (let i = 0; i < 50; i += 1) await settled();
    assert.deepEqual([running, most], [1, 16]);
    assert.ok(turns.isRunning(stuck));
  });

  it("gives turns to others while any number of files waits for long", async () => {
    let letGo = (): void => {};
    const room = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const taken: string[] = [];
    const turns: Turns<{ name: string }> = new Turns(async ({ name }) => {
      if (name.startsWith("stuck")) await turns.patiently(room);
      taken.push(name);
      return "rest";
    });
    for (let i = 0; i < 40; i += 1) turns.wake({ name: `stuck ${i}` });
    const free = { name: "free" };
    turns.wake(free);
    while (!taken.includes("free")) await pause(10);
    assert.deepEqual(taken, ["free"]);

    letGo();
    await turns.stop();
    assert.equal(taken.length, 41);
  });

  it("does not lose who is woken during a turn, and begins nothing once stopped", async () => {
    let turnsTaken = 0;
    const file = {};
    const turns = new Turns<object>(async () => {
      turnsTaken += 1;
      await settled();
      return "rest";
    });
    turns.wake(file);
    turns.wake(file);
    for (let i = 0; i < 5; i += 1) await settled();
    assert.equal(turnsTaken, 2);
    turns.wake(file);
    turns.wake(file);
    await turns.stop();
    turns.wake(file);
    await settled();
    assert.equal(turnsTaken, 3);
  });
});
