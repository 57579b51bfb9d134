import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { openJoin } from "../../src/text/join.ts";
import { goldenFiles } from "../support/golden.ts";
import { PLAIN, STAMPED } from "./ordinary-lines.ts";

type Standing = "loud" | "kin" | "stranger";

const goldens = goldenFiles("traces", ["text", "trace"]).map(({ name, input }) => ({
  name,
  lines: input.replace(/^\n+/, "").trimEnd().split("\n"),
}));
const languages = new Set(goldens.map(({ name }) => name.replace(/^traces\/|-\d+$/g, "")));

/** What a stream of such lines becomes, as the joiner puts it together: the texts of its records. */
function records(lines: readonly string[], standing: Standing, firstLoud = standing === "loud"): string[] {
  const made: string[] = [];
  let open: { readonly join: NonNullable<ReturnType<typeof openJoin>>; readonly taken: string[] } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const { join, taken } = open;
    made.push(join.text);
    open = undefined;
    for (const line of taken.slice(taken.length - join.pending)) take(line, false);
  };
  const take = (line: string, first: boolean): void => {
    while (open !== undefined) {
      if (open.join.offer(line, standing)) {
        open.taken.push(line);
        return;
      }
      close();
    }
    const join = openJoin(line, standing === "loud" || (first && firstLoud));
    if (join === undefined) made.push(line);
    else open = { join, taken: [line] };
  };
  for (const [i, line] of lines.entries()) take(line, i === 0);
  while (open !== undefined) close();
  return made;
}

describe("LineJoin", () => {
  it("ends every trace of every language at a line that a logger wrote, wherever it comes", () => {
    assert.ok(languages.size >= 20);
    let stamped = 0;
    for (const { name, lines } of goldens) {
      for (let end = 1; end <= lines.length; end += 1) {
        const line = STAMPED[(stamped += 1) % STAMPED.length] ?? "";
        const made = records([...lines.slice(0, end), line], "loud");
        assert.equal(made.at(-1), line, `${name} line ${end}`);
      }
    }
  });

  it("leaves lines that nothing announces out of a trace that is complete", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...goldens),
        fc.array(fc.constantFrom(...PLAIN, ...STAMPED), { minLength: 1, maxLength: 6 }),
        fc.constantFrom("loud", "kin", "stranger" as const),
        ({ name, lines }, after, standing) => {
          const alone = records(lines, standing as Standing, true);
          const made = records([...lines, ...after], standing as Standing, true);
          assert.deepEqual(made, [...alone, ...after], name);
        },
      ),
      { numRuns: 1_020 },
    );
  });

  it("makes a record of each line that programs print one after the other, with and without times", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...PLAIN, ...STAMPED), { minLength: 1, maxLength: 30 }),
        fc.constantFrom("loud", "kin", "stranger" as const),
        (lines, standing) => {
          assert.deepEqual(records(lines, standing as Standing), lines);
        },
      ),
      { numRuns: 1_020 },
    );
  });

  it("makes a record of each line of a logger that indents all of its lines", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...STAMPED), { minLength: 2, maxLength: 20 }),
        fc.constantFrom("  ", "    ", "\t"),
        (stamped, margin) => {
          const lines = stamped.map((line) => margin + line);
          assert.deepEqual(records(lines, "loud"), lines);
        },
      ),
      { numRuns: 340 },
    );
  });

  it("makes a record of each line when errors without frames follow each other", () => {
    const errors = [
      "TypeError: x is not a function",
      "RangeError: checkout failed",
      "java.lang.IllegalStateException: closed",
      "ValueError: bad amount",
      "Error: connect ECONNREFUSED 10.0.0.9:5432",
      "checkout failed: TypeError: x is not a function",
      "Shop::OutOfStock: no B-2 left",
      "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted in /srv/x.php on line 3",
      "Fatal error: out of memory",
      "fatal error: stdio.h: No such file or directory",
      "no B-2 left at /srv/shop/lib/Stock.pm line 3.",
      "Error: cart is empty",
      "E/flutter ( 50): [ERROR:flutter/lib/ui/ui_dart_state.cc(148)] Unhandled Exception: no",
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...errors, ...PLAIN, ...STAMPED), { minLength: 2, maxLength: 20 }),
        fc.constantFrom("loud", "kin", "stranger" as const),
        (lines, standing) => {
          assert.deepEqual(records(lines, standing as Standing), lines);
        },
      ),
      { numRuns: 1_020 },
    );
  });
});
