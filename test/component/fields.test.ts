import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { byteSize, duration, listen, rate } from "../../src/component/fields.ts";

describe("configuration fields", () => {
  it("give the code numbers and take what a person writes", () => {
    const schema = z.object({ wait: duration("5s"), size: byteSize("1KiB"), pace: rate("10/min"), at: listen("127.0.0.1:1") });

    assert.deepEqual(schema.parse({}), {
      wait: 5_000,
      size: 1_024,
      pace: { count: 10, perMs: 60_000 },
      at: { host: "127.0.0.1", port: 1 },
    });
    assert.deepEqual(schema.parse({ wait: "2m", size: 7, pace: "1/s", at: "[::]:0" }), {
      wait: 120_000,
      size: 7,
      pace: { count: 1, perMs: 1_000 },
      at: { host: "::", port: 0 },
    });
  });

  it("say what was expected, with an example, and what they got", () => {
    const message = (schema: z.ZodType, value: unknown): string | undefined => schema.safeParse(value).error?.issues[0]?.message;

    assert.match(message(duration(), "soon") ?? "", /a duration such as 250ms.*"soon"/);
    assert.match(message(rate(), "fast") ?? "", /a rate such as 100\/min.*"fast"/);
    assert.match(message(listen(), "12201") ?? "", /an address such as "127\.0\.0\.1:12201".*"12201"/);
  });
});
