import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTrace } from "../../../src/text/trace.ts";
import { node } from "../../../src/text/traces/node.ts";
import { withstand } from "./hostile.ts";

const FRAME = "    at pay (/srv/shop/pay.js:3:9)";

function typesOf(lines: readonly string[]): (string | undefined)[] | undefined {
  return parseTrace(lines.join("\n"))?.trace.values.map(({ type }) => type);
}

describe("node", () => {
  it("takes any class for an error where only an error can stand", () => {
    assert.deepEqual(typesOf([`Error: no`, `${FRAME} {`, "  [cause]: Refused: card 42", `  ${FRAME}`, "}"]), [
      "Refused",
      "Error",
    ]);
    assert.deepEqual(typesOf(["Error: no", FRAME, "caused by: Refused: card 42", FRAME]), ["Refused", "Error"]);
    assert.deepEqual(typesOf(["Uncaught Refused: card 42", "of two lines", FRAME]), ["Refused"]);
  });

  it("does not take the message of a cause for another error, nor its properties", () => {
    const lines = ["Error: no", `${FRAME} {`, "  [cause]: Refused: card 42", "  Reason: too old", `  ${FRAME} {`];
    const trace = parseTrace([...lines, "    Code: 51", "  }", "}"].join("\n"))?.trace;

    assert.deepEqual(
      trace?.values.map(({ value }) => value),
      ["card 42\nReason: too old", "no"],
    );
  });

  it("finds the members of a group by how far they are indented, also those of a group within", () => {
    const inner = ["      Refused: card 42", `      ${FRAME}`, "      Refused: card 43", `      ${FRAME}`];
    const lines = [
      "AggregateError: all",
      `${FRAME} {`,
      "  [errors]: [",
      "    AggregateError: some",
      `    ${FRAME} {`,
      "      [errors]: [",
      ...inner.map((line) => `  ${line}`),
      "      ]",
      "    },",
      "    Lost: mail",
      "    Refused: is said in a message",
      `    ${FRAME}`,
      "  ]",
      "}",
    ];

    assert.deepEqual(typesOf(lines), ["Lost", "Refused", "Refused", "AggregateError", "AggregateError"]);
  });

  it("takes causes and members without frames, which are in brackets", () => {
    const lines = ["AggregateError: all", `${FRAME} {`, "  [errors]: [", "    [Refused: card 42],", "    [Lost [E51]: mail] {"];

    assert.deepEqual(typesOf([...lines, "      sku: 'A-1',", "      [cause]: [Error: no host]", "    }", "  ]", "}"]), [
      "Error",
      "Lost",
      "Refused",
      "AggregateError",
    ]);
  });

  it("has the words of the SDK for Node for files on a disk, and those of the SDK for browsers for the web", () => {
    const frames = (place: string): object | undefined =>
      parseTrace(`Error: no\n    at async Cart.<anonymous> (${place}:1:2)\n    at ${place}:3:4`)?.trace.values[0]?.frames;

    assert.deepEqual(frames("/srv/shop/node_modules/cart/index.js"), [
      {
        function: "?",
        module: "cart:index",
        filename: "/srv/shop/node_modules/cart/index.js",
        lineno: 3,
        colno: 4,
        in_app: false,
      },
      {
        function: "Cart.?",
        module: "cart:index",
        filename: "/srv/shop/node_modules/cart/index.js",
        lineno: 1,
        colno: 2,
        in_app: false,
      },
    ]);
    assert.deepEqual(frames("https://shop.example/node_modules/cart/index.js"), [
      { function: "?", filename: "https://shop.example/node_modules/cart/index.js", lineno: 3, colno: 4, in_app: true },
      {
        function: "async Cart.<anonymous>",
        filename: "https://shop.example/node_modules/cart/index.js",
        lineno: 1,
        colno: 2,
        in_app: true,
      },
    ]);
  });

  it("gets through hostile megabytes", () => {
    withstand(
      node,
      [
        "    at f (/a.js:1:1)\n",
        "  [errors]: [\n",
        "  [cause]: A: b\n",
        "    A: b\n",
        "  ]\n",
        "Uncaught A: b\n",
        "error: Uncaught ",
        "at a.Module.",
        "(eval at ",
        ":1",
        " ",
        "[",
        "A: ",
      ],
      ["Error: no\n    at f (/a.js:1:1) {\n", "[A: b] {\n  [errors]: [\n", "Error: no\n    at https://a.example/b.js:1:1\n"],
    );
  });
});
