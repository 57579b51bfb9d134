import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { FileGlob, patternMistake } from "../../../src/wire/files/glob.ts";

const root = mkdtempSync(join(tmpdir(), "crumbtrail-glob-"));

async function found(include: readonly string[], exclude: readonly string[] = []): Promise<string[]> {
  const glob = await FileGlob.compile(
    include.map((pattern) => join(root, pattern)),
    exclude,
  );
  return (await glob.find()).paths.map((path) => relative(root, path));
}

before(() => {
  for (const path of [
    "a.log",
    "b.log",
    "b.log.1",
    "b.log.2.gz",
    ".c.log",
    "app/x.log",
    "app/deep/er/y.log",
    "srv/one/logs/z.txt",
    "[1].log",
  ]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "");
  }
  symlinkSync(root, join(root, "app/loop"));
  symlinkSync(join(root, "srv/one"), join(root, "srv/two"));
});
after(() => rmSync(root, { recursive: true, force: true }));

describe("FileGlob", () => {
  it("finds plain paths, whether they are there or not, and says where they may turn up", async () => {
    assert.deepEqual(await found(["a.log", "none.log"]), ["a.log", "none.log"]);
    const glob = await FileGlob.compile([join(root, "none/none.log")], []);
    assert.deepEqual((await glob.find()).directories, [join(root, "none")]);
  });

  it("knows stars, question marks, classes and alternatives", async () => {
    assert.deepEqual(await found(["*.log"]), ["[1].log", "a.log", "b.log"]);
    assert.deepEqual(await found(["?.log*"]), ["a.log", "b.log", "b.log.1"]);
    assert.deepEqual(await found(["{a,b}.log"]), ["a.log", "b.log"]);
    assert.deepEqual(await found(["[bc].log"]), ["b.log"]);
    assert.deepEqual(await found(["\\[1\\].log"]), ["[1].log"]);
    assert.deepEqual(await found([".c.log"]), [".c.log"]);
  });

  it("goes into directories, linked ones where a pattern names them, and in no circle", async () => {
    assert.deepEqual(await found(["srv/*/logs/*"]), ["srv/one/logs/z.txt", "srv/two/logs/z.txt"]);
    assert.deepEqual(await found(["**/*.log"]), ["[1].log", "a.log", "app/deep/er/y.log", "app/x.log", "b.log"]);
    assert.deepEqual(await found(["app/**"]), ["app/deep/er/y.log", "app/loop", "app/x.log"]);
  });

  it("names a file once, and leaves out what is excluded by name or path, and what is compressed", async () => {
    assert.deepEqual(await found(["*.log", "a.*"], ["b.*"]), ["[1].log", "a.log"]);
    assert.deepEqual(await found(["**/*.log"], [join(root, "app/**")]), ["[1].log", "a.log", "b.log"]);
    assert.deepEqual(await found(["b.log*"]), ["b.log", "b.log.1"]);
  });

  it("says which directories it cannot read", async () => {
    const circle = join(root, "circle");
    symlinkSync(circle, circle);
    const glob = await FileGlob.compile([join(circle, "*.log")], []);
    assert.match((await glob.find()).unreadable.get(circle) ?? "", /ELOOP/);
    rmSync(circle);
  });
});

describe("patternMistake", () => {
  it("says what is wrong in words, and nothing where nothing is", () => {
    assert.equal(patternMistake("/var/log/**/{a,b}*.log"), undefined);
    assert.match(patternMistake(" ") ?? "", /expected a path/);
    assert.match(patternMistake("/var/log/") ?? "", /names a directory; for the files in it write \/var\/log\/\*\.log/);
    assert.match(patternMistake("/{a/b,c}/x.log") ?? "", /as two patterns/);
  });
});
