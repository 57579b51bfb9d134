import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { firstValid, validDist, validEnvironment, validRelease } from "../../src/sentry/release.ts";

describe("release, environment and dist", () => {
  it("keeps what Relay accepts", () => {
    assert.equal(validRelease("shop@1.2.3+build.7"), "shop@1.2.3+build.7");
    assert.equal(validEnvironment("production"), "production");
    assert.equal(validDist("1.2_3-x"), "1.2_3-x");
  });

  it("replaces characters that Relay forbids", () => {
    assert.equal(validRelease("registry.example/shop:1.2\n"), "registry.example-shop:1.2");
    assert.equal(validEnvironment("feature/cart\t2"), "feature-cart-2");
    assert.equal(validDist("a b/c"), "a-b-c");
  });

  it("gives up on names that mean nothing", () => {
    for (const text of ["", "  ", ".", "..", "latest", "LATEST"]) assert.equal(validRelease(text), undefined);
    for (const text of ["", ".", "..", "None"]) assert.equal(validEnvironment(text), undefined);
    assert.equal(validDist(" "), undefined);
  });

  it("counts bytes, not characters", () => {
    assert.equal(Buffer.byteLength(validRelease("é".repeat(300)) ?? ""), 200);
    assert.equal(validEnvironment("漢".repeat(100)), "漢".repeat(21));
  });

  it("makes anything valid, or nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const release = validRelease(text);
        if (release !== undefined)
          assert.ok(Buffer.byteLength(release) <= 200 && release.trim() === release && !/[/\n\r\t\f]/.test(release));
        const dist = validDist(text);
        if (dist !== undefined) assert.match(dist, /^[A-Za-z0-9_.-]{1,64}$/);
      }),
    );
  });

  it("takes a megabyte of hostile text", () => {
    for (const unit of ["/", " ", "é", "\n"]) {
      validRelease(unit.repeat(1 << 20));
      validEnvironment(unit.repeat(1 << 20));
      validDist(unit.repeat(1 << 20));
    }
  });

  it("takes the first text that can be used", () => {
    assert.equal(firstValid(validRelease, undefined, "latest", "1.2.3", "2.0.0"), "1.2.3");
    assert.equal(firstValid(validRelease, undefined, "."), undefined);
  });
});
