import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Neighbours } from "../../../src/wire/files/neighbours.ts";
import { isRotatedName } from "../../../src/wire/files/rotated-names.ts";

const folder = fc.constantFrom("/", "/var/log", "/var/log/app");
const name = fc.oneof(
  fc.constantFrom("app.log", "app", ".log", "a.b.log", "syslog", "app.log.1", "app-20260102.log", "app.log-20260102.gz", "0.log"),
  fc.stringMatching(/^[a.0-9-]{1,8}$/),
);
const path = fc.tuple(folder, name).map(([directory, file]) => (directory === "/" ? `/${file}` : `${directory}/${file}`));

describe("Neighbours", () => {
  it("finds a file under the names that rotation gives it, in its folder only", () => {
    const neighbours = new Neighbours();
    for (const target of ["/var/log/app.log", "/var/log/other.log", "/srv/app.log"]) neighbours.add({ target, heads: [] });
    for (const rotated of ["app.log.1", "app.log-20260102.gz", "app-20260102.log", "app.log.old"])
      assert.deepEqual(neighbours.of(`/var/log/${rotated}`).map(({ target }) => target), ["/var/log/app.log"]); // prettier-ignore
    for (const other of ["app.log", "application.log", "zapp.log.1"]) assert.deepEqual(neighbours.of(`/var/log/${other}`), []);
  });

  it("finds the same as comparing a name with every file", () => {
    fc.assert(
      fc.property(fc.array(path, { maxLength: 12 }), path, (targets, sought) => {
        const neighbours = new Neighbours();
        for (const target of targets) neighbours.add({ target, heads: [] });
        const expected = targets.filter(
          (target) => dirname(target) === dirname(sought) && isRotatedName(basename(target), basename(sought)),
        );
        const found = neighbours.of(sought).map(({ target }) => target);
        assert.deepEqual(found.toSorted(), expected.toSorted());
      }),
    );
  });
});
