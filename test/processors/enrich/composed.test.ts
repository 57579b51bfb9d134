import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compose, type Written } from "../../../src/processors/enrich/composed.ts";
import type { FieldValue } from "../../../src/record/record.ts";
import { recordOf } from "../../support/processing.ts";

const RECORD = recordOf(
  { service: "shop", host: "web-1", message: "boom" },
  {
    version: "1.2",
    n: 5,
    deep: { a: { b: "x" } },
    list: ["p", "q"],
    none: null,
    empty: "",
    "k8s.pod": "pod-1",
    braces: "{service}",
  },
);

describe("compose", () => {
  const cases: [Written, FieldValue | undefined][] = [
    ["plain", "plain"],
    [7, 7],
    [false, false],
    ["{service}@{version}", "shop@1.2"],
    ["v{n}", "v5"],
    ["{n}", 5],
    ["{deep}", { a: { b: "x" } }],
    ["{deep.a.b}", "x"],
    ["{list}", ["p", "q"]],
    ["<{list}>", '<["p","q"]>'],
    ["{k8s.pod}!", "pod-1!"],
    ["{missing}", undefined],
    ["{none}", undefined],
    ["a{empty}b", undefined],
    ["{service}{missing}", undefined],
    ["{braces}", "{service}"],
    ["{braces}-{host}", "{service}-web-1"],
    ["{not a name}", "{not a name}"],
    ["{}", "{}"],
    ["{service", "{service"],
    [
      ["{service}", "x"],
      ["shop", "x"],
    ],
    [["{service}", "{missing}"], undefined],
    ["", ""],
  ];
  for (const [written, expected] of cases) {
    it(`makes ${JSON.stringify(written)} into ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(compose(written)(RECORD), expected);
    });
  }
});
