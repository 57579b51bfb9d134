import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { perl } from "../../../src/text/traces/perl.ts";
import { withstand } from "./hostile.ts";

describe("perl", () => {
  it("joins what a program without a logger prints from its first line on", () => {
    const join = openJoin("no B-2 left at /srv/shop/lib/Stock.pm line 3.", false);

    assert.equal(join?.offer('\tShop::Stock::reserve("B-2", 3) called at checkout.pl line 2'), true);
    assert.equal(join?.offer("\teval {...} called at checkout.pl line 3"), true);
    assert.equal(join?.offer("checkout is over"), false);
    assert.equal(join?.lines, 3);
  });

  it("joins nothing else to a quiet line that ends in a place", () => {
    for (const next of [
      "TypeError: x is not a function",
      "  indented",
      "Traceback (most recent call last):",
      "again at x.pl line 4.",
    ]) {
      assert.equal(openJoin("stock is low at x.pl line 3.", false)?.offer(next), false, next);
    }
  });

  it("finds no trace in a warning, nor in prose about lines", () => {
    const texts = [
      "stock is low at x.pl line 3.\nstock is low at x.pl line 4.",
      "see what is called at noon\nand on line 3",
      "a\n\tb at c line 4\nd",
    ];

    for (const text of texts) assert.equal(parseTrace(text), undefined, text);
  });

  it("takes what Debian and local::lib install for libraries, by their paths below @INC", () => {
    const text = [
      "no at /usr/share/perl5/Mojo/Base.pm line 9.",
      "\tMojo::Base::new() called at /root/perl5/lib/perl5/Shop/Client.pm line 8",
      "\tShop::Client::ask() called at /srv/shop/lib/Shop.pm line 7",
    ].join("\n");

    const frames = parseTrace(text)?.trace.values[0]?.frames.map(({ filename, in_app }) => [filename, in_app]);

    assert.deepEqual(frames, [
      ["/srv/shop/lib/Shop.pm", true],
      ["Shop/Client.pm", false],
      ["Mojo/Base.pm", false],
    ]);
  });

  it("gets through hostile megabytes", () => {
    withstand(
      perl,
      [
        "\n\tmain::f() called at x.pl line 3",
        " called at x line 1",
        " at x line 1",
        " line 1",
        " (defined at ",
        '\nf at x line 1, near "',
        "Trace begun at x line 1\n",
        "[a] ",
      ],
      ["x at y line 3.\n\tmain::f() called at x line 3\n"],
    );
  });
});
