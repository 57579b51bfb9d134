import { strict as assert } from "node:assert";
import { before, describe, it } from "node:test";
import type { ServiceDefinition } from "@grpc/proto-loader";
import * as fc from "fast-check";
import { encodeAck, openBatch } from "../../src/wire/grpc-batch.ts";
import { loadLogRelay } from "../../src/wire/grpc-proto.ts";

let service: ServiceDefinition;

before(async () => {
  ({ service } = await loadLogRelay());
});

describe("a batch", () => {
  it("is cut into the bytes of its records, wherever its id stands", () => {
    const bytes = Buffer.from("1202 1a00 0a0161 1200 1203 1a0162 0a0162".replaceAll(" ", ""), "hex");

    const opened = openBatch(bytes);

    assert.ok(typeof opened !== "string");
    assert.equal(opened.id.toString(), "b");
    assert.equal(opened.frames.bytes, bytes);
    assert.deepEqual(opened.frames.bounds, [2, 4, 9, 9, 11, 14]);
  });

  it("may hold fields of a later version", () => {
    const opened = openBatch(Buffer.from("1801 2200 1200".replaceAll(" ", ""), "hex"));

    assert.ok(typeof opened !== "string");
    assert.deepEqual(opened.frames.bounds, [6, 6]);
  });

  it("says why bytes are none", () => {
    assert.equal(openBatch(Buffer.from("1205ab", "hex")), "a field that runs past the end at byte 2");
    assert.equal(
      openBatch(Buffer.concat([Buffer.from([0x0a, 0x81, 0x08]), Buffer.alloc(1_025)])),
      "an id of 1025 bytes (at most 1024)",
    );
  });

  it("never throws and cuts only within the bytes, whatever they are", () => {
    const byte = fc.oneof(fc.constantFrom(0x0a, 0x12, 0, 1, 2, 3), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), (bytes) => {
        const opened = openBatch(Buffer.from(bytes));
        if (typeof opened === "string") return;
        let end = 0;
        for (const bound of opened.frames.bounds) {
          assert.ok(bound >= end && bound <= bytes.length);
          end = bound;
        }
      }),
    );
  });
});

describe("an ack", () => {
  it("is what a protobuf library reads", () => {
    const counts = fc.nat(0xffffffff);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), counts, counts, (id, accepted, malformed) => {
        const ack = service["Send"]?.responseDeserialize(encodeAck(Buffer.from(id), accepted, malformed));

        assert.deepEqual({ ...ack }, { id, accepted, malformed });
      }),
    );
  });
});
