import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { frameBytes, MARKER, parcelOf, writeFrame } from "../../../src/queues/disk/frame.ts";
import { readWindow } from "../../../src/queues/disk/window.ts";
import type { Parcel } from "../../../src/record/parcel.ts";
import { parcel } from "../../support/parcels.ts";
import { sized, wordOf } from "./support.ts";

function framed(parcels: readonly Parcel[]): Buffer {
  const bytes = Buffer.alloc(parcels.reduce((sum, one) => sum + frameBytes(one), 0));
  let at = 0;
  parcels.forEach((one, sequence) => {
    at += writeFrame(bytes, at, sequence, one).bytes;
  });
  return bytes;
}

function read(bytes: Buffer): string[] {
  return readWindow(bytes, true).frames.map((frame) => wordOf(parcelOf(bytes, frame)));
}

const anyParcel = fc
  .record({
    upstream: fc.string({ unit: "binary" }),
    input: fc.string({ unit: "binary" }),
    category: fc.constantFrom("error" as const, "log_item" as const),
    body: fc.string({ unit: "binary", maxLength: 300 }).map((text) => Buffer.from(text)),
    records: fc.nat(),
    bornMs: fc.double({ noNaN: true }),
    eventId: fc.constantFrom("", "0123456789abcdef0123456789abcdef"),
    issue: fc.maxSafeNat(),
  })
  .map((made) => parcel(made));

describe("frames", () => {
  it("give back the parcels that were written, whatever these hold", () => {
    fc.assert(
      fc.property(fc.array(anyParcel, { maxLength: 10 }), (parcels) => {
        const bytes = framed(parcels);
        // Lone surrogates become replacement characters in UTF-8; what was written is what counts.
        const names = parcels.map((one) => ({
          ...one,
          upstream: Buffer.from(one.upstream).toString(),
          input: Buffer.from(one.input).toString(),
        }));
        assert.deepEqual(read(bytes), names.map(wordOf));
        assert.deepEqual(readWindow(bytes, true).gaps, []);
      }),
    );
  });

  it("are found in windows of any length", () => {
    const parcels = Array.from({ length: 20 }, (_, i) => sized(i * 13));
    const bytes = framed(parcels);
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 600 }), (length) => {
        const words: string[] = [];
        for (let at = 0, need = 0; at < bytes.length;) {
          const end = Math.min(bytes.length, at + Math.max(need, length));
          const stretch = bytes.subarray(at, end);
          const window = readWindow(stretch, end === bytes.length);
          words.push(...window.frames.map((frame) => wordOf(parcelOf(stretch, frame))));
          assert.ok(window.next > 0 || window.need > stretch.length, "reading gets on");
          at += window.next;
          need = window.need;
        }
        assert.deepEqual(words, parcels.map(wordOf));
      }),
    );
  });

  it("survive any damage beside them, and none that was touched is given back", () => {
    const parcels = Array.from({ length: 6 }, (_, i) => sized(20 + i * 30));
    const sound = framed(parcels);
    const starts = parcels.map((_, i) => parcels.slice(0, i).reduce((sum, one) => sum + frameBytes(one), 0));
    const flip = fc.record({ at: fc.nat({ max: sound.length - 1 }), bits: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 4 }), (flips) => {
        const bytes = Buffer.from(sound);
        for (const { at, bits } of flips) bytes[at] = (bytes[at] ?? 0) ^ bits;
        const intact = parcels.filter((one, i) => {
          const [from, to] = [starts[i] ?? 0, (starts[i] ?? 0) + frameBytes(one)];
          return bytes.subarray(from, to).equals(sound.subarray(from, to));
        });
        assert.deepEqual(read(bytes), intact.map(wordOf));
      }),
    );
  });

  it("account for every byte: a frame or a gap", () => {
    const sound = framed(Array.from({ length: 5 }, () => sized(50)));
    fc.assert(
      fc.property(fc.nat({ max: sound.length }), fc.uint8Array({ maxLength: 90 }), (at, junk) => {
        const bytes = Buffer.concat([sound.subarray(0, at), junk, sound.subarray(at)]);
        const { frames, gaps } = readWindow(bytes, true);
        const parts = [...gaps, ...frames.map(({ offset, bytes: length }) => ({ from: offset, to: offset + length }))];
        let end = 0;
        for (const { from, to } of parts.toSorted((a, b) => a.from - b.from)) {
          assert.equal(from, end);
          end = to;
        }
        assert.equal(end, bytes.length);
      }),
    );
  });

  it("cannot be forged by the text of a body, because a marker is no UTF-8", () => {
    const inner = framed([sized(10)]);
    const outer = sized(0, { body: Buffer.from(inner.toString("utf8")) });
    const bytes = framed([outer, sized(5)]);
    bytes[0] = 0;

    assert.equal(read(bytes).length, 1);
    assert.equal(Buffer.from(MARKER.toString("utf8")).includes(MARKER), false);
  });

  it("are not looked for inside a sound frame", () => {
    const forged = framed([sized(10)]);
    const outer = sized(0, { body: forged });

    assert.deepEqual(read(framed([outer])), [wordOf(outer)]);
  });

  it("are too long for no segment: what no frame can hold has no length", () => {
    assert.equal(frameBytes(parcel({ upstream: "x".repeat(70_000) })), Infinity);
  });
});
