import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatAddress,
  formatBytes,
  formatDuration,
  parseAddress,
  parseBytes,
  parseDuration,
  parseRate,
} from "../../src/base/units.ts";

describe("units", () => {
  it("reads durations with their unit", () => {
    const read = ["250ms", "5s", "10m", "24h", "7d", "1.5s", "5", "5 weeks", ""].map((text) => parseDuration(text));

    assert.deepEqual(read, [250, 5_000, 600_000, 86_400_000, 604_800_000, 1_500, undefined, undefined, undefined]);
  });

  it("reads sizes in powers of ten and of two", () => {
    const read = ["64KiB", "2MiB", "1GB", "512", "0", "1TiB"].map((text) => parseBytes(text));

    assert.deepEqual(read, [65_536, 2_097_152, 1_000_000_000, 512, undefined, undefined]);
  });

  it("reads rates with and without a number of units", () => {
    assert.deepEqual(parseRate("100/min"), { count: 100, perMs: 60_000 });
    assert.deepEqual(parseRate("1000/5m"), { count: 1_000, perMs: 300_000 });
    assert.equal(parseRate("0/s"), undefined);
    assert.equal(parseRate("ten/s"), undefined);
  });

  it("reads IPv4, IPv6 and names with a port", () => {
    assert.deepEqual(parseAddress("127.0.0.1:12201"), { host: "127.0.0.1", port: 12_201 });
    assert.deepEqual(parseAddress("[::1]:80"), { host: "::1", port: 80 });
    assert.equal(parseAddress("12201"), undefined);
    assert.equal(parseAddress("host:70000"), undefined);
    assert.equal(formatAddress({ host: "::1", port: 80 }), "[::1]:80");
  });

  it("writes sizes and durations as a person would", () => {
    assert.deepEqual(
      [1_536, 64 << 20, 10].map((bytes) => formatBytes(bytes)),
      ["1.5KiB", "64MiB", "10B"],
    );
    assert.deepEqual(
      [90_000, 300, 86_400_000].map((ms) => formatDuration(ms)),
      ["1.5m", "300ms", "1d"],
    );
  });
});
