import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";

const FRAME = "   at Acme.Shop.Startup.Pay(HttpContext context) in /src/Startup.cs:line 42";

/** Offers lines to the join that the first one opens; how many belong to it. */
function taken([first = "", ...rest]: readonly string[]): number {
  const join = openJoin(first, true);
  const end = rest.findIndex((line) => join?.offer(line) !== true);
  return end < 0 ? rest.length : end;
}

describe("ASP.NET's console logger", () => {
  const head = ["fail: Acme.Shop.Cart[13]", "      An unhandled exception was thrown by the application."];

  it("indents the exception, or did not until version 3.1", () => {
    const now = [...head, "      System.InvalidOperationException: boom", `      ${FRAME}`];
    const then = [...head, "System.InvalidOperationException: boom", FRAME];

    for (const lines of [now, then]) {
      assert.equal(taken(lines), 3);
      const [value] = parseTrace(lines.join("\n"))?.trace.values ?? [];
      assert.deepEqual([value?.type, value?.value, value?.frames.length], ["System.InvalidOperationException", "boom", 1]);
    }
  });

  it("begins the next entry at the margin", () => {
    for (const next of ["info: Acme.Shop.Cart[0]", "fail: Acme.Shop.Cart[14]", "order 17 paid"])
      assert.equal(taken([...head, next]), 1, next);
  });
});

describe("a frame of .NET", () => {
  it("is a library's by its namespace", () => {
    const calls: readonly (readonly [string, boolean])[] = [
      ["Acme.Shop.Cart.Pay(String card)", true],
      ["Systems.Shop.Cart.Pay(String card)", true],
      ["System.Linq.Enumerable.First[TSource](IEnumerable`1 source)", false],
      ["MongoDB.Driver.MongoClient.StartSession(ClientSessionOptions options)", false],
      ["Google.Cloud.Storage.V1.StorageClient.Create(String name)", false],
      ["RestSharp.RestClient.Execute(RestRequest request)", false],
    ];
    for (const [call, own] of calls) {
      const frames = parseTrace(`System.Exception: boom\n   at ${call}`)?.trace.values[0]?.frames;
      assert.deepEqual([frames?.length, frames?.[0]?.in_app], [1, own], call);
    }
  });

  it("is told from a frame of Java by what stands between its brackets", () => {
    const java = "System.Exception: boom\n   at Acme.Shop.Cart.pay(Cart.java)\n   at Acme.Shop.Cart.pay(Cart.kt)";
    const dotnet = "System.Exception: boom\n   at Acme.Shop.Cart.Pay(System.String)\n   at Acme.Shop.Cart.Pay(Acme.Shop.Card[])";

    assert.equal(parseTrace(java)?.trace.platform, "java");
    assert.equal(parseTrace(dotnet)?.trace.platform, "csharp");
  });
});
