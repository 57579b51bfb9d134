import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Veil } from "../../src/base/veil.ts";

describe("Veil", () => {
  it("covers secrets wherever they stand, quoted and in URLs too", () => {
    const veil = new Veil();
    veil.cover(["pass word/1", 'with "quotes"']);
    assert.equal(veil.over("got pass word/1 and pass%20word%2F1"), "got *** and ***");
    assert.equal(veil.over(JSON.stringify({ a: 'with "quotes"' })), '{"a":"***"}');
  });

  it("covers the whole of a secret that begins like another", () => {
    const veil = new Veil();
    veil.cover(["secret"]);
    veil.cover(["secret-and-more"]);
    assert.equal(veil.over("secret-and-more, secret"), "***, ***");
  });

  it("leaves short ones alone, which would eat ordinary words", () => {
    const veil = new Veil();
    veil.cover(["a", "", "fatal"]);
    assert.equal(veil.over("a fatal error"), "a fatal error");
  });

  it("lets no secret through, whatever it is, and knows half a surrogate pair", () => {
    const veil = new Veil();
    veil.cover(["\ud800abcdef"]);
    assert.equal(veil.over("\ud800abcdef"), "***");
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 6 }), fc.string(), (secret, around) => {
        fc.pre(!secret.includes("*"));
        const one = new Veil();
        one.cover([secret]);
        assert.ok(!one.over(`${around}${secret}${around}`).includes(secret));
        assert.ok(!one.over(JSON.stringify(`${around}${secret}`)).includes(JSON.stringify(secret).slice(1, -1)));
      }),
    );
  });
});
