import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { allTaken, eventually, framesOf } from "../support/input-host.ts";
import { FollowedFolder } from "../support/followed-folder.ts";

const folders: FollowedFolder[] = [];
after(async () => {
  for (const folder of folders) await folder.remove();
});

function newFolder(): FollowedFolder {
  const folder = new FollowedFolder();
  folders.push(folder);
  return folder;
}

describe("many followed files", () => {
  it("are read on while sixty of them wait for room in the queue, and these go on when there is some", async () => {
    const folder = newFolder();
    const host = folder.host();
    let hasRoom = (): void => {};
    const room = new Promise<void>((resolve) => {
      hasRoom = resolve;
    });
    // Lines of 40 KB: longer than the buffers that there are when many wait.
    const line = (name: string, n: number): string => `${name} ${n} ${"x".repeat(40_000)}`;
    const stuck = Array.from({ length: 60 }, (_, i) => `stuck-${i}`);
    // What a batch holds is read anew once it is taken, so it is looked at when it comes.
    const came: string[] = [];
    const arrived = (name: string): number => came.filter((one) => one === name).length;
    host.answer = async (batch) => {
      const names = framesOf(batch).map((frame) => /^(\S+) \d+ x{40000}$/.exec(frame)?.[1] ?? "torn");
      if (batch.from.tag.includes("stuck")) await room;
      came.push(...names);
      return allTaken(batch);
    };
    for (const name of [...stuck, "free"]) writeFileSync(folder.path(`${name}.log`), `${line(name, 0)}\n`);
    const { stop } = await folder.follow({ read_from: "start" }, host);

    await eventually(() => arrived("free") === 1, "the file that need not wait");
    for (let n = 1; n < 20; n += 1) appendFileSync(folder.path("free.log"), `${line("free", n)}\n`);
    await eventually(() => arrived("free") === 20, "what came later");
    hasRoom();
    await eventually(() => stuck.every((name) => arrived(name) === 1), "the files that waited");
    await stop();
    assert.equal(came.length, 80);
    assert.deepEqual(host.complaints, []);
  });

  it("are spread over lanes by their folder, or by their pod, which a request may pass through several files of", async () => {
    const folder = newFolder();
    const id = "0".repeat(64);
    const names = [
      "shop/access.log",
      "shop/error.log",
      "blog/error.log",
      `containers/web-1_shop_app-${id}.log`,
      `containers/web-1_shop_proxy-${id}.log`,
      `containers/web-2_shop_app-${id}.log`,
    ];
    for (const name of names) {
      mkdirSync(dirname(folder.path(name)), { recursive: true });
      writeFileSync(folder.path(name), "a line\n");
    }
    const { host, stop } = await folder.follow({ include: [join(folder.logs, "*/*.log")], read_from: "start" });
    await eventually(() => host.frames.length === names.length, "all lines");
    await stop();

    const kin = new Map(host.batches.map((batch) => [batch.from.tag.slice(folder.logs.length + 1), batch.kin]));
    const [access, error, blog, app, proxy, other] = names.map((name) => kin.get(name));
    assert.equal(access, error);
    assert.equal(app, proxy);
    assert.equal(new Set([access, blog, app, other]).size, 4);
    assert.ok(!kin.has("") && ![...kin.values()].includes(undefined));
  });
});
