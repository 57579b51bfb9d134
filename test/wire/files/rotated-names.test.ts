import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isRotatedName } from "../../../src/wire/files/rotated-names.ts";

describe("isRotatedName", () => {
  it("knows what logrotate, Docker, the kubelet and loggers make of a name", () => {
    for (const name of [
      "app.log.1",
      "app.log.1.gz",
      "app.log-20260102",
      "app.log-20260102.gz",
      "app.log.old",
      "app-20260102.log",
      "app.2026-01-02.log",
      "app-20260102.log.gz",
      "app1.log",
    ]) {
      assert.ok(isRotatedName("app.log", name), name);
    }
    assert.ok(isRotatedName("0.log", "0.log.20260102-030405.gz"));
    assert.ok(isRotatedName("syslog", "syslog.2.gz"));
  });

  it("does not take other files for rotated ones", () => {
    for (const name of ["app.log", "app-web.log", "apple.log", "app.logs", "my-app.log", "app.json", "app.gz"]) {
      assert.ok(!isRotatedName("app.log", name), name);
    }
  });
});
