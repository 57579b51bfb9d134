import { readFileSync } from "node:fs";

/** A fenced block of a Markdown file. */
export interface Block {
  /** The word after the fence: "sh", "yaml", "" for none. */
  readonly language: string;
  readonly text: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  /** How it is tested, from `<!-- test: kind name="value" -->` above the fence; the language where there is none. */
  readonly kind: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The heading it stands under. */
  readonly heading: string;
}

const NOTE = /^<!-- test: ([a-z-]+)((?: [a-z]+="[^"]*")*) -->$/;

/** All fenced blocks of a file, in order; throws where one is not closed or a note is not followed by a block. */
export function blocksOf(file: string): readonly Block[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const blocks: Block[] = [];
  let heading = "";
  let note: RegExpExecArray | null = null;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) {
      if (/^\s*(?:```|~~~)/.test(line)) throw new Error(`line ${at + 1}: a fence that cannot be read`);
      if (note !== null && line === "") continue;
      if (note !== null) throw new Error(`line ${at}: a note about a test without a block below it`);
      note = NOTE.exec(line);
      if (note === null && line.includes("<!-- test")) throw new Error(`line ${at + 1}: a note about a test that cannot be read`);
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
      continue;
    }
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`line ${at + 1}: a block without an end`);
    const language = fence[1] ?? "";
    const attributes = new Map(
      [...(note?.[2] ?? "").matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
    );
    const text = `${lines.slice(at + 1, end).join("\n")}\n`;
    blocks.push({ language, text, line: at + 1, kind: note?.[1] ?? language, attributes, heading });
    note = null;
    at = end;
  }
  return blocks;
}

/** An attribute that this kind of test cannot do without. */
export function needed(block: Block, name: string): string {
  const value = block.attributes.get(name);
  if (value === undefined) throw new Error(`line ${block.line}: the test "${block.kind}" needs ${name}="..."`);
  return value;
}
