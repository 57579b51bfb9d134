import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { elixirFrame } from "../../../src/text/traces/beam-frame.ts";
import { elixir } from "../../../src/text/traces/elixir.ts";
import { erlang } from "../../../src/text/traces/erlang.ts";
import { findTermStack } from "../../../src/text/traces/erlang-term.ts";

describe("elixirFrame", () => {
  it("puts the arity where the arguments are printed", () => {
    const calls: readonly (readonly [string, string])[] = [
      [':erlang.map_get("A, B", %{"x" => [1, 2]})', ":erlang.map_get/2"],
      [":erlang.self()", ":erlang.self/0"],
      ['Shop.call("a \\" b, c")', "Shop.call/1"],
      ["Shop.Nope.call!(1, [2], {3, 4})", "Shop.Nope.call!/3"],
      // Cut by the logger: the arity is not known.
      ["Shop.call(1, [2)", "Shop.call(1, [2)"],
    ];
    for (const [call, name] of calls) assert.equal(elixirFrame(`    ${call}`)?.function, name, call);
  });

  it("tells the application from what it is built on", () => {
    const lines: readonly (readonly [string, boolean])[] = [
      ["(shop 0.1.0) lib/shop/stock.ex:3: Shop.Stock.fetch!/1", true],
      ["(phoenix 1.7.14) lib/phoenix/router.ex:484: Phoenix.Router.__call__/5", false],
      ["(elixir) lib/enum.ex:1327: Enum.map/2", false],
      ["(stdlib 4.2) gen_server.erl:1149: :gen_server.try_handle_call/4", false],
      ["lib/shop/stock.ex:3: Shop.Stock.fetch!/1", true],
      ["deps/jason/lib/jason.ex:92: Jason.decode!/2", false],
      ["src/shop_cart.erl:5: :shop_cart.total/1", true],
      [":ets.lookup(:carts, 1)", false],
    ];
    for (const [line, own] of lines) assert.equal(elixirFrame(`    ${line}`)?.in_app, own, line);
  });

  it("names modules as the atoms they are", () => {
    const calls: readonly (readonly [string, string | undefined])[] = [
      ["(shop 0.1.0) lib/shop/stock.ex:3: Shop.Stock.fetch!/1", "Elixir.Shop.Stock"],
      ["(shop 0.1.0) lib/shop/stock.ex:9: anonymous fn/1 in Shop.Stock.all/0", "Elixir.Shop.Stock"],
      ["(stdlib 4.2) gen_server.erl:1149: :gen_server.try_handle_call/4", "gen_server"],
      ['(shop 0.1.0) src/shop.erl:2: :"shop-cart".total/1', "shop-cart"],
      ["(shop 0.1.0) lib/shop.ex:2: (file)", undefined],
    ];
    for (const [line, module] of calls) assert.equal(elixirFrame(`    ${line}`)?.module, module, line);

    const text = "exception error: no\n  in function  'Elixir.Shop.Stock':fetch/1 (lib/shop/stock.ex, line 3)";
    assert.equal(erlang.parse(text.split("\n"))?.values[0]?.frames[0]?.module, "Elixir.Shop.Stock");
  });

  it("is not taken in by what only looks like a frame", () => {
    for (const line of [
      "    (not) indented:4: thing",
      "    ** (EXIT) time out",
      "    # 1",
      "    %{name: 1}",
      "    def reserve(a, b)",
      "    lib/a.py:3: x",
      "    Hello. World (yes)",
      "",
    ])
      assert.equal(elixirFrame(line), undefined, line);
  });
});

describe("elixir", () => {
  it("gives frames to the exception whose indentation they have", () => {
    const text =
      "** (exit) exited in: Task.await(x)\n    ** (EXIT) an exception was raised:\n        ** (KeyError) key :a not found\n            lib/shop/stock.ex:3: Shop.Stock.fetch!/1\n    lib/shop/cart.ex:9: Shop.Cart.run/1";

    const found = elixir.parse(text.split("\n"));

    assert.deepEqual(
      found?.values.map(({ type, frames }) => [type, frames.map(({ lineno }) => lineno)]),
      [
        ["KeyError", [3]],
        ["exit", [9]],
      ],
    );
  });

  it("is not taken in by emphasis, nor by an exception without a stack", () => {
    for (const text of ["this is ** (very) ** important\n    lib/a.ex:1: A.b/1", "** (KeyError) no\nnext line", "2 ** (3)\n"])
      assert.equal(elixir.parse(text.split("\n")), undefined, text);
  });

  it("gets through hostile megabytes", () => {
    const seeds = [
      "** (",
      "** (A) ",
      "\n** (A) x",
      "\n    ** (A) x",
      "\n    lib/a.ex:1: A.b/1",
      "\n    :erlang.f(",
      "\n    A.",
      '"',
      "(",
      "\n    a.ex:1: ",
      "\n    (a 1) ",
      "\\",
    ];
    for (const seed of seeds) {
      const text = `** (KeyError) x\n    lib/a.ex:1: A.b/1\n${seed.repeat(Math.ceil((1 << 20) / seed.length))}`;
      assert.equal(elixir.probe(text), true);
      assert.notEqual(elixir.parse(text.split("\n", 20_000)), undefined);
      assert.equal(elixirFrame(`    ${text}`), undefined);
    }
  });
});

describe("findTermStack", () => {
  it("reads calls with an arity, with arguments, and without a place", () => {
    const lines = [
      '{{badmatch,{error,"a]}"}},',
      " [{shop,'-pay/1-fun-0-',[#{a => [1,2]},\"x, y\"],",
      '    [{file,"src/shop.erl"},',
      "      {line,12}]},",
      "  {lists,map,2,[{file,\"lists.erl\"},{line,1239}]},{init,start_it,1,[]}]}",
    ]; // prettier-ignore

    assert.deepEqual(findTermStack(lines, 0)?.calls, [
      { name: "shop:'-pay/1-fun-0-'/2", file: "src/shop.erl", line: 12 },
      { name: "lists:map/2", file: "lists.erl", line: 1239 },
      { name: "init:start_it/1", file: undefined, line: undefined },
    ]);
  });

  it("finds nothing in terms that are no stack", () => {
    for (const line of ["[{a,b},{c,d}]", "[{shop,pay,1,[]}]", "[{shop,pay,[1", '[{file,"x.erl"},{line,3}]', "{}"])
      assert.equal(findTermStack([line], 0), undefined, line);
  });

  it("gets through hostile megabytes, as Erlang's reports do", () => {
    const seeds = ["[{", "[{a,b,[", "[{a,b,1,", '[{a,b,["', "{a,b,1,[]},", "\n[{a,b,1,[{file,\"a.erl\"},{line,1}]}", "\nexception error: x", "\n  in call from a:b/1 (a.erl, line 1)", "\n=ERROR REPORT==== x ===", "in function ", " ("]; // prettier-ignore
    for (const seed of seeds) {
      const text = `=ERROR REPORT==== 1-Jan-2026::00:00:00 ===\nError in process <0.1.0> with exit value:\n${seed.repeat(Math.ceil((1 << 20) / seed.length))}`;
      findTermStack([text], 0);
      erlang.probe(text);
      erlang.parse(text.split("\n", 20_000));
      erlang.parse([`exception error: ${text}`, "  in function f/1", text]);
      assert.ok(text.length >= 1 << 20);
    }
  });
});
