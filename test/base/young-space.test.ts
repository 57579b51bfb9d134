import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ended } from "../support/command.ts";

const MODULE = fileURLToPath(new URL("../../src/base/young-space.js", import.meta.url));
const MIB = 1 << 20;

/** The size to which the space for new objects grows in a process that makes many, some of which stay. */
async function grownTo(first: string): Promise<number> {
  const script = `
    import { getHeapSpaceStatistics } from "node:v8";
    import { boundYoungSpace, holdYoungSpace } from ${JSON.stringify(MODULE)};
    ${first}
    let kept = [];
    for (let round = 0; round < 200; round += 1) {
      for (let i = 0; i < 20_000; i += 1) kept.push({ i, all: [i] });
      if (kept.length > 200_000) kept = kept.slice(100_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size);
  `;
  const { code, stdout, stderr } = await ended(process.execPath, ["--input-type=module", "-e", script]);
  assert.equal(code, 0, stderr);
  return Number(stdout);
}

describe("the space for new objects", () => {
  it("does not grow as far as Node would let it, whether it is held or bound", async () => {
    const sizes = [await grownTo("holdYoungSpace();"), await grownTo("holdYoungSpace(); boundYoungSpace();")];
    assert.ok(
      sizes.every((bytes) => bytes > 0 && bytes <= 20 * MIB),
      `${sizes.join()} bytes`,
    );
  });
});
