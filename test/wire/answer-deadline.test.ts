import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { AnswerDeadline } from "../../src/wire/answer-deadline.ts";
import { ManualClock } from "../support/clock.ts";

/** Moves the clock and the timers alike. */
function passes(clock: ManualClock, ms: number): void {
  for (let passed = 0; passed < ms; passed += 250) {
    clock.advance(250);
    mock.timers.tick(250);
  }
}

describe("AnswerDeadline", () => {
  it("ends when the sender's patience does, if that is earlier than its own", () => {
    const clock = new ManualClock();
    clock.advance(1_000);
    const deadline = new AnswerDeadline(clock, 30_000);

    assert.equal(deadline.untilMs(), 31_000);
    assert.equal(deadline.untilMs(clock.nowMs() + 60_000), 31_000);
    assert.equal(deadline.untilMs(clock.nowMs() + 5_000), 6_000);
    assert.equal(deadline.untilMs(Infinity), 31_000);
    assert.equal(deadline.name, "30s (ack_timeout)");
  });

  it("gives up once what is owed when its moment has clearly passed, and nothing that was answered before", (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const clock = new ManualClock();
    const deadline = new AnswerDeadline(clock, 1_000);
    const late: string[] = [];
    const owed = (name: string, untilMs = deadline.untilMs()) =>
      deadline.watch({ untilMs, bytes: 10, late: () => late.push(name) });

    owed("first");
    const second = owed("second");
    owed("with the sender's own", 200);
    passes(clock, 1_000);
    assert.deepEqual(late, ["with the sender's own"], "the intake has its chance to answer in time");
    second();
    passes(clock, 1_000);
    assert.deepEqual(late, ["with the sender's own", "first"]);
    owed("later");
    passes(clock, 5_000);

    assert.deepEqual(late, ["with the sender's own", "first", "later"]);
  });

  it("counts what is overdue until the intake has let go of it", (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const clock = new ManualClock();
    const deadline = new AnswerDeadline(clock, 100);
    const done = [10, 20, 30].map((bytes) => deadline.watch({ untilMs: deadline.untilMs(), bytes, late: () => {} }));

    done[0]?.();
    assert.deepEqual([deadline.overdue, deadline.overdueBytes], [0, 0]);
    passes(clock, 1_000);
    assert.deepEqual([deadline.overdue, deadline.overdueBytes], [2, 50]);
    done[1]?.();
    done[2]?.();

    assert.deepEqual([deadline.overdue, deadline.overdueBytes], [0, 0]);
  });
});
