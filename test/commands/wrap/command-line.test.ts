import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wrapLine } from "../../../src/commands/wrap/command-line.ts";

describe("wrapLine", () => {
  it("reads a command and the options before it", () => {
    assert.deepEqual(wrapLine(["run", "--", "app"]), { command: ["app"] });
    assert.deepEqual(wrapLine(["run", "--config", "relay.yml", "--dsn=http://k@h/1", "--", "app", "--", "--config", ""]), {
      config: "relay.yml",
      dsn: "http://k@h/1",
      command: ["app", "--", "--config", ""],
    });
  });

  it("leaves everything else, and every mistake, to the ordinary command line", () => {
    const others = [
      "run",
      "run --",
      "run --config relay.yml",
      "run app",
      "run --help -- app",
      "run --config -- app",
      "pipe -- app",
      "run -x -- app",
    ];
    for (const line of others) assert.equal(wrapLine(line.split(" ")), undefined, line);
    assert.equal(wrapLine([]), undefined);
  });
});
