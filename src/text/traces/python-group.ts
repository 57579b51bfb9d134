import type { Frame } from "../../record/exception.ts";
import { isBlank, MAX_MESSAGE_LINES } from "./dialect.ts";

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
  /** The first one of a member of a group, so that it begins a chain of its own. */
  readonly opensMember: boolean;
  readonly frames: Frame[];
  type: string | undefined;
  readonly value: string[];
  /** What was raised has been read: everything more is its message. */
  saying: boolean;
  /** The frame whose source comes next. */
  source?: Frame | undefined;
  /** What could not be read, when a SyntaxError says where: "broken.py, line 2". */
  unread?: string | undefined;
}

export interface GroupLine {
  readonly depth: number;
  /** A line that sets members apart: the next one begins, or the last one has ended. */
  readonly section?: "begins" | "ends";
  /** The line without the margin. */
  readonly text: string;
}

const MARGIN = /^( *)([|+])(?: (.*))?$/;
const SECTION = /^ *\+-(?:\+-)?-{3,}(?:$|( (?:\d+|\.\.\.) )-{4,}$)/;
/** The first line below a group at the top. */
const FIRST_MEMBER = /^ {2}\+-\+-{4,} 1 -{4,}$/;
/** Groups within groups; what is deeper is taken to be as deep as this. */
const MAX_DEPTH = 50;

/**
 * Where the message begins of a group that was never raised, and so has no traceback of its own, when its first member
 * is announced at a line; undefined otherwise.
 */
export function bareGroup(lines: readonly string[], at: number): number | undefined {
  if (!FIRST_MEMBER.test(lines[at] ?? "")) return undefined;
  let first = at;
  while (first > 0 && first > at - MAX_MESSAGE_LINES && /^ {2}\|(?: |$)/.test(lines[first - 1] ?? "")) first -= 1;
  return first < at ? first : undefined;
}

/** The lines from `first` on, without the margin of groups. */
export function* groupLines(lines: readonly string[], first: number): Generator<GroupLine> {
  let inGroup = false;
  // Whether the next line is the first one of an exception of the chain: a group that was never raised begins so.
  let begins = true;
  for (let i = first; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    if (line.includes("+ Exception Group Traceback") || (begins && line.startsWith("  | "))) inGroup = true;
    begins = line.startsWith("The above exception ") || line.startsWith("During handling ") || (begins && isBlank(line));
    const margin = inGroup ? MARGIN.exec(line) : null;
    const section = inGroup ? SECTION.exec(line) : null;
    if (section !== null) yield { depth: 0, section: section[1] === undefined ? "ends" : "begins", text: "" };
    else if (margin === null) yield { depth: 0, text: line };
    else yield { depth: Math.min((margin[1] ?? "").length >> 1, MAX_DEPTH), text: margin[3] ?? "" };
  }
}

/** An exception and the members of the group that it is, each a chain with the cause first. */
interface Node {
  readonly block: Block;
  readonly members: Node[][];
}

/** In Sentry's order: members before the group they are in, the last member first, a cause before what it caused. */
export function inGroupOrder(blocks: readonly Block[]): Block[] {
  const root: Node[] = [];
  // The chain that goes on at each depth. A group at the top is in one chain with what stands outside of it.
  const open: Node[][] = [root];
  for (const block of blocks) {
    const depth = Math.max(0, block.depth - 1);
    const group = open[Math.min(depth, open.length) - 1]?.at(-1);
    let chain = open[Math.min(depth, open.length - 1)] ?? root;
    if (depth > 0 && group !== undefined && (block.opensMember || depth >= open.length)) group.members.push((chain = []));
    chain.push({ block, members: [] });
    open.length = Math.min(depth, open.length);
    open.push(chain);
  }
  const ordered: Block[] = [];
  flatten(root, ordered);
  return ordered;
}

function flatten(chain: readonly Node[], ordered: Block[]): void {
  for (const { block, members } of chain) {
    for (const member of members.toReversed()) flatten(member, ordered);
    ordered.push(block);
  }
}
