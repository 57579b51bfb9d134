import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { lastLines, lastOf, logPath, type LogFile } from "../../../src/wire/kubernetes/last-lines.ts";

describe("the last lines of a container", () => {
  let directory: string;
  let run = 0;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "crumbtrail-pods-"));
  });

  after(() => rm(directory, { recursive: true }));

  async function log(text: string | Buffer): Promise<LogFile> {
    run += 1;
    const file = { directory, namespace: "shop", pod: "web-0", uid: "uid-1", container: "web", run };
    const path = logPath(file) ?? "";
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return file;
  }

  it("are what the program wrote, without what the runtime puts before it", async () => {
    const file = await log(
      "2026-11-20T12:00:00.1Z stdout F one\n2026-11-20T12:00:00.2Z stderr F   two: indented\n2026-11-20T12:00:00.3Z stdout F \n2026-11-20T12:00:00.4Z stdout F three\r\n",
    );
    assert.deepEqual(await lastLines(file, 50), ["one", "  two: indented", "three"]);
    assert.deepEqual(await lastLines(file, 2), ["  two: indented", "three"]);
    assert.equal(logPath(file), join(directory, "shop_web-0_uid-1", "web", `${file.run}.log`));
  });

  it("puts parts of a line together, by stream and within a character", async () => {
    const [head, tail] = [Buffer.from("größer").subarray(0, 3), Buffer.from("größer").subarray(3)];
    const file = await log(
      Buffer.concat([
        Buffer.from("2026-11-20T12:00:00Z stdout P "),
        head,
        Buffer.from("\n2026-11-20T12:00:00Z stderr F between\n2026-11-20T12:00:00Z stdout F "),
        tail,
        Buffer.from("\n2026-11-20T12:00:00Z stderr P never ended\n"),
      ]),
    );
    assert.deepEqual(await lastLines(file, 50), ["between", "größer", "never ended"]);
  });

  it("reads what Docker writes", async () => {
    const file = await log(
      '{"log":"par","stream":"stdout","time":"2026-11-20T12:00:00Z"}\n{"log":"tö\\n","stream":"stdout","time":"2026-11-20T12:00:00Z"}\n{"log":7}\n{"log":broken\n',
    );
    assert.deepEqual(await lastLines(file, 50), ["partö", '{"log":7}', '{"log":broken']);
  });

  it("reads only the end of a long log, from the first whole line on, and cuts long lines", async () => {
    const line = (i: number): string => `2026-11-20T12:00:00Z stdout F line ${i} ${"x".repeat(60)}\n`;
    const lines = Array.from({ length: 50_000 }, (_, i) => line(i)).join("");
    const file = await log(lines);
    const last = await lastLines(file, 200);
    assert.equal(last?.length, 200);
    assert.ok(last.every((text) => text.startsWith("line ")));
    assert.match(last.at(-1) ?? "", /^line 49999 x/);

    const long = await lastLines(await log(`2026-11-20T12:00:00Z stdout F ${"y".repeat(10_000)}\n`), 5);
    assert.equal(long?.[0]?.length, 2_000);
  });

  it("are unknown without a file, and never read from elsewhere", async () => {
    const file = await log("x\n");
    assert.equal(await lastLines({ ...file, run: 999 }, 5), undefined);
    for (const name of ["..", ".", "", "a/b", "../../etc", "a\0b", "x".repeat(300)]) {
      assert.equal(logPath({ ...file, pod: name }), undefined);
      assert.equal(logPath({ ...file, container: name }), undefined);
      assert.equal(await lastLines({ ...file, container: name }, 5), undefined);
    }
    assert.equal(logPath({ ...file, run: -1 }), undefined);
  });

  it("come as plain text from the API", () => {
    assert.deepEqual(lastOf("one\n\ntwo\r\nthree\n", 2), ["two", "three"]);
  });
});
