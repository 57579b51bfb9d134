import type { Frame } from "../../record/exception.ts";

// Exception groups are drawn as a tree, in a margin of bars:
//
//     + Exception Group Traceback (most recent call last):
//     |   File "x.py", line 13, in <module>
//     | ExceptionGroup: unhandled errors (2 sub-exceptions)
//     +-+---------------- 1 ----------------
//       | Traceback (most recent call last):
//       | ValueError: card 42 refused
//       +---------------- 2 ----------------
//       | ...
//       +------------------------------------

/** One exception on its way to be read. */
export interface Block {
  /** 0 outside of groups, 1 for the group at the top, 2 for its members, ... */
  readonly depth: number;
  /** Counts the members as they are printed. */
  readonly member: number;
  readonly frames: Frame[];
  type: string | undefined;
  readonly value: string[];
  /** What was raised has been read: everything more is its message. */
  saying: boolean;
  /** The frame whose source comes next. */
  source?: Frame | undefined;
}

export interface GroupLine {
  readonly depth: number;
  /** A new member begins, or the last one has ended. */
  readonly section: boolean;
  /** The line without the margin. */
  readonly text: string;
}

const MARGIN = /^( *)([|+])(?: (.*))?$/;
const SECTION = /^ *\+-(?:\+-)?-{3,}(?:$| (?:\d+|\.\.\.) -{4,}$)/;

/** The lines from `first` on, without the margin of groups. */
export function* groupLines(lines: readonly string[], first: number): Generator<GroupLine> {
  let inGroup = false;
  for (let i = first; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    if (line.includes("+ Exception Group Traceback")) inGroup = true;
    const margin = inGroup ? MARGIN.exec(line) : null;
    if (inGroup && SECTION.test(line)) yield { depth: 0, section: true, text: "" };
    else if (margin === null) yield { depth: 0, section: false, text: line };
    else yield { depth: (margin[1] ?? "").length >> 1, section: false, text: margin[3] ?? "" };
  }
}

/** In Sentry's order: members before the group they are in, the last member first, a cause before what it caused. */
export function inGroupOrder(blocks: readonly Block[]): Block[] {
  const members = new Map<number, Block[]>();
  for (const block of blocks) {
    if (block.depth <= 1) continue;
    const chain = members.get(block.member);
    if (chain === undefined) members.set(block.member, [block]);
    else chain.push(block);
  }
  return [...[...members.values()].toReversed().flat(), ...blocks.filter(({ depth }) => depth <= 1)];
}
