import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Joiner, type Arrival, type JoinPolicy } from "../../src/lanes/joiner.ts";
import { streamOf } from "../../src/lanes/keys.ts";
import { newRecord, NO_MESSAGE } from "../../src/record/record.ts";
import { Severity } from "../../src/record/severity.ts";
import { ManualClock } from "../support/clock.ts";

const POLICY: JoinPolicy = { maxLines: 50, maxBytes: 10_000, waitMs: 300 };
const TRACE = [
  "java.lang.IllegalStateException: boom",
  "\tat com.shop.Cart.add(Cart.java:12)",
  "\tat com.shop.Cart.open(Cart.java:7)",
  "Caused by: java.io.IOException: disk",
  "\tat com.shop.Disk.write(Disk.java:99)",
  "\t... 1 more",
];

/** A raw line of a container's output; `level` is what the container said, if anything. */
function line(text: string, container = "c1", level?: number): Arrival {
  const from = { input: "edge", peer: "10.0.0.1", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };
  const record = newRecord(from, text);
  record.rawLine = true;
  record.fields.set("container_id", container);
  if (level !== undefined) {
    record.severity = level as typeof record.severity;
    record.severityStated = true;
  }
  return { record, lines: 1, owed: new Map([[1, 1]]), origin: undefined };
}

function joiner(policy: Partial<JoinPolicy> = {}): {
  under: Joiner;
  clock: ManualClock;
  out: Arrival[];
  offer: (arrival: Arrival) => void;
} {
  const clock = new ManualClock();
  const under = new Joiner({ ...POLICY, ...policy }, Severity.error, clock);
  const out: Arrival[] = [];
  const emit = (arrival: Arrival): void => void out.push(arrival);
  return { under, clock, out, offer: (arrival) => under.offer(arrival, emit) };
}

const texts = (arrivals: readonly Arrival[]): string[] => arrivals.map(({ record }) => record.message);

describe("Joiner", () => {
  it("joins the lines of a trace into one record, which is an error where no line said otherwise", () => {
    const { under, out, offer } = joiner();
    for (const text of TRACE) offer(line(text));
    offer(line("next request"));

    assert.deepEqual(texts(out), [TRACE.join("\n"), "next request"]);
    assert.deepEqual([out[0]?.lines, out[0]?.record.severity, under.held], [TRACE.length, Severity.error, 0]);
    assert.deepEqual([...(out[0]?.owed ?? [])], [[1, TRACE.length]]);
  });

  it("keeps the level of the first line where it states one", () => {
    const { under, out, offer } = joiner();
    for (const text of TRACE) offer(line(text, "c1", Severity.warning));
    under.expire(true, (arrival) => void out.push(arrival));

    assert.equal(out[0]?.record.severity, Severity.warning);
  });

  it("waits behind a loud raw line for the trace that may follow", () => {
    const { under, clock, out, offer } = joiner();
    offer(line("could not charge order 17", "c1", Severity.error));
    assert.equal(under.held, 1);
    for (const text of TRACE) offer(line(text, "c1", Severity.error));
    clock.advance(300);
    under.expire(false, (arrival) => void out.push(arrival));

    assert.deepEqual(texts(out), [["could not charge order 17", ...TRACE].join("\n")]);
  });

  it("never makes a quiet record wait", () => {
    const { under, out, offer } = joiner();
    offer(line("GET /cart 200"));
    offer(line("user 7 logged in", "c1", Severity.info));

    assert.equal(out.length, 2);
    assert.equal(under.busy, false);
  });

  it("does not make a record wait that says it is quiet and only mentions an error", () => {
    for (const text of ["retrying after java.io.IOException: reset", "Caught TypeError: x is not a function, falling back"]) {
      const { under, out, offer } = joiner();
      offer(line(text, "c1", Severity.info));
      assert.deepEqual([texts(out), under.held], [[text], 0]);
      // The same without a level may be the line above a trace.
      offer(line(text));
      assert.equal(under.held, 1);
    }
  });

  it("lets a trace go when its time is over, and not before", () => {
    const { under, clock, out, offer } = joiner();
    const emit = (arrival: Arrival): void => void out.push(arrival);
    offer(line(TRACE[0] ?? ""));
    clock.advance(299);
    under.expire(false, emit);
    assert.equal(out.length, 0);
    clock.advance(1);
    under.expire(false, emit);

    assert.equal(out.length, 1);
  });

  it("waits for each next line, so that a trace may take longer than one wait", () => {
    const { under, clock, out, offer } = joiner();
    const emit = (arrival: Arrival): void => void out.push(arrival);
    for (const text of TRACE) {
      offer(line(text));
      offer(line(text, "c2"));
      clock.advance(200);
      under.expire(false, emit);
    }
    assert.equal(out.length, 0);
    clock.advance(100);
    under.expire(false, emit);

    assert.deepEqual(texts(out), [TRACE.join("\n"), TRACE.join("\n")]);
  });

  it("takes a record without a message for the blank line between the traces of a chain", () => {
    const { under, out, offer } = joiner();
    const chain = [
      "Traceback (most recent call last):",
      '  File "/app/db.py", line 3, in connect',
      "ConnectionError: refused",
      NO_MESSAGE,
      "The above exception was the direct cause of the following exception:",
      NO_MESSAGE,
      "Traceback (most recent call last):",
      '  File "/app/main.py", line 7, in run',
      "RuntimeError: db down",
      NO_MESSAGE,
    ];
    for (const text of chain) offer(line(text));
    under.expire(true, (arrival) => void out.push(arrival));

    assert.deepEqual(texts(out), [chain.slice(0, -1).join("\n").replaceAll(NO_MESSAGE, "")]);
    assert.deepEqual([out[0]?.lines, out[0]?.record.severity], [chain.length, Severity.error]);
  });

  it("does not make an error of one line because a blank one follows", () => {
    const { under, out, offer } = joiner();
    offer(line("CacheError: miss"));
    offer(line(NO_MESSAGE));
    under.expire(true, (arrival) => void out.push(arrival));

    assert.deepEqual([texts(out), out[0]?.lines, out[0]?.record.severity], [["CacheError: miss"], 2, Severity.info]);
  });

  it("joins a trace on one output of a container while the other one prints, whatever names the output", () => {
    for (const name of ["stream", "source"]) {
      const { under, out, offer } = joiner();
      const on = (text: string, output: string): Arrival => {
        const arrival = line(text);
        arrival.record.fields.set(name, output);
        return arrival;
      };
      for (const text of TRACE) {
        offer(on(text, "stderr"));
        offer(on("tick", "stdout"));
      }
      // A quiet record must not overtake what waits on either output.
      assert.equal(under.waits(streamOf(line("").record)), true);
      offer(on("next request", "stderr"));

      assert.deepEqual(texts(out), [...TRACE.map(() => "tick"), TRACE.join("\n"), "next request"]);
      assert.equal(under.waits(streamOf(line("").record)), false);
    }
  });

  it("is bounded in lines and bytes, and settles every line all the same", () => {
    const { under, out, offer } = joiner({ maxLines: 10 });
    offer(line(TRACE[0] ?? ""));
    for (let i = 0; i < 100; i += 1) offer(line(`\tat com.shop.Deep.call(Deep.java:${i})`));
    under.expire(true, (arrival) => void out.push(arrival));

    assert.equal(
      out.reduce((sum, { lines }) => sum + lines, 0),
      101,
    );
    assert.ok(out.every(({ lines }) => lines <= 10));
  });

  it("is off with one line", () => {
    const { out, offer } = joiner({ maxLines: 1 });
    for (const text of TRACE) offer(line(text));

    assert.equal(out.length, TRACE.length);
  });

  it("never glues streams together, however they interleave, and loses no line", () => {
    const step = fc.constantFrom("a", "b", "c");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (order) => {
        const { under, out, offer } = joiner();
        const at = new Map<string, number>();
        for (const stream of order) {
          const next = at.get(stream) ?? 0;
          at.set(stream, next + 1);
          offer(line(`${TRACE[next % TRACE.length]}`, stream));
        }
        under.expire(true, (arrival) => void out.push(arrival));

        assert.equal(
          out.reduce((sum, { lines }) => sum + lines, 0),
          order.length,
        );
        for (const stream of ["a", "b", "c"]) {
          const mine = out
            .filter(({ record }) => record.fields.get("container_id") === stream)
            .flatMap(({ record }) => record.message.split("\n"));
          assert.deepEqual(
            mine,
            Array.from({ length: at.get(stream) ?? 0 }, (_, i) => TRACE[i % TRACE.length]),
          );
        }
      }),
    );
  });
});
