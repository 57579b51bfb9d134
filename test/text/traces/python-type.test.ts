import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { pythonType } from "../../../src/text/traces/python-type.ts";

describe("pythonType", () => {
  it("ends the module where the outermost class or function begins", () => {
    const cases: readonly [string, string | undefined, string][] = [
      ["KeyError", undefined, "KeyError"],
      ["shop.stock.OutOfStock", "shop.stock", "OutOfStock"],
      ["shop.models.Order.DoesNotExist", "shop.models", "Order.DoesNotExist"],
      ["shop.cart.refuse.<locals>.Refused", "shop.cart", "refuse.<locals>.Refused"],
      ["shop.cart.Cart.refuse.<locals>.Refused", "shop.cart", "Cart.refuse.<locals>.Refused"],
      ["refuse.<locals>.Refused", undefined, "refuse.<locals>.Refused"],
      ["socket.gaierror", "socket", "gaierror"],
      ["pydantic_core._pydantic_core.ValidationError", "pydantic_core._pydantic_core", "ValidationError"],
    ];
    for (const [printed, module, name] of cases) assert.deepEqual(pythonType(printed), { module, name }, printed);
  });

  it("takes only the last part for the class in packages with capitals", () => {
    for (const module of ["MySQLdb", "OpenSSL.SSL", "PIL.Image"])
      assert.deepEqual(pythonType(`${module}.Error`), { module, name: "Error" });
  });

  it("loses nothing of what is printed", () => {
    const part = fc.oneof(fc.constantFrom("shop", "Cart", "<locals>", "_x", "SSL", ""), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const printed = parts.join(".");
        const { module, name } = pythonType(printed);
        assert.equal(module === undefined ? name : `${module}.${name}`, printed);
      }),
    );
  });
});
