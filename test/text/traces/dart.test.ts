import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { dart } from "../../../src/text/traces/dart.ts";

describe("dart", () => {
  it("names the class of errors whose text does not", () => {
    const said: readonly (readonly [string, string | undefined])[] = [
      ["Bad state: No element", "StateError"],
      ["Unsupported operation: Cannot modify", "UnsupportedError"],
      ["Invalid argument (index): no: 3", "ArgumentError"],
      ["Invalid argument(s): no", "ArgumentError"],
      ["Concurrent modification during iteration: Instance of 'List'.", "ConcurrentModificationError"],
      ["type 'Null' is not a subtype of type 'String' in type cast", "TypeError"],
      ["Null check operator used on a null value", "TypeError"],
      ["Stack Overflow", "StackOverflowError"],
      ["Out of Memory", "OutOfMemoryError"],
      ["IntegerDivisionByZeroException", "IntegerDivisionByZeroException"],
      ["Exception: refused", "Exception"],
      ["SocketException: refused", "SocketException"],
      ["out of stock", undefined],
    ];
    for (const [text, type] of said)
      assert.equal(
        parseTrace(`Unhandled exception:\n${text}\n#0      main (file:///a.dart:1:2)`)?.trace.values[0]?.type,
        type,
        text,
      );
  });

  it("reads a trace whose lines all bear Flutter's name", () => {
    const text =
      "flutter: #110    ComponentElement.performRebuild (package:flutter/src/widgets/framework.dart:3645:16)\nflutter: #111    Cart.build (package:shop/cart.dart:34:5)";

    assert.deepEqual(
      parseTrace(text)?.trace.values[0]?.frames.map((frame) => [frame.function, frame.package, frame.in_app]),
      [
        ["Cart.build", "shop", true],
        ["ComponentElement.performRebuild", "flutter", false],
      ],
    );
  });

  it("joins the lines of Android's log, and begins anew with the next error", () => {
    const join = openJoin("E/flutter ( 50): [ERROR:flutter/lib/ui/ui_dart_state.cc(148)] Unhandled Exception: no", false);

    assert.equal(join?.offer("E/flutter ( 50): #0      main (package:shop/main.dart:5:3)"), true);
    assert.equal(join?.offer("E/flutter ( 50): [ERROR:flutter/lib/ui/ui_dart_state.cc(148)] Unhandled Exception: no"), false);
  });

  it("is not taken in by other numbered lines and places", () => {
    for (const text of [
      "#1 first (a)\n#2 second (b)",
      "see lib/main.dart 12  for more",
      "package:shop is out\ndart:io too",
      "Unhandled exception:\nno frames",
    ])
      assert.equal(dart.parse(text.split("\n")), undefined, text);
  });

  it("gets through hostile megabytes", () => {
    const seeds = ["#0 a (", "#0 a (dart:", " (a.dart:1", "\n#0 a (a.dart:1:1)", " ", "package:", "package:a 1  ", ":1", "\n<asynchronous suspension>", "\nThe following a was thrown(", "══╡ EXCEPTION CAUGHT BY ", "\nE/flutter ( 1): #0 a (a.dart:1:1)", "'", "type '"]; // prettier-ignore
    for (const seed of seeds) {
      const text = `The following A was thrown x:\ny\n\nWhen the exception was thrown, this was the stack:\n#0      f (dart:a/b.dart:1:2)\n${seed.repeat(Math.ceil((1 << 20) / seed.length))}`;
      assert.equal(dart.probe(text), true);
      assert.notEqual(dart.parse(text.split("\n", 20_000)), undefined);
      dart.parse([text.replaceAll("\n", " "), "#0      f (dart:a/b.dart:1:2)"]);
    }
  });
});
