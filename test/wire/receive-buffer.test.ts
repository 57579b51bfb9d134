import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, it } from "node:test";
import { bufferLimits, receiveBufferGiven, remedyFor, widenReceiveBuffer } from "../../src/wire/receive-buffer.ts";

const KIB = 1 << 10;
const MIB = 1 << 20;

describe("remedyFor", () => {
  it("names the sysctl where the kernel gave less than asked for", () => {
    const remedy = remedyFor({ given: 208 * KIB, wanted: 4 * MIB, max: 208 * KIB });
    assert.equal(remedy, "to double it, restart the relay after: sysctl -w net.core.rmem_max=4194304");
  });

  it("names the configuration where the kernel would give more", () => {
    const remedy = remedyFor({ given: 4 * MIB, wanted: 4 * MIB, max: 64 * MIB });
    assert.equal(remedy, "to double it, set receive_buffer: 8MiB and restart the relay");
  });

  it("names both where both are the bound, and where the kernel's bound is not known", () => {
    const both = "to double it, set receive_buffer: 8MiB and restart the relay after: sysctl -w net.core.rmem_max=8388608";
    assert.equal(remedyFor({ given: 4 * MIB, wanted: 4 * MIB, max: 4 * MIB }), both);
    assert.equal(remedyFor({ given: 4 * MIB, wanted: 4 * MIB, max: undefined }), both);
    assert.match(remedyFor({ given: 3 * MIB, wanted: 4 * MIB, max: 3 * MIB }), /receive_buffer: 6MiB .*rmem_max=6291456$/);
  });

  it("writes sizes that are read as they are meant", () => {
    const remedy = remedyFor({ given: 106_496 + 1, wanted: 106_496 + 1, max: 64 * MIB });
    assert.match(remedy, /receive_buffer: 209KiB/);
  });

  it("says that a restart is enough where the kernel's bound was raised meanwhile", () => {
    assert.match(remedyFor({ given: 208 * KIB, wanted: 4 * MIB, max: 8 * MIB }), /^restart the relay/);
  });
});

describe("receive buffers of the kernel", () => {
  it("are given as asked for up to the kernel's bound", async (t) => {
    const socket = createSocket("udp4");
    t.after(() => socket.close());
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");

    assert.equal(widenReceiveBuffer(socket, 65_536), 65_536);
    assert.equal(await receiveBufferGiven(65_536), 65_536);
    // Elsewhere the kernel has no such bound to read.
    if (process.platform !== "linux") return;
    const { max } = bufferLimits();
    if (max !== undefined) assert.equal(await receiveBufferGiven(2 ** 30), Math.min(max, 2 ** 30));
  });
});
