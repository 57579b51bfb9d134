import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { isFollowing, type FileCounts } from "../../src/component/following.ts";
import type { Component } from "../../src/base/lifecycle.ts";
import { file } from "../../src/inputs/file.ts";
import { FollowedFolder, placesOf } from "../support/followed-folder.ts";
import { eventually, framesOf, type RecordingHost } from "../support/input-host.ts";

function counts(input: Component): FileCounts {
  assert.ok(isFollowing(input));
  return input.fileCounts();
}

async function read(host: RecordingHost, lines: readonly string[]): Promise<void> {
  await eventually(() => host.frames.length >= lines.length, `${lines.length} lines, got ${JSON.stringify(host.frames)}`);
  assert.deepEqual(host.frames, lines);
}

let folder: FollowedFolder;

beforeEach(() => {
  folder = new FollowedFolder();
});
afterEach(() => folder.remove());

describe("file, what it reads", () => {
  it("begins at the end of what is there, and at the start of what comes", async () => {
    writeFileSync(folder.path("a.log"), "old\n");
    const { host } = await folder.follow();
    appendFileSync(folder.path("a.log"), "new\n");
    await read(host, ["new"]);
    writeFileSync(folder.path("b.log"), "first\n");
    await read(host, ["new", "first"]);
    assert.deepEqual(
      host.batches.map(({ from }) => from.tag),
      [folder.path("a.log"), folder.path("b.log")],
    );
    assert.equal(host.batches[0]?.from.place?.get("log_file"), folder.path("a.log"));
    assert.deepEqual(host.complaints, []);
  });

  it("reads what is there from its start on demand, and leaves out what is too old or excluded", async () => {
    writeFileSync(folder.path("a.log"), "old\n");
    writeFileSync(folder.path("older.log"), "older\n");
    utimesSync(folder.path("older.log"), 1_000, 1_000);
    writeFileSync(folder.path("not.log"), "not\n");
    const { host } = await folder.follow({ read_from: "start", ignore_older: "1h", exclude: ["not.*"] });
    await read(host, ["old"]);
    appendFileSync(folder.path("older.log"), "and new\n");
    await read(host, ["old", "and new"]);
  });

  it("takes a last line that has no end yet as one that is still to come", async () => {
    writeFileSync(folder.path("a.log"), "old\nhalf");
    const { host } = await folder.follow();
    appendFileSync(folder.path("a.log"), " and half\n");
    await read(host, ["half and half"]);
  });

  it("waits for the end of a line, however many pieces it comes in", async () => {
    const { host } = await folder.follow();
    for (const piece of ["one", " li", "ne\ntwo", "\n", "\n\nth", "ree\n"]) {
      appendFileSync(folder.path("a.log"), piece);
      await pause(20);
    }
    await read(host, ["one line", "two", "three"]);
  });

  it("lets an unfinished line go when it has waited for as long as it may", async () => {
    const { host } = await folder.follow({ unfinished_wait: "300ms" });
    writeFileSync(folder.path("a.log"), "last words");
    await read(host, ["last words"]);
    appendFileSync(folder.path("a.log"), "next\n");
    await read(host, ["last words", "next"]);
  });

  it("reads lines that are longer than what it reads at once, and skips those over the limit", async () => {
    const long = "x".repeat(700_000);
    const longer = "y".repeat(1_100_000);
    const longest = "z".repeat(3_000_000);
    const { host } = await folder.follow();
    writeFileSync(folder.path("a.log"), `${long}\nshort\n${longer}\n${longest}\nend\n`);
    await eventually(() => host.frames.includes("end"), "the last line");
    assert.deepEqual(
      host.frames.map((frame) => frame.length),
      [700_000, 5, 3],
    );
    assert.deepEqual(host.refused, { too_large: 2 });
    appendFileSync(folder.path("a.log"), "more\n");
    await eventually(() => host.frames.includes("more"), "what comes behind");
  });

  it("counts a line over a small limit once, whether its end is there or not", async () => {
    const { host } = await folder.follow({ max_line_bytes: "100B" });
    writeFileSync(folder.path("a.log"), `${"x".repeat(101)}\n${"y".repeat(100)}\n${"z".repeat(150)}`);
    await eventually(() => host.refused["too_large"] === 2, "two lines");
    appendFileSync(folder.path("a.log"), `${"z".repeat(150)}\nend\n`);
    await read(host, ["y".repeat(100), "end"]);
    assert.deepEqual(host.refused, { too_large: 2 });
  });

  it("does not follow what is compressed, a directory, or the same file by a second name", async () => {
    writeFileSync(folder.path("a.log"), "one\n");
    linkSync(folder.path("a.log"), folder.path("b.log"));
    symlinkSync(folder.path("a.log"), folder.path("c.log"));
    mkdirSync(folder.path("d.log"));
    writeFileSync(folder.path("e.log.gz"), gzipSync("packed\n"));
    const { host, input } = await folder.follow({ include: [folder.path("*")], exclude: [], read_from: "start" });
    await read(host, ["one"]);
    assert.equal(counts(input).followed, 1);
  });

  it("follows links to where they lead, and says what their paths tell", async () => {
    const pods = folder.path("pods/shop_web-1_7c2d/app");
    const containers = folder.path("containers");
    mkdirSync(pods, { recursive: true });
    mkdirSync(containers);
    const id = "0123456789abcdef".repeat(4);
    writeFileSync(join(pods, "2.log"), "");
    symlinkSync(join(pods, "2.log"), join(containers, `web-1_shop_app-${id}.log`));
    const { host } = await folder.follow({ include: [`${containers}/*.log`] });
    appendFileSync(join(pods, "2.log"), "line\n");
    await read(host, ["line"]);
    const path = join(containers, `web-1_shop_app-${id}.log`);
    assert.deepEqual(
      new Map(host.batches[0]?.from.place),
      new Map([
        ["log_file", path],
        ["namespace", "shop"],
        ["pod", "web-1"],
        ["container_name", "app"],
        ["restart_count", "2"],
        ["container_id", id],
      ]),
    );
    assert.equal(host.batches[0]?.from.tag, path);
  });

  it("hands over no line of a pod before the pods are known, or its time is over, and all others at once", async () => {
    let known = (): void => {};
    const ready = new Promise<void>((resolve) => (known = resolve));
    const facts = { metadata: new Map([["service", "web"]]), upstream: "payments", excluded: false };
    const directory = { version: 1, ready, facts: () => facts };
    const pod = folder.path("pods/shop_web-1_7c2d/app");
    mkdirSync(pod, { recursive: true });
    writeFileSync(join(pod, "0.log"), "of a pod\n");
    writeFileSync(folder.path("plain.log"), "plain\n");
    const include = [folder.path("*.log"), folder.path("pods/*/*/*.log")];
    const waiting = Object.assign(folder.host(), { dataDir: undefined, pods: () => directory });
    await folder.follow({ include, read_from: "start", pods_wait: "1h" }, waiting);
    await read(waiting, ["plain"]);
    known();
    await read(waiting, ["plain", "of a pod"]);
    assert.deepEqual([waiting.batches[1]?.from.upstream, waiting.batches[1]?.from.metadata?.get("service")], ["payments", "web"]);

    const never = { ...directory, ready: new Promise<void>(() => {}) };
    const impatient = Object.assign(folder.host(), { dataDir: undefined, pods: () => never });
    await folder.follow({ include, read_from: "start", pods_wait: "1ms" }, impatient);
    await eventually(() => impatient.batches.length === 2, "both lines");
    const stopped = Object.assign(folder.host(), { dataDir: undefined, pods: () => never });
    const { stop } = await folder.follow({ include, read_from: "start", pods_wait: "1h" }, stopped);
    await eventually(() => stopped.batches.length === 1, "the plain line");
    await stop();
    assert.equal(stopped.batches.length, 2);
  });

  it("finds files in directories that come later", async () => {
    const { host } = await folder.follow({ include: [folder.path("*/logs/*.log")] });
    mkdirSync(folder.path("app/logs"), { recursive: true });
    writeFileSync(folder.path("app/logs/a.log"), "one\n");
    await read(host, ["one"]);
    appendFileSync(folder.path("app/logs/a.log"), "two\n");
    await read(host, ["one", "two"]);
  });

  it("keeps within its bound on open files, and reads all of them", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `${i}.log`);
    for (const name of names) writeFileSync(folder.path(name), "");
    const { host, input } = await folder.follow({ max_open_files: 3 });
    for (let round = 0; round < 3; round += 1) for (const name of names) appendFileSync(folder.path(name), `${name} ${round}\n`);
    await eventually(() => host.frames.length === 60, "all lines");
    for (const name of names) {
      assert.deepEqual(
        host.frames.filter((line) => line.startsWith(`${name} `)),
        [0, 1, 2].map((round) => `${name} ${round}`),
      );
    }
    assert.ok(counts(input).open <= 3 + 16, `${counts(input).open} are open`);
    assert.deepEqual(host.complaints, []);
  });

  it("joins the parts of lines that a container runtime split, by output, and reports where the first part stands", async () => {
    const { host } = await folder.follow({ format: "cri" as "auto" });
    const snowman = Buffer.from("☃");
    const parts: readonly (string | Buffer)[] = [
      "2026-01-02T03:04:05.1Z stdout P one ",
      "2026-01-02T03:04:05.2Z stderr F whole",
      Buffer.concat([Buffer.from("2026-01-02T03:04:05.3Z stdout P "), snowman.subarray(0, 1)]),
      Buffer.concat([Buffer.from("2026-01-02T03:04:05.4Z stdout F "), snowman.subarray(1)]),
    ];
    for (const part of parts) {
      appendFileSync(folder.path("a.log"), Buffer.concat([Buffer.from(part), Buffer.from("\n")]));
      await pause(20);
    }
    await read(host, ["2026-01-02T03:04:05.2Z stderr F whole", "2026-01-02T03:04:05.1Z stdout F one ☃"]);
    assert.deepEqual(
      host.batches.flatMap(({ places = [] }) => places),
      [37, 0],
    );
  });
});

describe("file, through rotation", () => {
  it("follows a file that is renamed to its end, then reads the one in its place", async () => {
    const { host, input } = await folder.follow();
    writeFileSync(folder.path("a.log"), "1\n");
    await read(host, ["1"]);
    renameSync(folder.path("a.log"), folder.path("a.log.1"));
    appendFileSync(folder.path("a.log.1"), "2\n");
    writeFileSync(folder.path("a.log"), "3\n");
    await read(host, ["1", "2", "3"]);
    await eventually(() => counts(input).followed === 1, "the old file is let go");
    assert.ok(host.batches.every(({ from }) => from.tag === folder.path("a.log")));
    assert.equal(new Set(host.batches.map(({ position }) => position)).size, 2);
  });

  it("reads a file on that is renamed to a name that matches too", async () => {
    const { host } = await folder.follow({ include: [folder.path("a.log*")] });
    writeFileSync(folder.path("a.log"), "1\n");
    await read(host, ["1"]);
    renameSync(folder.path("a.log"), folder.path("a.log.1"));
    writeFileSync(folder.path("a.log"), "2\n");
    await read(host, ["1", "2"]);
    appendFileSync(folder.path("a.log.1"), "late\n");
    await read(host, ["1", "2", "late"]);
  });

  it("finishes a file that is deleted, its last unfinished line included", async () => {
    const { host, input } = await folder.follow();
    writeFileSync(folder.path("a.log"), "1\nunfinished");
    await read(host, ["1"]);
    rmSync(folder.path("a.log"));
    await read(host, ["1", "unfinished"]);
    await eventually(() => counts(input).followed === 0, "it is let go");
    writeFileSync(folder.path("a.log"), "again\n");
    await read(host, ["1", "unfinished", "again"]);
  });

  it("begins anew when a file is truncated, as another file", async () => {
    const { host, input } = await folder.follow();
    writeFileSync(folder.path("a.log"), "first line\n");
    await read(host, ["first line"]);
    truncateSync(folder.path("a.log"), 0);
    // Of the same length and with the same content it could not be told from what was there.
    await eventually(() => counts(input).truncations === 1, "the truncation is seen");
    appendFileSync(folder.path("a.log"), "first line\n");
    await read(host, ["first line", "first line"]);
    assert.equal(new Set(host.batches.flatMap(placesOf)).size, 2);
    assert.equal(counts(input).truncations, 1);
    assert.equal(counts(input).lostBytes, 0);
  });

  it("begins anew when a file was truncated and has grown beyond where it was meanwhile", async () => {
    const { host } = await folder.follow();
    writeFileSync(folder.path("a.log"), "1\n2\n3\n");
    await read(host, ["1", "2", "3"]);
    await pause(250);
    writeFileSync(folder.path("a.log"), "other\nand\nlonger than before\n");
    await read(host, ["1", "2", "3", "other", "and", "longer than before"]);
  });

  it("leaves out the hole that a writer leaves who does not append", async () => {
    const { host } = await folder.follow();
    writeFileSync(folder.path("a.log"), "1\n2\n");
    await read(host, ["1", "2"]);
    truncateSync(folder.path("a.log"), 0);
    truncateSync(folder.path("a.log"), 3_000_000);
    appendFileSync(folder.path("a.log"), "3\n");
    await read(host, ["1", "2", "3"]);
    assert.deepEqual(host.refused, {});
  });

  it("reads from the copy what was not read before copytruncate, and never the copy as a file of its own", async () => {
    let release: () => void = () => {};
    const { host, input } = await folder.follow({ include: [folder.path("a.log*")] });
    writeFileSync(folder.path("a.log"), "1\n");
    await read(host, ["1"]);
    // The queue is full while it is rotated.
    host.answer = (batch) =>
      new Promise((resolve) => {
        release = () => resolve({ accepted: batch.frames.bounds.length / 2, malformed: 0, safe: true, held: undefined });
      });
    appendFileSync(folder.path("a.log"), "2\n");
    await eventually(() => host.frames.length === 2, "the batch that waits");
    appendFileSync(folder.path("a.log"), "3\n");
    copyFileSync(folder.path("a.log"), folder.path("a.log.1"));
    truncateSync(folder.path("a.log"), 0);
    appendFileSync(folder.path("a.log"), "4\n");
    host.answer = (batch) => ({ accepted: batch.frames.bounds.length / 2, malformed: 0, safe: true, held: undefined });
    await pause(300);
    release();
    await read(host, ["1", "2", "3", "4"]);
    await pause(300);
    await read(host, ["1", "2", "3", "4"]);
    assert.equal(counts(input).lostBytes, 0);
  });

  it("counts what was gone before it could be read, and says so", async () => {
    let release: () => void = () => {};
    const { host, input } = await folder.follow();
    host.answer = () =>
      new Promise((resolve) => {
        release = () => resolve({ accepted: 1, malformed: 0, safe: true, held: undefined });
      });
    writeFileSync(folder.path("a.log"), "1\n");
    await eventually(() => host.frames.length === 1, "the batch that waits");
    appendFileSync(folder.path("a.log"), "never read\n");
    writeFileSync(folder.path("b.log"), "");
    await eventually(() => counts(input).lagBytes === 11, "the file has been looked at");
    truncateSync(folder.path("a.log"), 0);
    host.answer = () => ({ accepted: 1, malformed: 0, safe: true, held: undefined });
    release();
    await eventually(() => counts(input).lostBytes === 11, `${counts(input).lostBytes} bytes`);
    assert.match(host.complaints.map(({ message }) => message).join(), /truncated before its last 11 bytes were read/);
  });
});

describe("file, through restarts", () => {
  it("goes on where it stopped, with what came meanwhile, in files old and new", async () => {
    writeFileSync(folder.path("a.log"), "old\n");
    const first = await folder.follow();
    appendFileSync(folder.path("a.log"), "1\n");
    await read(first.host, ["1"]);
    await first.stop();
    appendFileSync(folder.path("a.log"), "2\n");
    writeFileSync(folder.path("b.log"), "new\n");
    const second = await folder.follow();
    await eventually(() => second.host.frames.length === 2, "two lines");
    assert.deepEqual(second.host.frames.toSorted(), ["2", "new"]);
    assert.equal(second.host.batches.find(({ from }) => from.tag.endsWith("a.log"))?.position, first.host.batches[0]?.position);
  });

  it("reads again, at the same places, what was not safe when it was killed", async () => {
    const first = await folder.follow();
    first.host.answer = () => new Promise(() => {});
    writeFileSync(folder.path("a.log"), "1\n2\n");
    await eventually(() => first.host.frames.length === 2, "the batch");
    // What is on the disk now is what a kill would leave.
    await eventually(() => readFileSync(join(folder.dataDir, "files-edge.json"), "utf8").includes("a.log"), "a checkpoint");
    const second = await folder.follow();
    await read(second.host, ["1", "2"]);
    assert.deepEqual(second.host.batches.flatMap(placesOf), first.host.batches.flatMap(placesOf));
  });

  it("begins again at the first line of a trace that was not complete", async () => {
    const first = await folder.follow();
    first.host.answer = (batch) => ({
      accepted: 3,
      malformed: 0,
      safe: true,
      held: new Promise(() => {}),
      waitsFrom: batch.places?.[1],
    });
    writeFileSync(folder.path("a.log"), "whole\nopens a trace\nand goes on\n");
    await eventually(() => first.host.frames.length === 3, "the batch");
    await eventually(() => readFileSync(join(folder.dataDir, "files-edge.json"), "utf8").includes('"offset":6'), "a checkpoint");
    const second = await folder.follow();
    await read(second.host, ["opens a trace", "and goes on"]);
  });

  it("finishes what was renamed or packed meanwhile, before what is in its place", async () => {
    const first = await folder.follow();
    writeFileSync(folder.path("a.log"), "1\n2\n");
    writeFileSync(folder.path("b.log"), "one\ntwo\n");
    await eventually(() => first.host.frames.length === 4, "four lines");
    await first.stop();
    appendFileSync(folder.path("a.log"), "3\n");
    appendFileSync(folder.path("b.log"), "three\n");
    renameSync(folder.path("a.log"), folder.path("a.log.1"));
    writeFileSync(folder.path("b.log.1.gz"), gzipSync(readFileSync(folder.path("b.log"))));
    rmSync(folder.path("b.log"));
    writeFileSync(folder.path("a.log"), "4\n");
    writeFileSync(folder.path("b.log"), "four\n");
    const second = await folder.follow();
    await eventually(() => second.host.frames.length === 4, `four lines, got ${second.host.frames.join()}`);
    const of = (name: string): string[] =>
      second.host.batches.filter(({ from }) => from.tag === folder.path(name)).flatMap(framesOf);
    assert.deepEqual(
      [of("a.log"), of("b.log")],
      [
        ["3", "4"],
        ["three", "four"],
      ],
    );
    const before = first.host.batches.find(({ from }) => from.tag === folder.path("b.log"));
    const packed = second.host.batches.find((batch) => framesOf(batch)[0] === "three");
    assert.deepEqual([packed?.position, packed?.places], [before?.position, [8]]);
  });

  it("does not take another file with the same inode for the one that it knew", async () => {
    const first = await folder.follow();
    writeFileSync(folder.path("a.log"), "1\n2\n");
    await read(first.host, ["1", "2"]);
    await first.stop();
    const { ino } = statSync(folder.path("a.log"));
    writeFileSync(folder.path("a.log"), "quite another file\n");
    assert.equal(statSync(folder.path("a.log")).ino, ino);
    const second = await folder.follow();
    await read(second.host, ["quite another file"]);
    assert.notEqual(second.host.batches[0]?.position, first.host.batches[0]?.position);
  });

  it("says once that its checkpoints are damaged, sets them aside, and follows as for the first time", async () => {
    writeFileSync(folder.path("a.log"), "old\n");
    mkdirSync(folder.dataDir);
    const path = join(folder.dataDir, "files-edge.json");
    writeFileSync(path, 'crumbtrail-files 1 00000000 2\n{"files"\n');
    const { host } = await folder.follow();
    appendFileSync(folder.path("a.log"), "new\n");
    await read(host, ["new"]);
    assert.equal(host.complaints.length, 1);
    assert.match(host.complaints[0]?.message ?? "", /cannot be used.*checksum is wrong.*\.bad/);
    assert.match(readFileSync(`${path}.bad`, "utf8"), /"files"/);
  });

  it("begins with what is new when it may keep nothing", async () => {
    const host = folder.host();
    host.dataDir = undefined;
    writeFileSync(folder.path("a.log"), "old\n");
    const first = await folder.follow({}, host);
    appendFileSync(folder.path("a.log"), "new\n");
    await read(first.host, ["new"]);
  });

  it("stops within its deadline though the queue takes nothing, and before it has started", async () => {
    const { host, input } = await folder.follow();
    host.answer = () => new Promise(() => {});
    writeFileSync(folder.path("a.log"), "1\n");
    await eventually(() => host.frames.length === 1, "the batch");
    const deadline = new AbortController();
    setTimeout(() => deadline.abort(), 20);
    await input.stop(deadline.signal);
    await input.stop(deadline.signal);
  });
});

describe("file, its configuration", () => {
  it("says what is wrong with a pattern", () => {
    const said = (include: readonly string[]): string[] =>
      (file.config.safeParse({ include }).error?.issues ?? []).map(({ message }) => message);
    assert.deepEqual(said(["/var/log/*.log"]), []);
    assert.deepEqual(said([]), ["expected at least one path or pattern"]);
    assert.match(said(["/var/log/"]).join(), /names a directory/);
  });

  it("opens nothing before it starts", async () => {
    writeFileSync(folder.path("a.log"), "old\n");
    const host = folder.host();
    const input = file.create(file.config.parse({ include: [folder.path("*.log")], read_from: "start" }), host);
    await pause(30);
    await input.stop(AbortSignal.timeout(1_000));
    assert.deepEqual(host.batches, []);
  });
});
