import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { loggerTo } from "../../src/base/log.ts";
import { veil } from "../../src/base/veil.ts";

/** What a terminal may obey, or what turns text around. */
const UNSAFE = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

function logged(fields: object, message: string): string {
  let text = "";
  loggerTo("debug", (line) => (text += line)).warn(fields, message);
  return text;
}

describe("the relay's own log", () => {
  it("is one line of JSON for each message, whose texts come back as they were", () => {
    const hostile = "a\u001b[2J\u009b31m\u007f\u2028\u202eb\nc\u0000";
    const line = logged({ peer: hostile, [hostile]: 1 }, hostile);

    assert.equal(line.indexOf("\n"), line.length - 1);
    assert.doesNotMatch(line, UNSAFE);
    const { peer, msg } = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual([peer, msg], [hostile, hostile]);
  });

  it("never lets anything through that a terminal would obey", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (peer, message) => {
        const line = logged({ peer, err: new Error(message) }, message);
        assert.doesNotMatch(line, UNSAFE);
        assert.equal((JSON.parse(line) as { peer: string }).peer, peer);
      }),
    );
  });

  it("holds no secret that is known, in a field, an error, a stack or a message", () => {
    veil.cover(["logs-hold-no-secrets"]);
    const line = logged(
      { url: "https://logs-hold-no-secrets@host/1", err: new Error("cannot reach logs-hold-no-secrets") },
      "logs-hold-no-secrets",
    );
    assert.doesNotMatch(line, /logs-hold-no-secrets/);
    assert.equal((JSON.parse(line) as { url: string }).url, "https://***@host/1");
  });
});
