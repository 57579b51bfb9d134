import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { pathTemplate } from "../../src/text/path-template.ts";

const TEMPLATES = {
  "/": "/",
  "/orders/1042/items": "/orders/<num>/items",
  "/orders/1042?x=1#y": "/orders/<num>",
  "http://shop.example:8080/cart": "/cart",
  "https://shop.example": "/",
  "/api/v2/users/550e8400-e29b-41d4-a716-446655440000/": "/api/v2/users/<uuid>/",
  "/index.php": "/index.php",
  "/.env": "/.env",
  "/files/f3a9c1e07b5d4a62.png": "/files/<id>",
};

describe("pathTemplate", () => {
  for (const [url, template] of Object.entries(TEMPLATES)) {
    it(`makes ${template} of ${url}`, () => assert.equal(pathTemplate(url), template));
  }

  it("keeps it short, whatever was asked for", () => {
    assert.equal(pathTemplate("/a".repeat(40)), `${"/a".repeat(12)}/...`);
    assert.equal(pathTemplate(`/${"u".repeat(500)}`), "/<str>");
    for (const seed of ["/", "a", "%00", "/1", "?", " "]) {
      assert.ok(pathTemplate(`/${seed.repeat((1 << 20) / seed.length)}`).length < 1_000);
    }
  });

  it("gives the same for the same path, and is a path of one line", () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        const template = pathTemplate(`/${path}`);
        assert.equal(template, pathTemplate(`/${path}`));
        assert.ok(template.startsWith("/") && !/\s/.test(template.replaceAll(/\S/g, "")), template);
      }),
    );
  });
});
