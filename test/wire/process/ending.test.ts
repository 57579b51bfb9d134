import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { processEnd } from "../../../src/wire/process/ending.ts";

const asked = (...signals: readonly NodeJS.Signals[]): ReadonlySet<NodeJS.Signals> => new Set(signals);

describe("processEnd", () => {
  it("is nothing for an end with status 0", () => {
    assert.equal(processEnd(["app"], { status: 0, signal: undefined, asked: asked() }), undefined);
  });

  it("is nothing for an end that was asked for, by signal or by the status a shell gives it", () => {
    for (const [signal, status] of [
      ["SIGTERM", 143],
      ["SIGINT", 130],
      ["SIGHUP", 129],
      ["SIGQUIT", 131],
    ] as const) {
      assert.equal(processEnd(["app"], { status: undefined, signal, asked: asked(signal) }), undefined);
      assert.equal(processEnd(["app"], { status, signal: undefined, asked: asked(signal) }), undefined);
      assert.notEqual(processEnd(["app"], { status, signal: undefined, asked: asked() }), undefined);
    }
    assert.notEqual(processEnd(["app"], { status: 1, signal: undefined, asked: asked("SIGTERM") }), undefined);
    assert.notEqual(processEnd(["app"], { status: undefined, signal: "SIGKILL", asked: asked("SIGTERM") }), undefined);
  });

  it("names command and status, each status an issue of its own", () => {
    const end = processEnd(["/usr/bin/node", "/srv/server.js", "--token", "x"], { status: 3, signal: undefined, asked: asked() });
    assert.deepEqual(end, {
      level: "error",
      message: "node server.js exited with status 3",
      logger: "crumbtrail",
      command: "/usr/bin/node /srv/server.js --token x",
      exit_status: 3,
      fingerprint: ["process end", "node server.js", "3"],
    });
  });

  it("is fatal when a signal killed it", () => {
    const end = processEnd(["nginx", "-g", "daemon off;"], { status: undefined, signal: "SIGSEGV", asked: asked() });
    assert.deepEqual([end?.level, end?.message, end?.signal], ["fatal", "nginx was killed by SIGSEGV", "SIGSEGV"]);
  });
});
