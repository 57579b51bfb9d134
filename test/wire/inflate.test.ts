import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { inflate, type Inflated } from "../../src/wire/inflate.ts";

const MAX = 8 << 20;

function text(result: Inflated): string {
  assert.ok(result instanceof Uint8Array, `expected bytes, got ${JSON.stringify(result)}`);
  return result.toString();
}

function trouble(result: Inflated): string {
  assert.ok(typeof result === "object" && "malformed" in result, "expected a Malformed");
  return result.malformed;
}

describe("inflate", () => {
  it("tells gzip, zlib and plain bytes apart by their first bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (plain) => {
        const message = Buffer.from(`{${plain}`);
        for (const packed of [gzipSync(message), message, ...[0, 1, 6, 9].map((level) => deflateSync(message, { level }))]) {
          assert.equal(text(inflate(packed, MAX)), message.toString());
        }
      }),
    );
  });

  it("hands plain bytes back without a copy", () => {
    const plain = Buffer.from("{}");
    assert.equal(inflate(plain, MAX), plain);
    assert.equal(text(inflate(Buffer.alloc(0), MAX)), "");
    assert.equal(text(inflate(Buffer.from("x"), MAX)), "x");
  });

  it("takes 78 followed by a wrong checksum for plain bytes", () => {
    assert.equal(text(inflate(Buffer.from("7800ff", "hex"), MAX)).length, 3);
  });

  it("unpacks every member of a gzip file of several", () => {
    assert.equal(text(inflate(Buffer.concat([gzipSync("{"), gzipSync("}")]), MAX)), "{}");
  });

  it("ignores a NUL behind the packed bytes", () => {
    assert.equal(text(inflate(Buffer.concat([gzipSync("{}"), Buffer.from([0])]), MAX)), "{}");
    assert.equal(text(inflate(Buffer.concat([deflateSync("{}"), Buffer.from([0])]), MAX)), "{}");
  });

  it("stops at the limit, not one byte before", () => {
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 251));
    assert.equal(text(inflate(gzipSync(noise), 5_000)).length > 0, true);
    for (const bytes of [gzipSync(noise), deflateSync(noise), noise]) assert.equal(inflate(bytes, 4_999), "too_large");
  });

  it("stops a bomb whose ratio no log text reaches, far below the limit", () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    assert.ok(bomb.length < 70_000);
    assert.equal(inflate(bomb, 1 << 30), "too_large");
    assert.equal(text(inflate(gzipSync(Buffer.alloc(1 << 20)), MAX)).length, 1 << 20);
  });

  it("says what is wrong with broken data", () => {
    assert.match(trouble(inflate(gzipSync("hello, hello").subarray(0, 15), MAX)), /^broken gzip data: unexpected end of file$/);
    assert.match(trouble(inflate(deflateSync("hello").subarray(0, 6), MAX)), /^broken zlib data: /);
    assert.match(trouble(inflate(Buffer.from("1f8bffff00", "hex"), MAX)), /^broken gzip data: /);
  });

  it("names zstd, which GELF does not have", () => {
    assert.match(trouble(inflate(Buffer.from("28b52ffd0400", "hex"), MAX)), /zstd; send gzip, zlib or no compression/);
  });

  it("never throws, whatever the bytes", () => {
    const magic = fc.constantFrom("1f8b", "1f8b08", "789c", "78da", "28b52ffd", "");
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 200 }), (start, rest) => {
        const result = inflate(Buffer.concat([Buffer.from(start, "hex"), rest]), MAX);
        assert.ok(result === "too_large" || typeof result === "object");
      }),
    );
  });
});
