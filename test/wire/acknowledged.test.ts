import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Acknowledged } from "../../src/wire/acknowledged.ts";
import { RecordingHost } from "../support/input-host.ts";

/** The host of an input named "edge" with a directory of its own. */
function hostWithFolder(t: TestContext): RecordingHost {
  const host = new RecordingHost();
  host.dataDir = mkdtempSync(join(tmpdir(), "crumbtrail-acks-"));
  t.after(() => rmSync(host.dataDir ?? "", { recursive: true, force: true }));
  return host;
}

describe("Acknowledged", () => {
  it("counts how often each id was acknowledged", () => {
    const acknowledged = new Acknowledged();
    acknowledged.add("a");
    acknowledged.add("a");
    acknowledged.add("b");

    assert.deepEqual([acknowledged.times("a"), acknowledged.times("b"), acknowledged.times("c")], [2, 1, 0]);
  });

  it("forgets the ids that were not acknowledged for longest", () => {
    const acknowledged = new Acknowledged(2);
    for (const id of ["a", "b", "a", "c", "d"]) acknowledged.add(id);

    assert.deepEqual(
      ["a", "b", "c", "d"].map((id) => acknowledged.times(id)),
      [2, 0, 1, 1],
    );
  });

  it("writes down what has been given for a while, and takes what a crash may have cut off for not read", async (t) => {
    const host = hostWithFolder(t);
    const before = Acknowledged.of(host, 30);
    const size = (): number => readFileSync(join(host.dataDir ?? "", "acknowledged-edge")).length;
    for (const id of ["a", "a", "b"]) before.add(id);
    assert.equal(size(), 16);
    for (let turns = 0; size() < 64 && turns < 500; turns += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    before.add("cut off");

    const after = Acknowledged.of(host);

    assert.deepEqual([after.times("a"), after.times("b"), after.times("cut off")], [2, 1, 0]);
    after.close();
    before.close();
  });

  it("writes everything when it ends in order", (t) => {
    const host = hostWithFolder(t);
    const before = Acknowledged.of(host);
    before.add("a");
    before.close();

    const after = Acknowledged.of(host);

    assert.deepEqual([after.times("a"), after.times("never")], [1, 0]);
    after.close();
  });

  it("goes on where the directory cannot be used, and says so once", (t) => {
    const host = hostWithFolder(t);
    mkdirSync(join(host.dataDir ?? "", "acknowledged-edge"));
    const acknowledged = Acknowledged.of(host);
    for (let i = 0; i < 3; i += 1) acknowledged.add("a");
    acknowledged.close();

    assert.equal(acknowledged.times("a"), 3);
    assert.deepEqual(
      host.complaints.map(({ cause }) => cause),
      ["acknowledged_file"],
    );
  });
});
