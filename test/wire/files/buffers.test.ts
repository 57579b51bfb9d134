import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Buffers, copyOf } from "../../../src/wire/files/buffers.ts";

describe("Buffers", () => {
  it("gives small ones while many are on their way, so that few bytes wait however many files do", async () => {
    const buffers = new Buffers();
    const taken = await Promise.all(Array.from({ length: 1_000 }, () => buffers.take()));
    const bytes = taken.reduce((sum, { length }) => sum + length, 0);
    assert.ok(bytes < 32 << 20, `${bytes} bytes`);
    assert.equal(taken[0]?.length, 256 << 10);
    assert.equal(taken.at(-1)?.length, 16 << 10);

    for (const buffer of taken) buffers.give(buffer);
    assert.equal((await buffers.take()).length, 256 << 10);
  });

  it("makes whoever asks for too many wait until one comes back", async () => {
    const buffers = new Buffers();
    const taken = await Promise.all(Array.from({ length: 32 + 1_024 }, () => buffers.take()));
    let got: Buffer | undefined;
    const waits = buffers.take().then((buffer) => (got = buffer));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(got, undefined);
    buffers.give(taken[40] as Buffer);
    assert.equal(await waits, taken[40]);
  });
});

describe("copyOf", () => {
  it("copies the first bytes into memory of their own", () => {
    const copy = copyOf(Buffer.from("two words"), 3);
    assert.equal(copy.toString(), "two");
    assert.equal(copy.buffer.byteLength, 3);
  });
});
