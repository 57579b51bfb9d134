import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Joiner, type Arrival, type JoinPolicy } from "../../src/lanes/joiner.ts";
import { newRecord, NO_MESSAGE } from "../../src/record/record.ts";
import { Severity, type SeverityNumber } from "../../src/record/severity.ts";
import { ManualClock } from "../support/clock.ts";
import { interleaved } from "../support/golden-streams.ts";
import { PLAIN, STAMPED } from "../text/ordinary-lines.ts";

const POLICY: JoinPolicy = { maxLines: 2_000, maxBytes: 512 << 10, waitMs: 300 };
const OTHERS = [...PLAIN, ...STAMPED];

/** A raw line of a container's output, which says no level: what it has is the stream's. */
function line(text: string, stream: string, severity: SeverityNumber, batch: number): Arrival {
  const from = { input: "edge", peer: "10.0.0.1", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };
  const record = newRecord(from, text.trim() === "" ? NO_MESSAGE : text);
  record.rawLine = true;
  record.severity = severity;
  record.fields.set("container_id", stream);
  return { record, lines: 1, owed: new Map([[batch, 1]]), origin: undefined };
}

interface Out {
  readonly stream: unknown;
  readonly text: string;
  readonly lines: number;
  readonly severity: number;
}

/** Everything about a joiner that tests look at. */
class Bench {
  readonly out: Out[] = [];
  readonly owed = new Map<number, number>();
  readonly clock = new ManualClock();
  readonly under: Joiner;
  offered = 0;
  settled = 0;

  constructor(policy: Partial<JoinPolicy> = {}) {
    this.under = new Joiner({ ...POLICY, ...policy }, Severity.error, this.clock);
  }

  offer(arrival: Arrival): void {
    this.offered += 1;
    this.under.offer(arrival, this.emit);
    assert.equal(this.offered, this.settled + this.under.held);
  }

  tick(final: boolean): void {
    this.under.expire(final, this.emit);
    assert.equal(this.offered, this.settled + this.under.held);
  }

  readonly emit = ({ record, lines, owed }: Arrival): void => {
    this.settled += lines;
    this.out.push({ stream: record.fields.get("container_id"), text: record.message, lines, severity: record.severity });
    let sum = 0;
    for (const [batch, records] of owed) {
      this.owed.set(batch, (this.owed.get(batch) ?? 0) + records);
      sum += records;
    }
    assert.equal(sum, lines);
  };
}

const level = fc.constantFrom<SeverityNumber>(Severity.error, Severity.info);

describe("Joiner over several streams", () => {
  it("makes of each stream what it makes of it alone, however they interleave and time goes by", () => {
    fc.assert(
      fc.property(interleaved(OTHERS), level, fc.infiniteStream(fc.nat(3)), ({ streams, steps }, severity, pauses) => {
        const all = new Bench();
        let budget = POLICY.waitMs - 1;
        for (const [i, [stream, text]] of steps.entries()) {
          all.offer(line(text, `c${stream}`, severity, i));
          const pause = Math.min(budget, pauses.next().value as number);
          budget -= pause;
          all.clock.advance(pause);
          all.tick(false);
        }
        all.tick(true);

        for (const [stream, lines] of streams.entries()) {
          const alone = new Bench();
          for (const [i, text] of lines.entries()) alone.offer(line(text, `c${stream}`, severity, i));
          alone.tick(true);
          assert.deepEqual(
            all.out.filter((out) => out.stream === `c${stream}`),
            alone.out,
          );
        }
        assert.equal(all.under.held, 0);
        assert.deepEqual(all.owed, new Map(steps.map((_, i) => [i, 1])));
      }),
      { numRuns: 150 },
    );
  });

  it("keeps every line, in order, whatever is cut off by time", () => {
    fc.assert(
      fc.property(
        interleaved(OTHERS),
        level,
        fc.infiniteStream(fc.constantFrom(0, 0, 0, 150, 299, 300)),
        (mix, severity, pauses) => {
          const bench = new Bench();
          for (const [i, [stream, text]] of mix.steps.entries()) {
            bench.offer(line(text, `c${stream}`, severity, i));
            bench.clock.advance(pauses.next().value as number);
            bench.tick(false);
          }
          bench.tick(true);

          for (const [stream, lines] of mix.streams.entries()) {
            const texts = bench.out.filter((out) => out.stream === `c${stream}`).map(({ text }) => text.split("\n"));
            const said = texts.flat().filter((text) => text !== NO_MESSAGE && text !== "");
            assert.deepEqual(
              said,
              lines.filter((text) => text.trim() !== ""),
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("makes no join longer than the policy says, in lines or bytes", () => {
    fc.assert(
      fc.property(
        interleaved(OTHERS),
        level,
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 50, max: 2_000 }),
        ({ steps }, severity, maxLines, maxBytes) => {
          const bench = new Bench({ maxLines, maxBytes });
          for (const [i, [stream, text]] of steps.entries()) bench.offer(line(text, `c${stream}`, severity, i));
          bench.tick(true);

          for (const { text, lines } of bench.out) {
            assert.ok(lines <= maxLines, `${lines} lines`);
            if (lines > 1) assert.ok(Buffer.byteLength(text) <= maxBytes, text);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("never makes a quiet record wait that a logger wrote, whatever is open", () => {
    fc.assert(
      fc.property(interleaved(PLAIN), fc.constantFrom(...OTHERS), fc.boolean(), ({ steps }, text, raw) => {
        const bench = new Bench();
        for (const [i, [stream, said]] of steps.entries()) bench.offer(line(said, `c${stream}`, Severity.error, i));
        const quiet = line(text, "c0", Severity.info, -1);
        quiet.record.severityStated = true;
        quiet.record.rawLine = raw;
        bench.offer(quiet);

        assert.deepEqual(bench.out.at(-1), { stream: "c0", text, lines: 1, severity: Severity.info });
      }),
      { numRuns: 150 },
    );
  });

  it("lets the oldest traces go when all streams together hold too much", () => {
    const bench = new Bench({ maxLines: 1_000_000, maxBytes: 1 << 30 });
    const frame = `\tat com.acme.shop.Cart.${"x".repeat(1_000_000)}(Cart.java:1)`;
    for (let i = 0; i < 60; i += 1) {
      bench.offer(line("java.lang.IllegalStateException: no", `c${i}`, Severity.error, i));
      bench.offer(line(frame, `c${i}`, Severity.error, i));
    }

    assert.ok(bench.out.length >= 20 && bench.out.length < 60);
    assert.deepEqual(
      bench.out.map(({ stream }) => stream),
      bench.out.map((_, i) => `c${i}`),
    );
    assert.ok(bench.out.every(({ lines }) => lines === 2));
  });
});

describe("Joiner and lines that may be the rest of a message", () => {
  const header = "RangeError: checkout failed";
  const frame = "    at checkout (/srv/shop/cart.js:3:9)";

  it("joins them when a frame shows what they were", () => {
    for (const severity of [Severity.error, Severity.info] as const) {
      const bench = new Bench();
      for (const text of [header, "order 4711 is on hold", "- sku A-17", frame]) bench.offer(line(text, "c", severity, 1));
      bench.tick(true);

      assert.deepEqual(
        bench.out.map(({ text, lines }) => [text, lines]),
        [[[header, "order 4711 is on hold", "- sku A-17", frame].join("\n"), 4]],
      );
    }
  });

  it("lets them go one by one when none comes, with the trace's own wait and in their order", () => {
    const bench = new Bench();
    bench.offer(line(header, "c", Severity.info, 1));
    bench.clock.advance(200);
    bench.offer(line("order 4711 is on hold", "c", Severity.info, 2));
    bench.offer(line("listening on 8080", "c", Severity.info, 3));
    bench.tick(false);
    assert.equal(bench.out.length, 0);
    bench.clock.advance(100);
    bench.tick(false);

    assert.deepEqual(
      bench.out.map(({ text, lines, severity }) => [text, lines, severity]),
      [header, "order 4711 is on hold", "listening on 8080"].map((text) => [text, 1, Severity.info]),
    );
    assert.deepEqual([...bench.owed.keys()], [1, 2, 3]);
  });

  it("lets them go before a record that ends the trace, even one that brings its own", () => {
    const bench = new Bench();
    for (const text of [header, "order 4711 is on hold"]) bench.offer(line(text, "c", Severity.error, 1));
    const whole = line("boom", "c", Severity.error, 2);
    whole.record.stackText = `${header}\n${frame}`;
    bench.offer(whole);

    assert.deepEqual(
      bench.out.map(({ text }) => text),
      [header, "order 4711 is on hold", "boom"],
    );
    assert.equal(bench.under.busy, false);
  });

  it("takes the level from the second line of a logger that says it there, and waits no longer when it is quiet", () => {
    const date = "Nov 20, 2026 10:37:37 AM com.acme.shop.Shop main";
    for (const [text, severity] of [
      ["INFO: Server startup in 812 ms", Severity.info],
      ["SEVERE: request 12 failed", Severity.error],
    ] as const) {
      const bench = new Bench();
      bench.offer(line(date, "c", Severity.error, 1));
      const second = line(text, "c", severity, 2);
      second.record.severityStated = true;
      bench.offer(second);
      assert.equal(bench.out.length, severity === Severity.info ? 1 : 0);
      bench.tick(true);

      assert.deepEqual(bench.out, [{ stream: "c", text: `${date}\n${text}`, lines: 2, severity }]);
    }
  });
});
