import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closesQuote, opensQuote } from "../../../src/text/traces/quote.ts";

describe("opensQuote and closesQuote", () => {
  it("count quotes, but no apostrophes", () => {
    for (const line of ["Incorrect integer value: 'x", "y' for column `n` at row 1", "syntax to use near 'id = 'x"])
      assert.equal(opensQuote(line), true, line);
    for (const line of ["Table 'shop.x' doesn't exist", "can't", "", "near 'end' at line 3"])
      assert.equal(opensQuote(line), false, line);
  });

  it("know how MySQL ends the part of a statement that it quotes", () => {
    for (const line of ["end' at line 3", "y'' at line 4", "y' for column"]) assert.equal(closesQuote(line), true, line);
    for (const line of ["and more", "it's 'x' here", "at line 3"]) assert.equal(closesQuote(line), false, line);
  });

  it("get through hostile megabytes", () => {
    const quotes = "'".repeat(1 << 20);

    assert.equal(closesQuote(quotes), false);
    assert.equal(closesQuote(`${quotes}'`), true);
  });
});
