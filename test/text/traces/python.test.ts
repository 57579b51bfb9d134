import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { python } from "../../../src/text/traces/python.ts";
import { withstand } from "./hostile.ts";

describe("python", () => {
  it("takes the thread that died, wherever it stands in faulthandler's report", () => {
    const current =
      'Current thread 0x00007f07 [python] (most recent call first):\n  File "/x.py", line 4 in poke\n  File "/x.py", line 9 in <module>';
    const other = 'Thread 0x00007f08 (most recent call first):\n  File "/x.py", line 3 in wait';

    for (const threads of [`${current}\n\n${other}`, `${other}\n\n${current}`]) {
      const value = parseTrace(`Fatal Python error: Aborted\n\n${threads}`)?.trace.values[0];

      assert.equal(value?.type, "Fatal Python error");
      assert.deepEqual(
        value?.frames.map((frame) => frame.function),
        ["<module>", "poke"],
      );
    }
  });

  it("joins faulthandler's report to the end, and nothing behind it", () => {
    const join = openJoin("Fatal Python error: Segmentation fault", false);

    for (const line of [
      "",
      "Current thread 0x00007f07 (most recent call first):",
      '  File "/x.py", line 4 in poke',
      "",
      "Extension modules: numpy.core (total: 1)",
    ])
      assert.equal(join?.offer(line), true, line);
    assert.equal(join?.offer("worker 12 restarted"), false);
  });

  it("says with a SyntaxError where it is, as the exception itself does, and with no other error", () => {
    const raised = (line: string): string =>
      `  File "/srv/shop/broken.py", line 2\n    for item in items\n                     ^\n${line}`;

    assert.equal(parseTrace(raised("SyntaxError: expected ':'"))?.trace.values[0]?.value, "expected ':' (broken.py, line 2)");
    assert.equal(parseTrace(raised("ValueError: expected ':'"))?.trace.values[0]?.value, "expected ':'");
  });

  it("joins what asyncio says about a task to its traceback", () => {
    const join = openJoin("Task exception was never retrieved", false);

    assert.equal(join?.offer("future: <Task finished name='pay-17' coro=<pay() done> exception=KeyError('x')>"), true);
    assert.equal(join?.offer("Traceback (most recent call last):"), true);
    assert.equal(openJoin("Task exception was never retrieved", false)?.offer("future orders: 12"), false);
  });

  it("gets through hostile megabytes", () => {
    withstand(
      python,
      [
        '\n  File "x", line 1, in f',
        '\n  File "x", line 1 in f',
        '> File "x", line 1, in f\n',
        '"File "',
        "Thread 0x1 (most recent call first):\n",
        "Current thread 0x1",
        "+-+---------------- 1 ----------------\n",
        "  | ",
        "a.",
        " (2 sub-exceptions)",
        "Timeout (0:00:00)!\n",
      ],
      [
        "Traceback (most recent call last):\n",
        "  + Exception Group Traceback (most recent call last):\n",
        "Fatal Python error: x\n",
      ],
    );
  });
});
