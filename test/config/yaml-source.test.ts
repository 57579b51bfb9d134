import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parse } from "yaml";
import { formatMistake } from "../../src/config/mistake.ts";
import { readYaml, type YamlSource } from "../../src/config/yaml-source.ts";

function read(text: string, env: Record<string, string> = {}): YamlSource {
  return readYaml({ text, file: "relay.yml", env });
}

function complaints(text: string, env: Record<string, string> = {}): string[] {
  return read(text, env).mistakes.map(formatMistake);
}

describe("readYaml", () => {
  it("reads what the YAML parser reads", () => {
    const text = "a: 1\nb: [x, 'y', \"z\", ~, true, 0x10, off]\nc: &c { d: {} }\ne: *c\n1: |\n  two\n  lines\n";
    assert.deepEqual(read(text).value, parse(text));
  });

  it("types a variable without quotes as YAML would, and keeps it text in quotes", () => {
    const env = { N: "12", B: "true", E: "" };
    const text = "a: ${N}\nb: ${B}\nc: ${E}\nd: '${N}'\ne: \"${B}\"\nf: ${N}s\ng: !!str ${N}\nh: |-\n  ${N}\n";
    assert.deepEqual(read(text, env).value, { a: 12, b: true, c: null, d: "12", e: "true", f: "12s", g: "12", h: "12" });
  });

  it("knows where values and keys are, in blocks, flows and lists", () => {
    const source = read("a:\n  b: x\n  c: { d: y, e: [1, 2] }\n");
    assert.deepEqual(source.place(["a", "b"], "value"), { line: 2, col: 6 });
    assert.deepEqual(source.place(["a", "b"], "key"), { line: 2, col: 3 });
    assert.deepEqual(source.place(["a", "c", "d"], "value"), { line: 3, col: 11 });
    assert.deepEqual(source.place(["a", "c", "e", 1], "value"), { line: 3, col: 21 });
  });

  it("points at the key of what encloses something that is not written", () => {
    const source = read("a:\n  b: x\nc:\nd:\n  - { e: 1 }\n");
    assert.deepEqual(source.place(["a", "missing"], "value"), { line: 1, col: 1 });
    assert.deepEqual(source.place(["c"], "value"), { line: 3, col: 1 });
    assert.deepEqual(source.place(["d", 0, "missing"], "value"), { line: 5, col: 5 });
    assert.deepEqual(source.place(["nothing", "at", "all"], "value"), { line: 1, col: 1 });
  });

  it("remembers what came from the environment", () => {
    const source = read("a: ${X}\nb: '${X:-1}${Y:-2}'\nc: x\n", { X: "1" });
    assert.deepEqual(source.origin(["a"]), { variables: ["X"], plain: true });
    assert.deepEqual(source.origin(["b"]), { variables: ["X"], plain: false });
    assert.deepEqual(source.origin(["c"]), { variables: [], plain: true });
  });

  it("points at the variable that is not set, not at the value it stands in", () => {
    assert.deepEqual(complaints("a: 1\nb: 'x ${SET} ${A:-} ${B}'\n", { SET: "" }), [
      "relay.yml:2:21 b: the variable B is not set (set it, or give a default: ${B:-...})",
    ]);
  });

  it("finds every key that is given twice", () => {
    assert.deepEqual(complaints("a:\n  b: 1\n  b: 2\nc: 1\na: 2\n"), [
      'relay.yml:3:3 a.b: "b" is given twice (the first one is on line 2)',
      'relay.yml:5:1 a: "a" is given twice (the first one is on line 1)',
    ]);
  });

  it("puts what is no YAML into words, with the line", () => {
    const cases: readonly [string, string][] = [
      ["a:\n\t- b\n", "relay.yml:2:1 this line is indented by a tab (YAML takes only spaces)"],
      ["a: @b\n", 'relay.yml:1:4 a value cannot start with "@" (put it in quotes)'],
      ["a: { b: ${C} }\n", 'relay.yml:1:10 a variable inside { } or [ ] needs quotes (write "${NAME}")'],
      ["a: 1\n---\nb: 2\n", "relay.yml:2:1 a second document starts here (one file holds one configuration: remove the ---)"],
      ["a: !b c\n", "relay.yml:1:4 YAML tags have no meaning here (remove the !tag)"],
      ["a: {b: 1}}\n", "relay.yml:1:10 not valid YAML: unexpected flow-map-end token in YAML stream"],
      ["a\nb: 1\n", 'relay.yml:1:1 this is no "key: value" pair (check the indentation and the colon)'],
      [
        "a: b: c\n",
        'relay.yml:1:4 two "key: value" pairs run into each other (check the indentation; a value that holds ": " needs quotes)',
      ],
    ];
    for (const [text, said] of cases) assert.deepEqual(complaints(text), [said]);
  });

  it("says one thing a line about broken YAML, for several lines", () => {
    assert.deepEqual(
      read("a: @x @y\nb: `z`\n").mistakes.map(({ line }) => line),
      [1, 2],
    );
    assert.equal(read("a: @x\n").broken, true);
  });

  it("takes a bare glob for the alias it is, and says how to write it", () => {
    assert.deepEqual(complaints("include: *.log\n"), [
      'relay.yml:1:10 include: there is no anchor for this alias (a text that starts with * needs quotes: "*...")',
    ]);
  });

  it("refuses aliases without an end and without measure", () => {
    assert.deepEqual(complaints("a: &x [*x]\n"), ["relay.yml:1:7 a[0]: an alias cannot stand inside its own anchor"]);
    const lines = ["a0: &a0 [x]"];
    for (let level = 1; level < 9; level += 1) lines.push(`a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`);
    assert.match(complaints(`${lines.join("\n")}\n`).join("\n"), /there are too many values$/m);
  });

  it("takes variables in values only", () => {
    assert.deepEqual(complaints("a:\n  '${B}': 1\n"), ["relay.yml:2:3 a.${B}: variables are replaced in values, not in names"]);
  });

  it("takes no name that is no text, and none that JavaScript would misread", () => {
    assert.deepEqual(complaints("? [a]\n: b\n__proto__: 1\n"), [
      "relay.yml:1:3 a name must be plain text",
      "relay.yml:3:1 __proto__ cannot be a name",
    ]);
  });

  it("never throws, whatever the text", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."ab:-[]{},&*!|>'\"%@`#\n\t ?~$1.".split("")), maxLength: 40 });
    fc.assert(
      fc.property(letters, (text) => {
        for (const { line, col } of read(text).mistakes) assert.ok(line >= 1 && col >= 1);
      }),
      { numRuns: 600 },
    );
  });
});
