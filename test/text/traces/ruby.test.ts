import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { ruby } from "../../../src/text/traces/ruby.ts";
import { withstand } from "./hostile.ts";

describe("ruby", () => {
  it("joins what a program started with a relative path prints, from its first line on", () => {
    const join = openJoin("bin/report.rb:6:in `sum': undefined method `ammount' for 1:Integer (NoMethodError)", false);

    for (const line of [
      "",
      "  @h.sum { |_, v| v.ammount }",
      "                   ^^^^^^^^",
      "\tfrom bin/report.rb:11:in `<main>'",
    ]) {
      assert.equal(join?.offer(line), true, line);
    }
    assert.equal(join?.offer("report is over"), false);
  });

  it("joins a request of Rails from the line that says what was raised, tagged or not", () => {
    for (const tags of ["", "[3f8a2c1d] [10.0.0.9] "]) {
      const join = openJoin(`${tags}Shop::OutOfStock (no B-2 left):`, false);

      assert.equal(join?.offer(`${tags}  `), true);
      assert.equal(join?.offer(`${tags}app/models/stock.rb:21:in \`reserve'`), true);
      assert.equal(join?.offer(`${tags}Started GET "/" for 10.0.0.9`), false);
    }
  });

  it("lets quiet lines go that end in brackets", () => {
    for (const line of [
      "connected (tls)",
      "Completed 200 OK in 5ms (Views: 3ms)",
      "checked in (twice)",
      "see notes:in brackets (all)",
    ]) {
      assert.equal(openJoin(line, false), undefined, line);
    }
  });

  it("finds what Rails says was raised above the lines of a template", () => {
    const text = [
      "ActionView::Template::Error (undefined method `name' for nil:NilClass):",
      "    1: <h1>Order</h1>",
      "    2: <%= @item.name %>",
      "  ",
      "app/views/orders/show.html.erb:2:in `_app_views_orders_show'",
    ].join("\n");

    const value = parseTrace(text)?.trace.values[0];

    assert.equal(value?.type, "ActionView::Template::Error");
    assert.equal(value?.value, "undefined method `name' for nil:NilClass");
  });

  it("gets through hostile megabytes", () => {
    withstand(
      ruby,
      [
        "x:1:in `f'\n",
        ":in `",
        "\nA (b):\n",
        "A::",
        "F, [x] FATAL -- : ",
        "F, [",
        "[a] [b] \n",
        "2026 pid=1 tid=a A: ",
        " k=v",
        "\n\tfrom a.rb:1:in `b'",
        "\n\t ... 9 levels...",
        " (A)",
      ],
      ["x.rb:1:in `f': m (E)\n", "A (b):\n", "E, [x] ERROR -- : A: b\n"],
    );
  });
});
