import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { answerText } from "../../src/wire/http-answer.ts";

async function* cutOff(): AsyncGenerator<Buffer> {
  yield Buffer.from("no such ");
  throw new Error("socket hang up");
}

describe("answerText", () => {
  it("reads no more than it may", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.from("0123456789");
      })(),
    );
    assert.equal(await answerText(endless, 25), "0123456789012345678901234");
  });

  it("keeps what came before the connection broke", async () => {
    assert.equal(await answerText(cutOff(), 100), "no such ");
  });
});
