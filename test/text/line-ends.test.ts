import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { bytesMayEndHead, mayEndHead } from "../../src/text/line-ends.ts";

const jsonOf = (text: string): Buffer => Buffer.from(JSON.stringify(text).slice(1, -1));

describe("mayEndHead", () => {
  it("knows how the heads of traces end", () => {
    const heads = [
      "no B-2 left at /srv/shop/lib/Stock.pm line 3.",
      "no B-2 left at x.pl line 3, <STDIN> line 12.",
      "Thread 1 terminated abnormally: no B left at x.pl line 3 thread 1.",
      "bin/report.rb:11:in `<main>': no items (ArgumentError)",
      "Shop::OutOfStock (no B-2 left):",
      "11:40:21 UTC - mysqld got signal 11 ;",
    ];

    for (const head of heads) assert.equal(mayEndHead(head), true, head);
  });

  it("lets ordinary lines go", () => {
    const lines = ["", ".", "done.", "took 12.", "listening on 80 (tls)", "line 12.", "x:", "a;", "GET /index.html 200", "(a)"];

    for (const line of lines) assert.equal(mayEndHead(line), false, line);
  });

  it("says the same of a line and of its bytes in a JSON string", () => {
    const piece = fc.constantFrom(" line 12", ".", ")", "):", " ;", ":in ", "é", '"', "Error", " ", "\t", "3", "thread", "`f'");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const line = pieces.join("");
        const bytes = jsonOf(line);
        if (mayEndHead(line)) assert.equal(bytesMayEndHead(bytes, 0, bytes.length), true, line);
      }),
      { numRuns: 1_000 },
    );
  });

  it("looks at nothing outside of the string", () => {
    const bytes = Buffer.from("no left at x line 3. and more");

    assert.equal(bytesMayEndHead(bytes, 0, 20), true);
    assert.equal(bytesMayEndHead(bytes, 0, bytes.length), false);
    assert.equal(bytesMayEndHead(bytes, 15, 20), false);
    assert.equal(bytesMayEndHead(bytes, 5, 5), false);
  });
});
