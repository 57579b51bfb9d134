import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { gunzipBounded } from "../../src/wire/gunzip.ts";

const MAX = 1 << 20;
const [one, two] = [gzipSync("one "), gzipSync("two")];

async function text(...parts: readonly Uint8Array[]): Promise<string> {
  const unpacked = await gunzipBounded(Buffer.concat(parts), MAX);
  return unpacked.kind === "bytes"
    ? unpacked.bytes.toString() + (unpacked.broken === undefined ? "" : " (broken)")
    : unpacked.kind;
}

describe("gunzipBounded", () => {
  it("unpacks one member and many", async () => {
    assert.equal(await text(one), "one ");
    assert.equal(await text(one, two, one), "one twoone ");
    assert.equal(await text(...Array.from({ length: 3_000 }, () => two)), "two".repeat(3_000));
  });

  it("leaves out what is no gzip behind the last member", async () => {
    assert.equal(await text(one, two, Buffer.from("garbage")), "one two");
    assert.equal(await text(one, Buffer.alloc(9)), "one ");
    assert.equal(await text(one, Buffer.of(0x1f)), "one ");
  });

  it("keeps whole members before one that is cut off or damaged, and says so", async () => {
    assert.equal(await text(one, two.subarray(0, 12)), "one  (broken)");
    assert.equal(await text(one, Buffer.of(0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9)), "one  (broken)");
  });

  it("steps over the name, comment and extra field of a member", async () => {
    const [head, rest] = [Buffer.from(one.subarray(0, 10)), one.subarray(10)];
    head[3] = 4 | 8 | 16 | 2;
    const fields = Buffer.concat([Buffer.of(3, 0, 1, 2, 3), Buffer.from("name\0comment\0"), Buffer.of(0, 0)]);

    // Node checks the header's own checksum, so that this is only read member by member, with something wrong at the end.
    assert.equal(await text(head, fields, rest, Buffer.from("x")), "one ");
  });

  it("is malformed where no member is whole", async () => {
    assert.equal(await text(one.subarray(0, 12)), "malformed");
    assert.equal(await text(Buffer.of(0x1f, 0x8b)), "malformed");
    assert.equal(await text(Buffer.from("hello")), "malformed");
  });

  it("yields no more than allowed, in size and in ratio, in whatever number of members", async () => {
    assert.equal((await gunzipBounded(gzipSync(Buffer.alloc(1_000)), 1_000)).kind, "bytes");
    assert.equal((await gunzipBounded(gzipSync(Buffer.alloc(1_001)), 1_000)).kind, "too_large");
    const members = Buffer.concat([gzipSync(Buffer.alloc(600)), gzipSync(Buffer.alloc(600))]);
    assert.equal((await gunzipBounded(members, 1_000)).kind, "too_large");
    assert.equal((await gunzipBounded(Buffer.concat([members, Buffer.from("x")]), 1_000)).kind, "too_large");
    assert.equal((await gunzipBounded(gzipSync(Buffer.alloc(64 << 20)), 1 << 30)).kind, "too_large", "a thousand times its size");
  });

  it("never rejects, whatever the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(255), fc.uint8Array({ maxLength: 20 }), async (at, byte, tail) => {
        const packed = Buffer.concat([one, two, tail]);
        packed[at % packed.length] = byte;
        await gunzipBounded(packed, MAX);
      }),
    );
  });
});
