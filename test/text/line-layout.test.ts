import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { layoutOf } from "../../src/text/line-layout.ts";

/** As printed by Logback 1.5, Log4j 2.24, Spring Boot 3.4, Python 3.11, Monolog 2.9, log4js 6.9, Ruby 3.1 and .NET 3.1. */
const LINES: readonly (readonly [line: string, logger: string | undefined, message: string])[] = [
  ["2026-11-20 16:16:49.484 [main] INFO  com.acme.billing.Invoices - three to go", "com.acme.billing.Invoices", "three to go"],
  ["16:16:49.484 [main] INFO com.acme.billing.Invoices -- three to go", "com.acme.billing.Invoices", "three to go"],
  ["2026-11-20 16:16:49,484 ERROR [http-nio-8080-exec-7] Stock - no - really", "Stock", "no - really"],
  ["2026-11-20T16:16:50,907 FATAL [main] Stock - gone", "Stock", "gone"],
  ["2026-11-20 16:16:49.484 ERROR c.a.Stock [id=7] - gone", "c.a.Stock", "gone"],
  [
    "2026-11-20T16:16:49.484Z ERROR 71 --- [shop] [  restartedMain] o.s.b.SpringApplication               : Application run failed",
    "o.s.b.SpringApplication",
    "Application run failed",
  ],
  ["2026-11-20 16:16:49.484  WARN 71 --- [nio-8080-exec-1] c.a.Stock : low", "c.a.Stock", "low"],
  ["2026-11-20 16:16:48,209 ERROR    shop.cart: cart 17 is lost", "shop.cart", "cart 17 is lost"],
  ["2026-11-20 16:16:48,209 - shop.cart - ERROR - cart 17 is lost", "shop.cart", "cart 17 is lost"],
  ["ERROR:root:cart 17 is lost", "root", "cart 17 is lost"],
  ["[2026-11-20T16:17:14.829395+00:00] shop.ERROR: coupon failed {} []", "shop", "coupon failed {} []"],
  ["[2026-11-20 16:17:14] production.ERROR: coupon failed", "production", "coupon failed"],
  ["[2026-11-20T16:16:48.209] [ERROR] shop - cart 17 is lost", "shop", "cart 17 is lost"],
  ["E, [2026-11-20T16:17:14.298167 #31391] ERROR -- capture: no answer", "capture", "no answer"],
  ["F, [2026-11-20T16:17:14.798570 #31396] FATAL -- : no answer", undefined, "no answer"],
  ["fail: Acme.Shipping.Worker[0]\n      parcel 8841 was lost", "Acme.Shipping.Worker", "parcel 8841 was lost"],
  ["fail: Acme.Shipping.Worker[0]\r\n      parcel 8841 was lost", "Acme.Shipping.Worker", "parcel 8841 was lost"],
  ["2026-11-20 16:16:48,209 ERROR cart 17 is lost", undefined, "cart 17 is lost"],
  ["2026-11-20 16:16:48,209 ERROR failed: cart 17", undefined, "failed: cart 17"],
  ["2026-11-20 16:16:48 ERROR java.io.IOException: disk", undefined, "java.io.IOException: disk"],
];

/** Nothing before the message, or nothing that is certain. */
const PLAIN = [
  "cart 17 is lost",
  "ERROR: cart 17 is lost",
  "error: shop: cart 17 is lost",
  "2026-11-20 16:16:48 cart 17 is lost",
  "2026/11/20 16:17:13 making thumbnails",
  '2026-11-20 16:17:15.636 UTC [31451] postgres@postgres ERROR:  duplicate key value violates "customers_email_key"',
  "2026-11-20 16:17:15.636 UTC [31451] ERROR:  division by zero",
  "[main] INFO Stock",
  "Nov 20 16:16:48 web-1 sshd[812]: Failed password for root",
  "fail: the dog ate it",
  "INFO:     127.0.0.1:1234 - GET / 200",
  "",
];

describe("layout of a plain line", () => {
  for (const [line, logger, message] of LINES) {
    it(`ends where the message begins: ${line.slice(0, 60).replace(/\r?\n/, " ")}`, () => {
      const layout = layoutOf(line);
      assert.deepEqual([layout?.logger, line.slice(layout?.end)], [logger, message]);
    });
  }

  for (const line of PLAIN) {
    it(`is not there: ${JSON.stringify(line.slice(0, 60))}`, () => {
      assert.equal(layoutOf(line), undefined);
    });
  }

  it("names the thread and gives the time as written", () => {
    const java = layoutOf("2026-11-20 16:16:49,484 ERROR [http-nio-8080-exec-7] Stock - no");
    assert.deepEqual([java?.time, java?.thread], ["2026-11-20 16:16:49,484", "http-nio-8080-exec-7"]);
    const spring = layoutOf("2026-11-20T16:16:49.484+01:00 ERROR 71 --- [shop] [  worker-2] c.a.Stock : no");
    assert.deepEqual([spring?.time, spring?.thread], ["2026-11-20T16:16:49.484+01:00", "worker-2"]);
  });

  it("never reaches behind the text, whatever the text", () => {
    fc.assert(
      fc.property(fc.constantFrom(...LINES.map(([line]) => line)), fc.nat(200), fc.string(), (line, cut, rest) => {
        const text = line.slice(0, cut) + rest;
        const layout = layoutOf(text);
        assert.ok(layout === undefined || (layout.end > 0 && layout.end <= text.length));
      }),
    );
  });

  it("takes linear time on hostile lines of a mebibyte", () => {
    const heads = [
      "2026-11-20 16:16:48,209",
      "2026-11-20 16:16:48,209 ERROR",
      "[2026-11-20 16:16:48]",
      "E, [2026-11-20T16:16:48 #1] ERROR -- ",
      "ERROR:",
    ];
    for (const head of heads)
      for (const filling of [" ", "[", "[a] ", "a.", "a-", "\n", "- ", ": "])
        assert.ok((layoutOf(head + filling.repeat(1 << 20))?.end ?? 0) <= 512, head + filling);
  });
});
