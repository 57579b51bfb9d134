import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { directoryChecks } from "../../../src/commands/doctor/directory-checks.ts";
import type { DirectoryFacts } from "../../../src/commands/doctor/directory.ts";

const GIB = 1 << 30;
const MIB = 1 << 20;

const GOOD: DirectoryFacts = {
  path: "/var/lib/crumbtrail/queue",
  nearest: "/var/lib/crumbtrail/queue",
  exists: true,
  isDirectory: true,
  unwritable: undefined,
  fileSystem: 0xef53,
  freeBytes: 10 * GIB,
  freeFiles: 1_000_000,
  usedBytes: 0,
};

function checked(facts: Partial<DirectoryFacts>, maxBytes: number | undefined = 2 * GIB): string[] {
  const checks = directoryChecks({ ...GOOD, ...facts }, { group: "queue", field: "queue.directory", maxBytes });
  return checks.map(({ verdict, what, todo }) => `${verdict} ${what}${todo === undefined ? "" : `; ${todo}`}`);
}

describe("directoryChecks", () => {
  it("has nothing to say against a disk with room", () => {
    assert.deepEqual(checked({}), [
      "ok /var/lib/crumbtrail/queue is writable for this user",
      "ok 10GiB free on /var/lib/crumbtrail/queue; with max_bytes of 2GiB it may take 2.3GiB more",
    ]);
  });

  it("says where a missing directory will be made", () => {
    const lines = checked({ exists: false, nearest: "/var/lib" });
    assert.equal(lines[0], "ok /var/lib/crumbtrail/queue is made at start: /var/lib is writable for this user");
  });

  it("fails where the directory cannot be written or made, or is a file, and says nothing else", () => {
    assert.deepEqual(checked({ unwritable: "EACCES" }), [
      "fail /var/lib/crumbtrail/queue is not writable (EACCES); let the relay's user have it: install -d -o USER /var/lib/crumbtrail/queue",
    ]);
    assert.match(checked({ unwritable: "EACCES", exists: false, nearest: "/var" })[0] ?? "", /^fail .* cannot be made in \/var/);
    assert.match(checked({ unwritable: "EROFS" })[0] ?? "", /read-only/);
    assert.match(checked({ isDirectory: false, nearest: "/var/lib" })[0] ?? "", /^fail \/var\/lib is a file/);
  });

  it("warns of file systems that are lost with the machine or the container, or are across the network", () => {
    assert.match(checked({ fileSystem: 0x01021994 })[1] ?? "", /^warn .* is on tmpfs: .*lost with the machine or the pod/);
    assert.match(checked({ fileSystem: 0x858458f6 })[1] ?? "", /^warn .* is on ramfs/);
    assert.match(checked({ fileSystem: 0x794c7630 })[1] ?? "", /^warn .* is on overlayfs: .*lost with the container/);
    assert.match(checked({ fileSystem: 0x6969 })[1] ?? "", /^warn .* is on NFS/);
    assert.equal(checked({ fileSystem: undefined }).length, 2);
  });

  it("warns where the disk is full before the queue is, counting what the queue holds already", () => {
    assert.match(
      checked({ freeBytes: GIB })[1] ?? "",
      /^warn only 1GiB free .*max_bytes of 2GiB .* 2\.3GiB more: .*lower max_bytes$/,
    );
    assert.match(checked({ freeBytes: GIB, usedBytes: 1.5 * GIB })[1] ?? "", /^ok 1GiB free .*may take 768MiB more/);
  });

  it("fails without room, but not where the queue has taken its room already", () => {
    assert.match(checked({ freeBytes: MIB })[1] ?? "", /^fail no room: only 1MiB free/);
    assert.match(checked({ freeBytes: MIB, usedBytes: 2.25 * GIB })[1] ?? "", /^ok /);
    const dataDir = directoryChecks({ ...GOOD, freeBytes: MIB }, { group: "data_dir", field: "data_dir", maxBytes: undefined });
    assert.equal(dataDir[1]?.verdict, "fail");
  });

  it("fails without inodes, and warns of few", () => {
    assert.match(checked({ freeFiles: 0 })[1] ?? "", /^fail .*room for 0 more files/);
    assert.match(checked({ freeFiles: 10 })[1] ?? "", /^warn .*room for 10 more files/);
    assert.match(checked({ freeFiles: undefined })[1] ?? "", /^ok /);
  });
});
