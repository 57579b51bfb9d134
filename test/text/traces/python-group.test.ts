import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { inGroupOrder, type Block } from "../../../src/text/traces/python-group.ts";

/** An exception: what caused it, and its members when it is a group. */
interface Raised {
  readonly members: readonly (readonly Raised[])[];
}

const { chain } = fc.letrec<{ chain: Raised[]; raised: Raised }>((tie) => ({
  chain: fc.array(tie("raised"), { minLength: 1, maxLength: 3 }),
  raised: fc.record({ members: fc.oneof({ depthSize: "small" }, fc.constant([]), fc.array(tie("chain"), { maxLength: 3 })) }),
}));

/** The tree as Python prints it, a cause before what it caused, and as Sentry wants it. */
function printed(exceptions: readonly Raised[]): { readonly blocks: Block[]; readonly wanted: string[] } {
  const blocks: Block[] = [];
  const print = (some: readonly Raised[], depth: number): string[] => {
    const wanted: string[] = [];
    for (const [i, { members }] of some.entries()) {
      const type = `E${blocks.length}`;
      blocks.push({ depth, opensMember: i === 0 && depth > 1, frames: [], type, value: [], saying: true });
      wanted.push(
        ...members
          .map((member) => print(member, depth + 1))
          .toReversed()
          .flat(),
        type,
      );
    }
    return wanted;
  };
  const wanted = print(exceptions, 1);
  return { blocks, wanted };
}

describe("inGroupOrder", () => {
  it("puts members before their group, the last one first, and causes before what they caused, however groups nest", () => {
    fc.assert(
      fc.property(chain, (exceptions) => {
        const { blocks, wanted } = printed(exceptions);
        assert.deepEqual(
          inGroupOrder(blocks).map(({ type }) => type),
          wanted,
        );
      }),
    );
  });

  it("loses no exception, whatever the depths", () => {
    const block = fc.record({ depth: fc.nat({ max: 6 }), opensMember: fc.boolean() });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 20 }), (some) => {
        const blocks = some.map((given, i) => ({ ...given, frames: [], type: `E${i}`, value: [], saying: true }));
        assert.deepEqual(
          inGroupOrder(blocks)
            .map(({ type }) => type)
            .toSorted(),
          blocks.map(({ type }) => type).toSorted(),
        );
      }),
    );
  });
});
