import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Aside, cargoOf, type Cargo } from "../../../src/pipeline/delivery/aside.ts";
import { parcel } from "../../support/parcels.ts";

function cargo(bornMs: number, strikes: number): { cargo: Cargo; released: () => number } {
  let released = 0;
  const lease = {
    parcels: [parcel({ bornMs })],
    ack: () => assert.fail("nothing has settled"),
    release: () => void (released += 1),
    split: () => assert.fail("nothing is split"),
  };
  return { cargo: { ...cargoOf(lease, "error"), strikes }, released: () => released };
}

describe("what is set aside", () => {
  it("comes back in the order of its times, by category", () => {
    const aside = new Aside();
    const [late, early] = [cargo(1, 1), cargo(2, 1)];
    aside.add(late.cargo, 50);
    aside.add(early.cargo, 20);
    aside.add({ ...early.cargo, category: "log_item" }, 10);

    assert.deepEqual([aside.dueMs("error"), aside.dueMs("log_item")], [20, 10]);
    assert.equal(aside.take("error"), early.cargo);
    assert.equal(aside.take("error"), late.cargo);
    assert.deepEqual([aside.take("error"), aside.dueMs("error"), aside.size], [undefined, undefined, 1]);
  });

  it("is bounded: what fails beyond that goes back to the queue, halves of what was too large do not count", () => {
    const aside = new Aside();
    const failed = Array.from({ length: 70 }, (_, i) => cargo(i, 1));
    for (let i = 0; i < 200; i += 1) aside.add(cargo(i, 0).cargo, 1_000);
    assert.equal(aside.full, false);
    for (const { cargo: one } of failed) aside.add(one, 0);

    assert.deepEqual([aside.full, aside.size], [true, 264]);
    assert.deepEqual(
      failed.map(({ released }) => released()),
      Array.from({ length: 70 }, (_, i) => (i < 64 ? 0 : 1)),
    );
    aside.take("error");
    assert.equal(aside.full, false);
  });

  it("is given back when it is too old, or when all is over", () => {
    const aside = new Aside();
    const [old, young] = [cargo(100, 1), cargo(200, 1)];
    aside.add(old.cargo, 0);
    aside.add(young.cargo, 0);

    aside.releaseOlder(200);
    assert.deepEqual([old.released(), young.released(), aside.size], [1, 0, 1]);
    aside.releaseAll();
    assert.deepEqual([old.released(), young.released(), aside.size], [1, 1, 0]);
  });
});
