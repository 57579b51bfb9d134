import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { postgres } from "../../../src/text/traces/postgres.ts";
import { withstand } from "./hostile.ts";

const PREFIX = "2026-11-20 14:25:13.453 UTC [26425] app@shop ";

describe("postgres", () => {
  it("joins to an error what the server adds, and not the next line of the log", () => {
    for (const next of [
      "ERROR:  deadlock detected",
      "LOG:  checkpoint starting: time",
      "WARNING:  there is no transaction in progress",
    ]) {
      const join = openJoin(`${PREFIX}ERROR:  division by zero`, true);

      assert.equal(join?.offer(`${PREFIX}STATEMENT:  select`), true);
      assert.equal(join?.offer("\t  1 / 0"), true);
      assert.equal(join?.offer(PREFIX + next), false, next);
    }
  });

  it("joins a statement of any length", () => {
    const join = openJoin(`${PREFIX}ERROR:  division by zero`, true);
    join?.offer(`${PREFIX}STATEMENT:  select`);

    for (let i = 0; i < 200; i += 1) assert.equal(join?.offer(`\t  ${i},`), true);
  });

  it("does not wait at what is no error, nor at a part whose error went by", () => {
    for (const line of [`${PREFIX}LOG:  checkpoint starting: time`, `${PREFIX}DETAIL:  Key (id)=(1) already exists.`]) {
      assert.equal(openJoin(line, false), undefined, line);
    }
  });

  it("lets a trace of another language follow a line that only looks like the server's", () => {
    const join = openJoin("ERROR:  could not check out", true);

    assert.equal(join?.offer("Traceback (most recent call last):"), true);
    assert.equal(join?.offer('  File "/srv/shop/x.py", line 1, in f'), true);
    assert.equal(join?.offer("KeyError: 'x'"), true);
    assert.equal(parseTrace(join?.text ?? "")?.trace.platform, "python");
  });

  it("finds nothing in an error alone", () => {
    assert.equal(parseTrace(`${PREFIX}ERROR:  division by zero\n${PREFIX}ERROR:  division by zero`), undefined);
  });

  it("gets through hostile megabytes", () => {
    withstand(
      postgres,
      [
        "ERROR:  x\n",
        "\nDETAIL:  x",
        " DETAIL: ",
        "\nCONTEXT:  PL/pgSQL function f() line 1 at RAISE",
        '\nSQL statement "',
        "\nPL/x function ",
        " line 1",
        " at ",
      ],
      ["ERROR:  x\nCONTEXT:  y\n", "ERROR:  x\nCONTEXT:  PL/pgSQL function "],
    );
  });
});
