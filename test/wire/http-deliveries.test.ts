import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HttpDeliveries } from "../../src/wire/http-deliveries.ts";
import { NOT_SAFE, type HttpAnswer } from "../../src/wire/http-post.ts";
import { RecordingHost } from "../support/input-host.ts";

const ACCEPTED: HttpAnswer = { status: 202 };

/** Deliveries, and the positions they were given. */
class Seen {
  readonly host = new RecordingHost();
  readonly deliveries: HttpDeliveries;
  readonly positions: string[] = [];

  constructor(timeoutMs = 60_000) {
    this.deliveries = new HttpDeliveries(this.host, timeoutMs);
  }

  /** Delivers a body; what it is answered, and the position it had. */
  async deliver(text: string, outcome: HttpAnswer, peer = "10.0.0.7"): Promise<string> {
    const request = { body: Buffer.from(text), peer, hold: () => true };
    const post = async ({ position }: { readonly position: string }): Promise<HttpAnswer> => {
      this.positions.push(position);
      return outcome;
    };
    assert.equal(await this.deliveries.begin(post, request).answer, outcome);
    return this.positions.at(-1) ?? "";
  }
}

describe("HttpDeliveries", () => {
  it("takes identical bodies for separate ones as long as they are safe", async () => {
    const seen = new Seen();
    for (let i = 0; i < 3; i += 1) await seen.deliver("same", ACCEPTED);

    assert.equal(new Set(seen.positions).size, 3);
    assert.deepEqual(seen.host.complaints, []);
  });

  it("takes a body for a repetition once, when it was not safe and comes again from the same sender", async () => {
    const seen = new Seen();
    const failed = await seen.deliver("body", NOT_SAFE);
    const [otherBody, otherSender] = [await seen.deliver("other", ACCEPTED), await seen.deliver("body", ACCEPTED, "10.0.0.8")];

    const again = await seen.deliver("body", NOT_SAFE);
    const repeated = await seen.deliver("body", ACCEPTED);
    const separate = await seen.deliver("body", ACCEPTED);

    assert.deepEqual([again, repeated], [failed, failed]);
    assert.equal(new Set([failed, otherBody, otherSender, separate]).size, 4);
    assert.deepEqual(
      seen.host.complaints.map(({ cause, peer }) => [cause, peer]),
      [
        ["not_safe_in_time", "10.0.0.7"],
        ["not_safe_in_time", "10.0.0.7"],
      ],
    );
  });

  it("answers failure in time whatever the intake does, and knows the repetition before the intake lets go", async () => {
    const seen = new Seen(0);
    let first = "";
    let letGo: (answer: HttpAnswer) => void = () => {};
    const request = { body: Buffer.from("body"), peer: "10.0.0.7", hold: () => true };
    const stuck = seen.deliveries.begin(({ position }) => {
      first = position;
      return new Promise((resolve) => (letGo = resolve));
    }, request);
    // The deadline's own timer does not keep a process alive.
    const alive = setInterval(() => {}, 1_000);

    assert.equal(await stuck.answer, NOT_SAFE);
    clearInterval(alive);
    assert.equal(seen.deliveries.overdue, 1);
    assert.equal(await seen.deliver("body", ACCEPTED), first);
    letGo(ACCEPTED);
    await stuck.done;
    await new Promise((resolve) => setImmediate(resolve));

    assert.equal(seen.deliveries.overdue, 0);
    assert.equal(await stuck.answer, NOT_SAFE);
  });

  it("forgets the oldest of very many that failed", async () => {
    const seen = new Seen();
    const first = await seen.deliver("0", NOT_SAFE);
    const second = await seen.deliver("1", NOT_SAFE);
    for (let i = 2; i <= 10_000; i += 1) await seen.deliver(String(i), NOT_SAFE);

    assert.notEqual(await seen.deliver("0", ACCEPTED), first);
    assert.equal(await seen.deliver("1", ACCEPTED), second);
  });
});
