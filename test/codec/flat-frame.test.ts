import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "@msgpack/msgpack";
import { flatFrame, readsFlat } from "../../src/codec/flat-frame.ts";
import type { Codec } from "../../src/component/codec.ts";
import { codecs } from "../../src/registry.ts";

function codec(name: string): Codec {
  const found = codecs.get(name);
  if (found === undefined) throw new Error(`no codec ${name}`);
  return found;
}

const STAMP = Buffer.from("92d7006774f2c500000000", "hex");

function namesIn(name: string, frame: Buffer): unknown {
  const flat = flatFrame(codec(name), frame, 64);
  return flat?.members.map((member) => [member.name, member.kind]);
}

describe("flatFrame", () => {
  it("tells the dialect by the codec, and by what only GELF has", () => {
    const dialect = (name: string, text: string) => flatFrame(codec(name), Buffer.from(text), 64)?.dialect;

    assert.equal(dialect("gelf", '{"level":6}'), "gelf");
    assert.equal(dialect("json", '{"level":6}'), "json");
    assert.equal(dialect("auto", '{"short_message":"a"}'), "gelf");
  });

  it("reads an entry of forward", () => {
    const frame = Buffer.concat([STAMP, encode({ level: "info", n: -7, big: 1.5, on: true, no: null, list: [1] })]);
    const flat = flatFrame(codec("forward"), frame, 64);

    assert.deepEqual(namesIn("forward", frame), [
      ["level", "text"],
      ["n", "word"],
      ["big", "word"],
      ["on", "word"],
      ["no", "other"],
      ["list", "other"],
    ]);
    assert.deepEqual(flat?.object, { level: "info", n: -7, big: 1.5, on: true, no: null, list: [1] });
    assert.deepEqual(flat.stamp, { start: 1, end: 11 });
  });

  it("leaves to the full decode what is more than a time and a map", () => {
    const entry = encode({ level: "info" });
    for (const frame of [
      Buffer.concat([Buffer.from([0x93]), STAMP.subarray(1), entry, encode({ metadata: {} })]),
      Buffer.concat([Buffer.from([0x92]), encode(1_767_323_045), entry]),
      Buffer.concat([STAMP, entry, Buffer.from([0])]),
      Buffer.concat([STAMP, entry.subarray(0, -1)]),
      Buffer.concat([STAMP, encode(["level"])]),
      Buffer.concat([STAMP, encode({})]),
      Buffer.concat([STAMP, encode({ ünï: 1 })]),
      Buffer.concat([STAMP, Buffer.from([0x81, 0x07, 0x07])]),
      Buffer.concat([STAMP, Buffer.from([0x82, 0xa1, 0x61, 0x07, 0xa1, 0x61, 0x07])]),
      STAMP,
      Buffer.from('[1767323045,{"level":"info"}]'),
    ]) {
      assert.equal(namesIn("forward", frame), undefined, frame.toString("latin1"));
    }
  });

  it("reads no object with more members than asked for", () => {
    assert.equal(flatFrame(codec("forward"), Buffer.concat([STAMP, encode({ a: 1, b: 2 })]), 1), undefined);
  });
});

describe("readsFlat", () => {
  it("is true of codecs whose frames are members and nothing else", () => {
    for (const name of ["gelf", "json", "auto", "forward"]) assert.ok(readsFlat(codec(name)), name);
    for (const name of ["text", "grpc"]) assert.ok(!readsFlat(codec(name)), name);
  });
});
