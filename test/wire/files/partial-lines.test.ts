import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CarryBudget } from "../../../src/wire/carry.ts";
import { cutLines } from "../../../src/wire/files/lines.ts";
import { criParts, dockerParts } from "../../../src/wire/files/partial-formats.ts";
import { PartialLines, type PartialFormat } from "../../../src/wire/files/partial-lines.ts";

class Joined {
  readonly partial: PartialLines;
  readonly lines: string[] = [];
  readonly places: number[] = [];
  tooLong = 0;
  #offset = 0;

  constructor(format: PartialFormat, maxLineBytes = 1_000, budget = new CarryBudget(1 << 20)) {
    this.partial = new PartialLines({ format, maxLineBytes, budget, tooLong: () => (this.tooLong += 1) });
  }

  push(...lines: readonly (string | Buffer)[]): this {
    const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")]));
    this.#keep(this.partial.pass(cutLines({ bytes, end: bytes.length, offset: this.#offset }, 1 << 20)));
    this.#offset += bytes.length;
    return this;
  }

  flush(): this {
    this.#keep(this.partial.flush());
    return this;
  }

  #keep({ bytes, bounds, places }: ReturnType<PartialLines["pass"]>): void {
    for (let i = 0; i < places.length; i += 1) this.lines.push(bytes.toString("utf8", bounds[2 * i], bounds[2 * i + 1]));
    this.places.push(...places);
  }
}

const docker = (log: string, stream = "stdout"): string => JSON.stringify({ log, stream, time: "2026-01-02T03:04:05.6Z" });

describe("PartialLines of CRI", () => {
  it("joins the parts of each output, with the time of the first", () => {
    const joined = new Joined(criParts).push("T1 stdout P a", "T2 stderr P x", "T3 stdout P b", "T4 stdout F c", "T5 stdout F d");
    assert.deepEqual(joined.lines, ["T1 stdout F abc", "T5 stdout F d"]);
    assert.deepEqual(joined.places, [0, 56]);
    assert.equal(joined.partial.waitsFrom, 14);
    joined.push("T6 stderr F y");
    assert.deepEqual(joined.lines.at(-1), "T2 stderr F xy");
    assert.equal(joined.partial.waitsFrom, undefined);
  });

  it("keeps spaces, empty texts, further tags and lines of another form as they are", () => {
    const lines = [
      "T1 stdout F  two  spaces ",
      "T2 stdout F ",
      "T3 stdout F:x more",
      "no such line",
      "",
      "T4 stdout",
      "T5 stdout X y z",
    ];
    assert.deepEqual(
      new Joined(criParts).push(...lines).lines,
      lines.filter((line) => line !== ""),
    );
    assert.deepEqual(new Joined(criParts).push("T1 stdout P:x a ", "T2 stdout F:y  b").lines, ["T1 stdout F a  b"]);
  });

  it("joins bytes, so that a character that was split is whole", () => {
    const snowman = Buffer.from("☃");
    const [one, other] = [snowman.subarray(0, 2), snowman.subarray(2)];
    const joined = new Joined(criParts).push(
      Buffer.concat([Buffer.from("T1 stdout P "), one]),
      Buffer.concat([Buffer.from("T2 stdout F "), other]),
    );
    assert.deepEqual(joined.lines, ["T1 stdout F ☃"]);
  });

  it("skips a line that grows over the limit, counts it once, and goes on behind it", () => {
    const joined = new Joined(criParts, 10).push(
      "T1 stdout P 123456",
      "T2 stdout P 123456",
      "T3 stdout P 1",
      "T4 stdout F 1",
      "T5 stdout F ok",
    );
    assert.deepEqual([joined.lines, joined.tooLong], [["T5 stdout F ok"], 1]);
  });

  it("gives back what it took of the budget, whatever becomes of a line", () => {
    const budget = new CarryBudget(300);
    const joined = new Joined(criParts, 1_000, budget).push(
      "T1 stdout P a",
      "T2 stderr P b",
      "T3 stdout P c",
      "T4 stdout F d",
      "T5 stderr F e",
    );
    assert.equal(joined.tooLong, 1);
    assert.equal(budget.take(300), true);
  });

  it("lets go of what has no end when it is told to", () => {
    assert.deepEqual(new Joined(criParts).push("T1 stdout P a", "T2 stdout P b").flush().lines, ["T1 stdout F ab"]);
  });

  it("never holds more outputs than there can be, whatever is written in their place", () => {
    const lines = Array.from({ length: 20 }, (_, i) => `T1 s${i} P a`);
    assert.equal(new Joined(criParts).push(...lines).lines.length, 12);
  });
});

describe("PartialLines of Docker", () => {
  it("joins what does not end with a line end, by output", () => {
    const joined = new Joined(dockerParts).push(docker("a"), docker("x\n", "stderr"), docker('b"\\n'), docker("c\n"));
    assert.deepEqual(
      joined.lines.map((line) => (JSON.parse(line) as { log: string }).log),
      ["x\n", 'ab"\\nc\n'],
    );
    assert.equal(joined.places[1], 0);
  });

  it("tells a backslash before an n from a line end", () => {
    assert.deepEqual(new Joined(dockerParts).push(docker("a\\n"), docker("b\\\n")).lines, [docker("a\\nb\\\n")]);
  });

  it("leaves other lines as they are", () => {
    const lines = ['{"stream":"stdout","time":"T"}', "text", '{"log":"unfinished', '{"log":5}'];
    assert.deepEqual(new Joined(dockerParts).push(...lines).lines, lines);
  });
});

describe("PartialLines", () => {
  it("loses no line and invents none, however they come", () => {
    const line = fc.record({
      stream: fc.constantFrom("stdout", "stderr"),
      tag: fc.constantFrom("P", "F"),
      text: fc.stringMatching(/^[a-c ]{0,5}$/),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (lines, size) => {
        const joined = new Joined(criParts);
        const written = lines.map(({ stream, tag, text }) => `T ${stream} ${tag} ${text}`);
        for (let i = 0; i < written.length; i += size) joined.push(...written.slice(i, i + size));
        joined.flush();
        for (const stream of ["stdout", "stderr"]) {
          const expected = lines
            .filter((one) => one.stream === stream)
            .map(({ tag, text }) => (tag === "F" ? `${text}|` : text))
            .join("");
          const got = joined.lines
            .filter((one) => one.startsWith(`T ${stream} F `))
            .map((one) => `${one.slice(11)}|`)
            .join("");
          const isOpen = lines.findLast((one) => one.stream === stream)?.tag === "P";
          assert.equal(got, isOpen ? `${expected}|` : expected);
        }
      }),
    );
  });
});
