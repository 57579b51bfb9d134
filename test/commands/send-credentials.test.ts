import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { readCredentials } from "../../src/commands/send-credentials.ts";

function file(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "secret");
  writeFileSync(path, text);
  return path;
}

const usage = (message: RegExp): { code: string; message: RegExp } => ({ code: "RELAY_USAGE", message });

describe("readCredentials", () => {
  it("needs none", () => {
    assert.equal(readCredentials({}, "forward", {}), undefined);
    assert.equal(readCredentials({}, "forward", { CRUMBTRAIL_SHARED_KEY: "" }), undefined);
    assert.equal(readCredentials({}, "gelf_udp", { CRUMBTRAIL_SHARED_KEY: "k" }), undefined);
  });

  it("takes them from variables", () => {
    const env = { CRUMBTRAIL_SHARED_KEY: " k ", CRUMBTRAIL_PASSWORD: "pw" };
    assert.deepEqual(readCredentials({}, "forward", env), { sharedKey: " k ", user: "", password: "" });
    assert.deepEqual(readCredentials({ user: "ann" }, "forward", env), { sharedKey: " k ", user: "ann", password: "pw" });
  });

  it("takes them from files, without the last line end, before variables", (t) => {
    const env = { CRUMBTRAIL_SHARED_KEY: "env", CRUMBTRAIL_PASSWORD: "env" };
    const options = { sharedKeyFile: file(t, "k 1\n"), user: "ann", passwordFile: file(t, "p\nw \r\n") };
    assert.deepEqual(readCredentials(options, "forward", env), { sharedKey: "k 1", user: "ann", password: "p\nw " });
  });

  it("says what does not go together", (t) => {
    const key = file(t, "k");
    assert.throws(() => readCredentials({ sharedKeyFile: key }, "grpc", {}), usage(/are for forward:\/\/, not for grpc:\/\//));
    assert.throws(() => readCredentials({ user: "ann" }, "forward", {}), usage(/needs a shared key too/));
    assert.throws(
      () => readCredentials({ sharedKeyFile: key, user: "ann" }, "forward", {}),
      usage(/--user ann: give --password-file/),
    );
    assert.throws(() => readCredentials({ sharedKeyFile: key, passwordFile: key }, "forward", {}), usage(/without --user/));
  });

  it("says which file cannot be read, and shows nothing of its content", (t) => {
    assert.throws(
      () => readCredentials({ sharedKeyFile: "/nowhere/key" }, "forward", {}),
      usage(/--shared-key-file \/nowhere\/key: there is no such file/),
    );
    assert.throws(() => readCredentials({ sharedKeyFile: tmpdir() }, "forward", {}), usage(/EISDIR/));
    assert.throws(() => readCredentials({ sharedKeyFile: file(t, "\n") }, "forward", {}), usage(/the file is empty/));
  });
});
