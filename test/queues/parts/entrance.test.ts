import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { Budget } from "../../../src/queues/parts/budget.ts";
import { Entrance, type WhenFull } from "../../../src/queues/parts/entrance.ts";
import type { Parcel } from "../../../src/record/parcel.ts";
import { parcel } from "../../support/parcels.ts";

/** An entrance to a list. */
function entranceTo(maxBytes: number, whenFull: WhenFull = "block", upstreams: readonly string[] = ["default"]) {
  const inside: Parcel[] = [];
  const away: (readonly [Parcel, string])[] = [];
  const budget = new Budget(maxBytes, upstreams);
  const leave = (index: number): void => {
    for (const gone of inside.splice(index, 1)) budget.remove(gone.upstream, gone.body.length);
  };
  const entrance = new Entrance({
    budget,
    whenFull,
    clock: systemClock,
    size: ({ body }) => body.length,
    admit: (admitted) => {
      inside.push(admitted);
      budget.add(admitted.upstream, admitted.body.length);
    },
    shed: (mayLose) => {
      const index = inside.findIndex(({ upstream }) => mayLose(upstream));
      if (index === -1) return false;
      away.push([inside[index] as Parcel, "shed"]);
      leave(index);
      return true;
    },
    turnedAway: (parcels, cause) => {
      for (const one of parcels) away.push([one, cause]);
    },
  });
  const takeOut = (): void => {
    leave(0);
    entrance.freed();
  };
  return { entrance, inside, away, takeOut };
}

const sized = (bytes: number, upstream = "default"): Parcel => parcel({ body: Buffer.alloc(bytes), upstream });

describe("Entrance", () => {
  it("lets in what fits and makes the rest of a push wait, in order, though a later part would fit", async () => {
    const { entrance, inside, takeOut } = entranceTo(10);
    const [a, b, c] = [sized(8), sized(5), sized(2)];

    const pushed = entrance.push([a, b, c], Infinity);

    assert.deepEqual(inside, [a]);
    assert.equal(entrance.records, 2);
    assert.equal(entrance.full, true);
    takeOut();
    assert.equal(await pushed, true);
    assert.deepEqual(inside, [b, c]);
    assert.equal(entrance.full, false);
  });

  it("turns away at once what its upstream could not hold in an empty queue, and nothing else for it", () => {
    for (const whenFull of ["block", "drop_oldest", "drop_newest"] as const) {
      const { entrance, inside, away } = entranceTo(100, whenFull, ["default", "payments"]);
      const [small, huge, after] = [sized(10), sized(76), sized(65)];

      assert.equal(entrance.push([small, huge, after], Infinity), true, whenFull);
      assert.deepEqual(inside, [small, after]);
      assert.deepEqual(away, [[huge, "full"]]);
    }
  });

  it("keeps nobody waiting behind an upstream that has filled its share", async () => {
    const { entrance, inside } = entranceTo(100, "block", ["default", "payments"]);
    void entrance.push([sized(75)], Infinity);
    const stuck = sized(10);
    void entrance.push([stuck], Infinity);
    const other = sized(20, "payments");

    assert.equal(entrance.push([other], Infinity), true);

    assert.ok(inside.includes(other));
    assert.ok(!inside.includes(stuck));
  });

  it("gives up what has no room by its deadline, and only that", async () => {
    const { entrance, away, takeOut, inside } = entranceTo(10);
    const [a, b, c] = [sized(10), sized(4), sized(3)];
    void entrance.push([a], Infinity);
    const patient = entrance.push([b], Infinity);

    assert.equal(await entrance.push([c], systemClock.tickMs() + 20), false);

    assert.deepEqual(away, [[c, "late"]]);
    assert.equal(entrance.records, 1);
    takeOut();
    assert.equal(await patient, true);
    assert.deepEqual(inside, [b]);
  });

  it("tells a push that only a part of it got in", async () => {
    const { entrance, inside, away } = entranceTo(10);
    const [a, b] = [sized(10), sized(4)];

    assert.equal(await entrance.push([a, b], systemClock.tickMs() + 10), false);

    assert.deepEqual(inside, [a]);
    assert.deepEqual(away, [[b, "late"]]);
  });

  it("drops the oldest of those that hold more than their share", () => {
    const { entrance, away, inside } = entranceTo(100, "drop_oldest", ["default", "payments"]);
    const [small, big, next] = [sized(20, "payments"), sized(70), sized(30)];
    void entrance.push([small, big], Infinity);

    void entrance.push([next], Infinity);

    assert.deepEqual(away, [[big, "shed"]]);
    assert.deepEqual(inside, [small, next]);
  });

  it("turns away what could never fit, whatever the policy", () => {
    for (const whenFull of ["block", "drop_oldest", "drop_newest"] as const) {
      const { entrance, away } = entranceTo(10, whenFull);
      const giant = sized(11);

      assert.equal(entrance.push([giant], Infinity), true);

      assert.deepEqual(away, [[giant, "full"]]);
      assert.equal(entrance.full, false);
    }
  });

  it("tells those that wait when it closes", async () => {
    const { entrance, away } = entranceTo(10);
    const waiting = sized(5);
    void entrance.push([sized(10)], Infinity);
    const pushed = entrance.push([waiting], Infinity);

    entrance.close();

    assert.equal(await pushed, false);
    assert.deepEqual(away, [[waiting, "late"]]);
  });

  it("lets nobody wait for a guest that has all it may have: the newest goes, and others get in", () => {
    const { entrance, inside, away } = entranceTo(120);
    const guest = (): Parcel => sized(10, "guest");
    for (let i = 0; i < 8; i += 1) assert.equal(entrance.push([guest()], Infinity), true);

    assert.deepEqual([inside.length, away.map(([, cause]) => cause)], [6, ["full", "full"]]);
    assert.equal(entrance.full, false);
    assert.equal(entrance.push([sized(30, "default")], Infinity), true);
    assert.equal(entrance.push([sized(10, "another guest")], Infinity), true);
    assert.deepEqual(
      inside.slice(-2).map(({ upstream }) => upstream),
      ["default", "another guest"],
    );
  });

  it("drops of a guest that is over its part only its own oldest", () => {
    const { entrance, inside, away } = entranceTo(120, "drop_oldest");
    for (let i = 0; i < 6; i += 1) entrance.push([sized(10, "default")], Infinity);
    for (let i = 0; i < 6; i += 1) entrance.push([sized(10, "guest")], Infinity);
    entrance.push([sized(10, "guest")], Infinity);

    assert.deepEqual(new Set(away.map(([parcel]) => parcel.upstream)), new Set(["guest"]));
    assert.equal(inside.filter(({ upstream }) => upstream === "default").length, 6);
  });
});
