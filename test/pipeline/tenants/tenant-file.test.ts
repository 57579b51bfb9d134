import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { createLogger } from "../../../src/base/log.ts";
import { TenantFile } from "../../../src/pipeline/tenants/tenant-file.ts";

const ONE = { dsn: "https://secretkey@sentry.example/1", wishedMs: 1_767_323_045_000 };
const TWO = { dsn: "https://otherkey@sentry.example/2", wishedMs: 1_767_323_045_001 };

describe("the file of tenants", () => {
  let folder: string;
  let path: string;
  let warnings: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "crumbtrail-tenants-"));
    path = join(folder, "data", "tenants.json");
    warnings = [];
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function open(): TenantFile {
    const log = createLogger("silent");
    log.warn = (...words: unknown[]) => void warnings.push(String(words.at(-1)));
    return new TenantFile(path, log);
  }

  it("gives back the last of what was written, and nobody else may read it", async () => {
    const file = open();
    assert.deepEqual(await file.load(), []);
    mkdirSync(join(folder, "data"));
    writeFileSync(path, "{}", { mode: 0o644 });
    writeFileSync(`${path}.${process.pid}.tmp`, "", { mode: 0o666 });
    file.save([ONE]);
    file.save([ONE, TWO]);
    await file.written();

    assert.deepEqual(await open().load(), [ONE, TWO]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(folder, "data")), ["tenants.json"]);
    assert.deepEqual(warnings, []);
  });

  it("makes its directory for its owner alone", async () => {
    const file = open();
    file.save([ONE]);
    await file.written();
    assert.equal(statSync(join(folder, "data")).mode & 0o777, 0o700);
  });

  it("is passed over with a word, and without a key, where it holds something else", async () => {
    mkdirSync(join(folder, "data"));
    for (const text of [
      "",
      "{",
      `{"tenants": [{"dsn": "https://secretkey@sentry.example/1"`,
      "[]",
      '{"tenants": 1}',
      "x".repeat(1_100_000),
    ]) {
      writeFileSync(path, text);
      assert.deepEqual(await open().load(), []);
    }
    assert.equal(warnings.length, 6);
    for (const warning of warnings) assert.doesNotMatch(warning, /secretkey/);

    writeFileSync(
      path,
      JSON.stringify({ tenants: [null, 1, { dsn: 1, wished_ms: 1 }, { dsn: "a" }, { dsn: "b", wished_ms: 5 }] }),
    );
    assert.deepEqual(await open().load(), [{ dsn: "b", wishedMs: 5 }]);
  });

  it("is passed over where it is no file, without waiting", async () => {
    mkdirSync(path, { recursive: true });
    assert.deepEqual(await open().load(), []);
    rmSync(path, { recursive: true });
    execFileSync("mkfifo", [path]);
    assert.deepEqual(await open().load(), []);
    assert.equal(warnings.length, 2);
  });

  it("never fails on any bytes", async () => {
    mkdirSync(join(folder, "data"));
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        writeFileSync(path, bytes);
        for (const { dsn, wishedMs } of await open().load()) assert.ok(typeof dsn === "string" && Number.isFinite(wishedMs));
      }),
    );
  });

  it("tells once that it cannot be written, and does without", async () => {
    writeFileSync(join(folder, "data"), "no directory");
    const file = open();
    file.save([ONE]);
    file.save([ONE, TWO]);
    await file.written();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /cannot write .*tenants\.json/);
    assert.equal(existsSync(path), false);
    assert.equal(readFileSync(join(folder, "data"), "utf8"), "no directory");
  });
});
