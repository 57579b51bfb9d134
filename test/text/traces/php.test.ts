import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { mayHoldTrace, parseTrace } from "../../../src/text/trace.ts";
import { php } from "../../../src/text/traces/php.ts";
import { withstand } from "./hostile.ts";

describe("php", () => {
  it("reads the exception in a logger's context although the record is one line", () => {
    const text =
      'app.ERROR: no {"exception":"[object] (App\\\\notify\\\\Failed(code: 0): no 12 left at /srv/shop/src/Stock.php:5)"} []';

    const value = mayHoldTrace(text) ? parseTrace(text)?.trace.values[0] : undefined;

    assert.equal(value?.type, "App\\notify\\Failed");
    assert.equal(value?.value, "no 12 left");
    assert.deepEqual(value?.frames, [
      { filename: "/srv/shop/src/Stock.php", abs_path: "/srv/shop/src/Stock.php", lineno: 5, in_app: true },
    ]);
  });

  it("keeps doubled backslashes before n and t when newlines are escaped", () => {
    const text =
      'app.ERROR: no {"exception":"[object] (App\\\\tasks\\\\No(code: 0): no at /x.php:5)\\n[stacktrace]\\n#0 /y.php(3): App\\\\new\\\\tasks\\\\f()\\n#1 {main}\\n"} []';

    assert.equal(parseTrace(text)?.trace.values[0]?.frames.at(-1)?.function, "App\\new\\tasks\\f");
  });

  it("does not take for the application's what Composer installed, PHP called, or Sentry's SDK does", () => {
    const text = [
      "PHP Fatal error:  Uncaught LogicException: no in /srv/shop/src/Stock.php(7) : runtime-created function:1",
      "Stack trace:",
      "#0 /srv/shop/vendor/acme/queue/Worker.php(3): Shop\\Stock->reserve(9)",
      "#1 [internal function]: Acme\\Queue\\Worker->run()",
      "#2 /srv/shop/lib/Hub.php(12): Sentry\\State\\Hub->run(Object(Closure))",
      "#3 {main}",
      "  thrown in /srv/shop/src/Stock.php(7) : runtime-created function on line 1",
    ].join("\n");

    assert.deepEqual(
      parseTrace(text)?.trace.values[0]?.frames.map((frame) => [frame.filename, frame.lineno, frame.in_app]),
      [
        ["/srv/shop/lib/Hub.php", 12, true],
        ["[internal]", undefined, false],
        ["/srv/shop/vendor/acme/queue/Worker.php", 3, false],
        ["/srv/shop/src/Stock.php", 7, true],
      ],
    );
  });

  it("joins what php-fpm passes on from its first line on", () => {
    const join = openJoin("NOTICE: PHP message: PHP Fatal error:  Uncaught LogicException: no in /x.php:3", false);

    assert.equal(join?.offer("Stack trace:"), true);
    assert.equal(join?.offer("#0 {main}"), true);
    assert.equal(join?.offer("  thrown in /x.php on line 3"), true);
  });

  it("gets through hostile megabytes", () => {
    withstand(
      php,
      [
        "\n#0 /x(1): f()",
        "[object] (",
        '[object] (E(code: 0): m at /x:1)"} ',
        " at /x:1)",
        "PHP Fatal error:  Uncaught E: m in /x:1\n",
        "{closure:",
        ", called in  and defined",
        "Next A: b\n",
        "[a] ",
      ],
      ["PHP Fatal error:  Uncaught TypeError: , called in ", "PHP Fatal error:  Uncaught E: m in /x:1\nStack trace:\n"],
    );
  });
});
