import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CombinedLine } from "../../src/codec/combined-line.ts";
import { accessLine, mutatedAccessLine } from "../support/access-lines.ts";

const LINE = '203.0.113.9 - ada [20/Nov/2026:08:30:12 +0000] "POST /orders/7?a=1?b HTTP/1.1" 404 512 "-" "curl/8 (x)"';

function read(text: string): unknown {
  const line = new CombinedLine();
  const bytes = Buffer.from(text);
  if (!line.read(bytes, 0, bytes.length)) return undefined;
  const { method, status, sent, asked, url, time } = line;
  const [what, where, when] = [asked, url, time].map(({ start, end }) => bytes.toString("utf8", start, end));
  return { method, status, sent, what, where, when };
}

describe("an access line in bytes", () => {
  it("has its parts where they stand", () => {
    const expected = {
      method: "POST",
      status: 404,
      sent: 512,
      what: "POST /orders/7",
      where: "/orders/7",
      when: "20/Nov/2026:08:30:12 +0000",
    };
    assert.deepEqual(read(LINE), expected);
    assert.deepEqual(read(LINE.replace("203.0.113.9", "2001:db8::1")), expected);
  });

  it("is none where only a full read can tell", () => {
    const odd: readonly (readonly [string, string])[] = [
      ["203.0.113.9", "203.0.113.256"],
      ["203.0.113.9", "203.0.113"],
      ["203.0.113.9", "cafe"],
      ["/orders", "orders"],
      ["POST", "POSTS"],
      ["HTTP/1.1", "HTTP/1.1 x"],
      ["404", "40"],
      ["404", "044"],
      ["512", "-"],
      ["512", "1234567890123456"],
      ["curl", "\\x22"],
      ["curl", "é"],
      ["curl", '"'],
    ];
    for (const [usual, other] of odd) assert.equal(read(LINE.replace(usual, other)), undefined, other);
    assert.equal(read(`${LINE} "more"`), undefined);
    assert.equal(read(""), undefined);
  });

  it("is read the same whatever stands around it", () => {
    const used = new CombinedLine();
    fc.assert(
      fc.property(
        fc.oneof(accessLine, mutatedAccessLine),
        fc.string({ maxLength: 12 }),
        fc.string({ maxLength: 12 }),
        (text, before, behind) => {
          const [lead, line] = [Buffer.from(before), Buffer.from(text)];
          const bytes = Buffer.concat([lead, line, Buffer.from(behind)]);
          const isOne = used.read(bytes, lead.length, lead.length + line.length);
          assert.equal(isOne, read(text) !== undefined);
          if (isOne) assert.equal(bytes.toString("utf8", used.url.start, used.url.end), (read(text) as { where: string }).where);
        },
      ),
      { numRuns: 500 },
    );
  });
});
