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

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

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

  it("lets an acknowledgement go at once where nothing is kept", () => {
    const given: string[] = [];
    Acknowledged.of(new RecordingHost()).note("a", () => given.push("a"));

    assert.deepEqual(given, ["a"]);
  });

  it("writes the ids of one turn before their acknowledgements go, in order, those without an id among them", async (t) => {
    const host = hostWithFolder(t);
    const acknowledged = Acknowledged.of(host);
    const size = (): number => readFileSync(join(host.dataDir ?? "", "acknowledged-edge")).length;
    const given: string[] = [];
    for (const id of ["a", undefined, "b"]) acknowledged.note(id, () => given.push(`${id} with ${size()} bytes`));

    assert.deepEqual([given, size()], [[], 16]);
    await turn();
    assert.deepEqual(given, ["a with 48 bytes", "undefined with 48 bytes", "b with 48 bytes"]);
    acknowledged.note("c", () => given.push("c"));
    acknowledged.flush();
    assert.equal(given.at(-1), "c");
    await turn();
    assert.equal(given.length, 4);
    acknowledged.close();
  });

  it("remembers after a crash what it let go, whether or not it was seen to arrive", async (t) => {
    const host = hostWithFolder(t);
    const before = Acknowledged.of(host);
    for (const id of ["seen", "seen", "under way"]) {
      before.note(id, () => (id === "seen" ? before.add(id) : undefined));
      before.flush();
    }

    const after = Acknowledged.of(host);

    assert.equal(before.times("under way"), 0);
    assert.deepEqual([after.times("seen"), after.times("under way"), after.times("never")], [2, 1, 0]);
    after.close();
    before.close();
  });

  it("goes on where the directory cannot be used, and says so once", (t) => {
    const host = hostWithFolder(t);
    mkdirSync(join(host.dataDir ?? "", "acknowledged-edge"));
    const acknowledged = Acknowledged.of(host);
    const given: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      acknowledged.note("a", () => {
        given.push(i);
        acknowledged.add("a");
      });
      acknowledged.flush();
    }

    assert.deepEqual([given, acknowledged.times("a")], [[0, 1, 2], 3]);
    assert.deepEqual(
      host.complaints.map(({ cause }) => cause),
      ["acknowledged_file"],
    );
  });
});
