import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ByteWriter } from "../../src/scan/byte-writer.ts";
import { Literal } from "../../src/scan/literal.ts";

describe("ByteWriter", () => {
  it("writes what it is given, one behind the other", () => {
    const writer = new ByteWriter(4_000);
    const part = fc.record({
      how: fc.constantFrom("literal", "copy", "ascii"),
      text: fc.string({ maxLength: 20 }),
      before: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        writer.begin();
        for (const { how, text, before } of parts) {
          const bytes = Buffer.from(`${"-".repeat(before)}${text}--`);
          if (how === "literal") writer.literal(new Literal(Buffer.from(text)));
          else if (how === "ascii") writer.ascii(text);
          else writer.copy(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), before, before + text.length);
        }

        assert.equal(writer.text("latin1"), parts.map(({ text }) => text).join(""));
      }),
    );
  });

  it("reads back as UTF-8 what is no ASCII", () => {
    const writer = new ByteWriter(16);
    writer.literal(new Literal(Buffer.from("naïve ☃")));

    assert.equal(writer.text("utf8"), "naïve ☃");
  });
});
