import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeAcks, encodeAcks, readAcks } from "../../../src/queues/disk/ack-file.ts";
import { MAX_PARCELS } from "../../../src/queues/disk/frame.ts";
import { IndexTable, readIndex, writeIndex } from "../../../src/queues/disk/index-file.ts";
import { parseSegmentName, Segment, segmentPath, SequenceSet } from "../../../src/queues/disk/segment.ts";
import { temporary } from "./support.ts";

const acks = fc.array(fc.record({ sequence: fc.nat({ max: MAX_PARCELS - 1 }), crc: fc.nat() }), { maxLength: 20 });

describe("side log of acknowledgements", () => {
  it("gives back what was written", () => {
    fc.assert(
      fc.property(acks, (written) => {
        assert.deepEqual(decodeAcks(encodeAcks(written)), new Map(written.map(({ sequence, crc }) => [sequence, crc])));
      }),
    );
  });

  it("never names a parcel that was not acknowledged, whatever befell its bytes", () => {
    fc.assert(
      fc.property(acks, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, at, bits) => {
        const bytes = encodeAcks(written);
        if (bytes.length > 0) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ bits;
        const known = new Set(written.map(({ sequence, crc }) => `${sequence} ${crc}`));
        for (const [sequence, crc] of decodeAcks(bytes)) assert.ok(known.has(`${sequence} ${crc}`));
      }),
    );
  });

  it("is read on behind an entry that was torn", () => {
    const whole = encodeAcks([{ sequence: 7, crc: 9 }]);

    assert.deepEqual(decodeAcks(Buffer.concat([whole.subarray(0, 5), whole])), new Map([[7, 9]]));
  });

  it("is not searched without end when it is no log at all", () => {
    const whole = encodeAcks([{ sequence: 7, crc: 9 }]);

    assert.deepEqual(decodeAcks(Buffer.concat([Buffer.alloc(100 << 10), whole])), new Map([[7, 9]]));
    assert.deepEqual(decodeAcks(Buffer.concat([Buffer.alloc(1 << 20), whole])), new Map());
  });

  it("that is missing holds none", async () => {
    assert.equal((await readAcks(temporary(), 1)).size, 0);
  });
});

describe("index of a segment", () => {
  const frame = { upstream: "default", category: "error", input: "in", bornMs: 5, records: 2, bytes: 100, crc: 77 } as const;

  function sealed(directory: string): { segment: Segment; table: IndexTable; directory: string } {
    const segment = new Segment(3);
    segment.bytes = 300;
    const table = new IndexTable();
    for (let sequence = 0; sequence < 3; sequence += 1)
      table.add({ ...frame, sequence, upstream: sequence === 1 ? "other" : "default" });
    return { segment, table, directory };
  }

  function again(): Segment {
    const segment = new Segment(3);
    segment.bytes = 300;
    return segment;
  }

  it("tells what a segment holds by upstream, category and input, less what was acknowledged", async () => {
    const { segment, table, directory } = sealed(temporary());
    await writeIndex(directory, segment, table);
    const read = again();

    assert.equal(
      await readIndex(
        directory,
        read,
        new Map([
          [0, 77],
          [1, 78],
        ]),
      ),
      true,
    );

    assert.deepEqual(read.live, { parcels: 2, bytes: 200, records: 4 });
    assert.deepEqual(
      [...read.groups.values()].map(({ upstream, unread }) => [upstream, unread.parcels]),
      [
        ["default", 1],
        ["other", 1],
      ],
    );
    assert.deepEqual([read.acked.has(0), read.acked.has(1), read.nextSequence], [true, false, 3]);
  });

  it("is not believed when any byte of it is another one, or its segment has another length", async () => {
    const { segment, table, directory } = sealed(temporary());
    const bytes = table.encode(segment);
    for (let at = 0; at < bytes.length; at += 1) {
      const harmed = Buffer.from(bytes);
      harmed[at] = (harmed[at] ?? 0) ^ 0x10;
      writeFileSync(segmentPath(directory, 3, "idx"), harmed);
      assert.equal(await readIndex(directory, again(), new Map([[0, 77]])), false, `byte ${at}`);
    }
    await writeIndex(directory, segment, table);
    const shorter = again();
    shorter.bytes = 299;
    assert.equal(await readIndex(directory, shorter, new Map()), false);
  });
});

describe("segment names", () => {
  it("are twenty digits and a kind, and nothing else", () => {
    assert.equal(segmentPath("/q", 12, "seg"), "/q/00000000000000000012.seg");
    assert.deepEqual(parseSegmentName("00000000000000000012.ack"), { id: 12, extension: "ack" });
    for (const name of [
      "12.seg",
      "00000000000000000000.seg",
      "99999999999999999999.seg",
      "00000000000000000012.seg.bak",
      "lock",
    ]) {
      assert.equal(parseSegmentName(name), undefined);
    }
  });

  it("of sequence numbers make a set that holds what was added", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: MAX_PARCELS - 1 })), fc.nat({ max: MAX_PARCELS - 1 }), (added, asked) => {
        const set = new SequenceSet();
        for (const sequence of added) set.add(sequence);
        assert.ok(added.every((sequence) => set.has(sequence)));
        assert.equal(set.has(asked), added.includes(asked));
      }),
    );
  });
});
