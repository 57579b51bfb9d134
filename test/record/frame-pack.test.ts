import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { packFrames } from "../../src/record/batch.ts";
import { FramePack } from "../../src/record/frame-pack.ts";

function packed(parts: readonly Buffer[], expectedBytes = 0): FramePack {
  const pack = new FramePack(expectedBytes);
  for (const part of parts) pack.add(part);
  return pack;
}

describe("a pack of frames", () => {
  it("is what joining all of them at the end would give, whatever was expected", () => {
    const frames = fc.array(
      fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(frames, fc.nat(20_000), (parts, expected) => {
        const pack = packed(parts, expected);
        const { bytes, bounds } = pack.frames();
        assert.deepEqual({ bytes: Buffer.from(bytes), bounds }, { ...packFrames(parts) });
        assert.equal(pack.bytes, bytes.length);
      }),
    );
  });

  it("does not copy a frame that stays alone", () => {
    const frame = Buffer.from("alone");
    assert.equal(packed([frame], 1 << 20).frames().bytes, frame);
  });

  it("keeps what it was given when the buffers it came in are written over", () => {
    const frame = Buffer.from("first");
    const pack = packed([frame, frame]);
    frame.fill("x");
    assert.equal(pack.frames().bytes.toString(), "firstfirst");
  });

  it("takes no more than twice the bytes of many small frames", () => {
    const { bytes } = packed(Array.from({ length: 1_000 }, () => Buffer.alloc(350))).frames();
    assert.ok(bytes.buffer.byteLength <= 2 * bytes.length, `${bytes.buffer.byteLength} for ${bytes.length}`);
  });
});
