import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { titleOf, type TitleParts } from "../../src/text/title.ts";

const plain: TitleParts = { message: "", template: "", trace: undefined, errorType: undefined, errorMessage: undefined };

describe("titleOf", () => {
  it("names the headline exception, the last of the chain", () => {
    const values = [
      { type: "KeyError", value: "'x'", frames: [] },
      { type: "OutOfStock", value: "no B-2 left\nsecond line", frames: [] },
    ];

    assert.equal(
      titleOf({ ...plain, message: "m", template: "m", trace: { platform: "python", values } }),
      "OutOfStock: no B-2 left",
    );
  });

  it("takes type and message from fields when there is no trace", () => {
    assert.equal(titleOf({ ...plain, errorType: "TimeoutError", errorMessage: "too slow" }), "TimeoutError: too slow");
    assert.equal(titleOf({ ...plain, errorType: "TimeoutError" }), "TimeoutError");
  });

  it("shares the template among messages that differ in values", () => {
    assert.equal(titleOf({ ...plain, message: "order 17 failed", template: "order <num> failed" }), "order <num> failed");
  });

  it("leaves out the time that a line begins with, unless it is all there is", () => {
    assert.equal(titleOf({ ...plain, template: "[<time>] WARN order <num> failed" }), "WARN order <num> failed");
    assert.equal(titleOf({ ...plain, template: "<time>: order <num> failed" }), "order <num> failed");
    assert.equal(titleOf({ ...plain, template: "[<time>: INFO/main] late" }), "late");
    assert.equal(titleOf({ ...plain, template: "<time>" }), "<time>");
  });

  it("leaves out the host that syslog names before the program", () => {
    assert.equal(titleOf({ ...plain, template: "<time> <host> sshd[<num>]: gone" }), "sshd[<num>]: gone");
    assert.equal(titleOf({ ...plain, template: "<time> <host> is gone" }), "<host> is gone");
  });

  it("shows a placeholder in angle brackets once", () => {
    assert.equal(titleOf({ ...plain, template: "mail from=<<email>> to <<email>>" }), "mail from=<email> to <email>");
  });

  it("falls back to the template when the trace names no exception", () => {
    const trace = { platform: "go", values: [{ value: "boom", frames: [] }] };

    assert.equal(titleOf({ ...plain, template: "could not charge", trace }), "could not charge");
  });

  it("is one line of at most 120 characters that never ends within one", () => {
    const long = titleOf({ ...plain, template: `${"a".repeat(116)}😀${"b".repeat(50)}` });

    assert.equal(long, `${"a".repeat(116)}...`);
    const words = titleOf({ ...plain, template: `${"word ".repeat(22)}${"b".repeat(9)} <duration>` });
    assert.equal(words, `${"word ".repeat(22).trim()}...`);
    assert.equal(titleOf({ ...plain, template: "\n  two\t words\nrest" }), "two words");
    assert.equal(titleOf(plain), "(no message)");
  });
});
