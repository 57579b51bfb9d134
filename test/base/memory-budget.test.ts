import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MemoryBudget, type Holding, type MemoryShare } from "../../src/base/memory-budget.ts";

/** Holdings that write down who was evicted. */
function holdings(share: MemoryShare, names: string, evicted: string[]): Holding[] {
  return names.split("").map((name) => share.holding(() => void evicted.push(name)));
}

describe("what a MemoryBudget gives to unfinished messages", () => {
  it("is taken from the largest when there is no more, and never from a small one", () => {
    const evicted: string[] = [];
    const share = new MemoryBudget(1_000).share();
    const [small, large, huge] = holdings(share, "slh", evicted);
    huge?.resize(500);
    large?.resize(300);
    small?.resize(10);
    large?.resize(500);
    assert.deepEqual(evicted, ["h"], "the one that had most");
    assert.equal(share.looseBytes, 510);

    huge?.resize(495);
    assert.deepEqual(evicted, ["h", "l"]);
    assert.deepEqual([small?.bytes, large?.bytes, huge?.bytes], [10, 0, 495]);
  });

  it("is taken from whoever is unfinished for longest, among those of about one size", () => {
    const evicted: string[] = [];
    const share = new MemoryBudget(1_000).share();
    const [first, second, third] = holdings(share, "123", evicted);
    first?.resize(400);
    second?.resize(450);
    third?.resize(300);
    assert.deepEqual(evicted, ["1"]);
  });

  it("may be the asker's own, before the call returns", () => {
    const evicted: string[] = [];
    const share = new MemoryBudget(1_000).share();
    const [small, large] = holdings(share, "sl", evicted);
    small?.resize(100);
    large?.resize(2_000);
    assert.deepEqual([evicted, large?.bytes, small?.bytes], [["l"], 0, 100]);
  });

  it("is taken from the input that holds most of it, though another has the largest message", () => {
    const evicted: string[] = [];
    const budget = new MemoryBudget(1_000);
    const [victim, other] = [budget.share(), budget.share()];
    const [attacked] = holdings(other, "o", evicted);
    attacked?.resize(300);
    for (const holding of holdings(victim, "abcdefgh", evicted)) holding.resize(100);
    assert.deepEqual(evicted, ["a"]);
    assert.equal(attacked?.bytes, 300);
  });

  it("keeps to the limit of its input as well", () => {
    const evicted: string[] = [];
    const share = new MemoryBudget(Infinity).share();
    share.limitLoose(100);
    const [first, second] = holdings(share, "12", evicted);
    first?.resize(60);
    second?.resize(41);
    assert.deepEqual([evicted, share.looseBytes], [["1"], 41]);
  });

  it("can be let go of in part", () => {
    const share = new MemoryBudget(1_000).share();
    const store: Holding = share.holding(() => store.resize(store.bytes / 2));
    store.resize(3_000);
    assert.equal(store.bytes, 750);
  });

  it("becomes less while memory is short, at once", () => {
    const evicted: string[] = [];
    const budget = new MemoryBudget(1_000);
    const [first, second] = holdings(budget.share(), "12", evicted);
    first?.resize(400);
    second?.resize(100);
    budget.narrow(1 / 4);
    assert.deepEqual([evicted, budget.held], [["1"], 100]);
    budget.narrow(1);
    first?.resize(900);
    assert.deepEqual(evicted, ["1"]);
  });
});

describe("what a MemoryBudget gives to whole messages", () => {
  it("is half of it, and all of it to one that is alone", () => {
    const budget = new MemoryBudget(1_000);
    const [one, other] = [budget.share(), budget.share()];
    assert.equal(one.take(300), true);
    assert.equal(other.take(300), false);
    assert.equal(other.take(200), true);
    other.give(200);
    assert.equal(one.take(5_000, 300), true, "with what it has already it is still alone");
    assert.equal(other.take(1), false);
    one.give(5_300);
    assert.equal(budget.held, 0);
  });

  it("is all of it to one beside which there is next to nothing", () => {
    const budget = new MemoryBudget(1_600);
    const [one, other] = [budget.share(), budget.share()];
    other.hold(100);
    assert.equal(one.take(2_000), true);
    one.give(2_000);
    other.hold(1);
    assert.equal(one.take(2_000), false);
  });

  it("comes before unfinished ones, which keep a quarter", () => {
    const evicted: string[] = [];
    const share = new MemoryBudget(1_000).share();
    for (const holding of holdings(share, "abcd", evicted)) holding.resize(200);
    share.hold(5_000);
    assert.deepEqual([evicted, share.looseBytes], [["a", "b", "c"], 200]);
  });

  it("says when nothing more should be read, and when it may be again", () => {
    const told: boolean[] = [];
    const budget = new MemoryBudget(1_000);
    const share = budget.share();
    const end = budget.watch((crowded) => told.push(crowded));
    share.hold(499);
    assert.deepEqual([told, budget.isCrowded], [[], false]);
    share.hold(1);
    share.give(200);
    assert.deepEqual([told, budget.isCrowded], [[true], true]);
    share.give(51);
    assert.deepEqual([told, budget.isCrowded], [[true, false], false]);
    end();
    share.hold(2_000);
    assert.deepEqual(told, [true, false]);
  });
});

describe("what a MemoryBudget gives to connections", () => {
  it("is three quarters of it", () => {
    const budget = new MemoryBudget(1_000);
    const share = budget.share();
    assert.deepEqual([share.enter(650), share.enter(101), share.enter(100)], [true, false, true]);
    assert.equal(share.take(500), true, "there is room for what they send all the same");
    share.leave(750);
    assert.equal(budget.held, 500);
  });

  it("cannot be taken by those of one input alone", () => {
    const budget = new MemoryBudget(1_000);
    const [one, other] = [budget.share(), budget.share()];
    assert.deepEqual([one.enter(750), one.enter(1)], [true, false]);
    assert.deepEqual([other.enter(375), other.enter(1)], [true, false]);
    other.leave(375);
    one.leave(750);
    assert.equal(budget.held, 0);
  });
});

describe("a MemoryBudget", () => {
  it("stays within its bounds and has everything back in the end, whatever inputs do", () => {
    const step = fc.record({
      share: fc.nat(2),
      kind: fc.constantFrom("resize", "take", "hold", "give", "enter", "narrow"),
      holding: fc.nat(4),
      bytes: fc.nat(700),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const budget = new MemoryBudget(1_000);
        const made = [0, 1, 2].map(() => {
          const share = budget.share();
          return { share, firm: 0, standing: 0, holdings: holdings(share, "01234", []) };
        });
        for (const { share: at, kind, holding, bytes } of steps) {
          const one = made[at] ?? assert.fail();
          if (kind === "resize") one.holdings[holding]?.resize(bytes);
          if (kind === "narrow") budget.narrow(bytes < 350 ? 1 / 8 : 1);
          if (kind === "enter" && one.share.enter(bytes)) one.standing += bytes;
          if (kind === "hold") one.share.hold(bytes);
          if (kind === "hold" || (kind === "take" && one.share.take(bytes, one.firm))) one.firm += bytes;
          if (kind === "give") {
            one.share.give(one.firm);
            one.firm = 0;
          }
          const sum = (of: (part: (typeof made)[number]) => number): number => made.reduce((total, part) => total + of(part), 0);
          const loose = sum(({ holdings: all }) => all.reduce((total, held) => total + held.bytes, 0));
          const [firm, standing] = [sum((part) => part.firm), sum((part) => part.standing)];
          assert.equal(budget.held, loose + firm + standing);
          assert.ok(loose <= Math.max(budget.limit / 4, budget.limit - firm - standing), `${loose} loose of ${budget.limit}`);
        }
        for (const { share, firm, standing, holdings: all } of made) {
          for (const holding of all) holding.release();
          share.give(firm);
          share.leave(standing);
          assert.equal(share.looseBytes, 0);
        }
        assert.deepEqual([budget.held, budget.isCrowded], [0, false]);
      }),
      { numRuns: Number(process.env["CRUMBTRAIL_RUNS"] ?? 100) },
    );
  });
});
