import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Networks, parseNetwork } from "../../../src/base/networks.ts";
import { forwardedFor } from "../../../src/wire/access/forwarded-for.ts";

const trusted = new Networks(["10.0.0.0/8", "fd00::/8"].flatMap((written) => parseNetwork(written) ?? []));

describe("forwardedFor", () => {
  it("is the last address that is no trusted proxy's", () => {
    for (const [header, sender] of [
      ["203.0.113.7", "203.0.113.7"],
      ["1.1.1.1, 203.0.113.7, 10.0.0.8", "203.0.113.7"],
      ["1.1.1.1,203.0.113.7:4711", "203.0.113.7"],
      ["[2001:DB8::7]:443, fd00::1", "2001:db8::7"],
      ["10.0.0.5, 10.0.0.6", "10.0.0.5"],
      ["203.0.113.7, unknown", "10.0.0.1"],
      ["203.0.113.7, unknown, 10.0.0.9", "10.0.0.9"],
      ["", "10.0.0.1"],
      [undefined, "10.0.0.1"],
      [["1.1.1.1", "203.0.113.7"], "203.0.113.7"],
    ] as const) {
      assert.equal(forwardedFor(header, "10.0.0.1", trusted), sender, String(header));
    }
  });

  it("cannot be moved by what stands before an untrusted address", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.nat(255), { maxLength: 5 }), (made, proxies) => {
        const header = [made, "203.0.113.7", ...proxies.map((last) => `10.0.0.${last}`)].join(", ");
        assert.equal(forwardedFor(header, "10.0.0.1", trusted), "203.0.113.7");
      }),
    );
  });

  it("looks at a bounded number of hops", () => {
    assert.equal(forwardedFor(`203.0.113.7${", 10.0.0.2".repeat(5_000)}`, "10.0.0.1", trusted), "10.0.0.2");
  });
});
