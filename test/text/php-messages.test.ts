import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fastCgiStderr, phpMessagesOf, worstOf } from "../../src/text/php-messages.ts";

describe("phpMessagesOf", () => {
  it("takes the messages of one text apart, with PHP's own levels", () => {
    const text =
      "PHP message: PHP Deprecated:  f() in /a.php on line 1\nPHP message: PHP Warning:  x in /a.php on line 2; PHP message: order 7 lost\nfor good";

    const messages = phpMessagesOf(text);
    assert.deepEqual(messages, [
      { text: "PHP Deprecated:  f() in /a.php on line 1", level: "notice" },
      { text: "PHP Warning:  x in /a.php on line 2", level: "warning" },
      { text: "order 7 lost\nfor good", level: undefined },
    ]);
    assert.equal(worstOf(messages)?.text, "order 7 lost\nfor good");
    assert.equal(worstOf(messages.slice(0, 2))?.level, "warning");
  });

  it("knows what mod_php writes without a mark, and nothing else", () => {
    assert.deepEqual(
      phpMessagesOf("PHP Parse error:  syntax error in /a.php on line 3").map(({ level }) => level),
      ["error"],
    );
    assert.deepEqual(phpMessagesOf("Primary script unknown"), []);
  });

  it("finds them in a message of nginx", () => {
    const said = 'FastCGI sent in stderr: "PHP message: a "quoted" while b" while reading response header from upstream';
    assert.equal(fastCgiStderr(said), 'PHP message: a "quoted" while b');
    assert.equal(fastCgiStderr('FastCGI sent in stderr: "PHP message: cut of'), "PHP message: cut of");
    assert.equal(fastCgiStderr("connect() failed"), undefined);
  });

  it("gets through hostile megabytes", () => {
    for (const seed of ["PHP message: ", "\nPHP message: ", "; PHP", '" while ', "PHP "]) {
      const text = `PHP message: ${seed.repeat((1 << 20) / seed.length)}`;
      assert.ok(phpMessagesOf(text).length <= 64);
      assert.ok(fastCgiStderr(`FastCGI sent in stderr: "${text}`) !== undefined);
    }
  });
});
