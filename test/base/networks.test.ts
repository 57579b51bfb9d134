import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonicalAddress, limitedAs, Networks, parseNetwork, plainAddress } from "../../src/base/networks.ts";

function listed(...written: readonly string[]): Networks {
  return new Networks(
    written.map((one) => {
      const network = parseNetwork(one);
      assert.ok(network, one);
      return network;
    }),
  );
}

/** Bytes of an address of IPv6, as text in full. */
const address6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((group) => group.toString(16)));

describe("networks", () => {
  it("are addresses with or without a prefix, and nothing else", () => {
    assert.deepEqual(parseNetwork(" 10.0.0.0/8 "), { address: "10.0.0.0", prefix: 8, family: "ipv4" });
    assert.deepEqual(parseNetwork("::1"), { address: "::1", prefix: 128, family: "ipv6" });
    assert.deepEqual(parseNetwork("fd00::/8"), { address: "fd00::", prefix: 8, family: "ipv6" });
    const wrong = [
      "",
      "10.0.0.0/33",
      "::/129",
      "10.0.0/8",
      "10.0.0.256",
      "localhost",
      "10.0.0.0/",
      "10.0.0.0/-1",
      "fe80::1%eth0",
      "/8",
    ];
    for (const written of wrong) assert.equal(parseNetwork(written), undefined, written);
  });

  it("hold the addresses below their prefix, in either notation of IPv4", () => {
    const networks = listed("10.0.0.0/8", "192.168.1.7", "fd00::/8");
    const inside = ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "192.168.1.7", "fd12::1", "fd12::1%eth0"];
    for (const address of inside) assert.ok(networks.has(address), address);
    for (const address of ["11.0.0.0", "192.168.1.8", "fe80::1", "::1", "", "x"]) assert.ok(!networks.has(address), address);
    assert.ok(listed("::ffff:10.0.0.0/104").has("10.9.9.9"));
    assert.ok(!listed().has("10.0.0.1"));
  });

  it("agree with arithmetic", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 }), (network, address, prefix) => {
        const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
        const size = 2 ** (32 - prefix);
        const expected = Math.floor(network / size) === Math.floor(address / size);
        assert.equal(listed(`${dotted(network)}/${prefix}`).has(dotted(address)), expected);
      }),
    );
  });
});

describe("an address", () => {
  it("has one spelling", () => {
    assert.equal(plainAddress("::ffff:10.0.0.1"), "10.0.0.1");
    assert.equal(plainAddress(undefined), "");
    assert.equal(canonicalAddress("2001:DB8:0:0::1"), "2001:db8::1");
    assert.equal(canonicalAddress("::FFFF:0a00:0001"), "10.0.0.1");
    for (const none of ["", "10.0.0", "fe80::1%eth0", "unix:"]) assert.equal(canonicalAddress(none), undefined, none);
  });

  it("of IPv6 is limited with its network of 64 bits, however it is spelt", () => {
    assert.equal(limitedAs("10.0.0.1"), "10.0.0.1");
    assert.equal(limitedAs("::1"), "0:0:0:0::/64");
    assert.equal(limitedAs("2001:db8::1"), "2001:db8:0:0::/64");
    assert.equal(limitedAs("1:2:3::4:5:6%eth0"), "1:2:3:0::/64");
    assert.equal(limitedAs("64:ff9b::10.0.0.1"), "64:ff9b:0:0::/64");
    fc.assert(
      fc.property(address6, address6, (one, other) => {
        const canonical = canonicalAddress(one.join(":")) ?? "";
        fc.pre(canonical.includes(":"));
        assert.equal(limitedAs(canonical), `${one.slice(0, 4).join(":")}::/64`);
        const neighbour = canonicalAddress([...one.slice(0, 4), ...other.slice(4)].join(":")) ?? "";
        fc.pre(neighbour.includes(":"));
        assert.equal(limitedAs(neighbour), limitedAs(canonical));
      }),
    );
  });
});
