import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { destinationOf, rateIn, rationName } from "../../src/record/rationed.ts";

describe("the name of a ration", () => {
  it("gives back its upstream and its rate, whoever shares it", () => {
    const name = fc.string().filter((text) => !text.includes("\n"));
    fc.assert(
      fc.property(name, fc.integer({ min: 1 }), fc.integer({ min: 1 }), fc.string(), (upstream, count, perMs, sharers) => {
        const written = rationName({ upstream, rate: { count, perMs }, sharers });
        assert.equal(destinationOf(written), upstream);
        assert.deepEqual(rateIn(written), { count, perMs });
      }),
    );
  });

  it("is no name of an upstream, which stands for itself", () => {
    assert.equal(destinationOf("https://sentry.example/42#0123abcd"), "https://sentry.example/42#0123abcd");
    assert.equal(rateIn("https://sentry.example/42#0123abcd"), undefined);
    assert.equal(rateIn("default"), undefined);
  });
});
