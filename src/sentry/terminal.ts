/** Colours for a terminal, or none. Texts that go in must be {@link printable}. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export function paint(colour: boolean): Paint {
  return colour ? COLOURED : PLAIN;
}

/**
 * The text in one line that a terminal cannot obey: control characters, escape sequences and marks that reorder text
 * appear as `\x1b` or `\u202e`, tabs and line ends as spaces.
 */
export function printable(text: string): string {
  return text.replace(/[\t\n\r]+/g, " ").replace(UNPRINTABLE, shown);
}

/** As {@link printable}, line by line: at most `max`, the last of which then says how many are missing. */
export function printableLines(text: string, max: number): string[] {
  const lines = text.split(/\r?\n/, max + 1_000);
  const kept = lines.length > max ? lines.slice(0, max) : lines;
  const shownLines = kept.map((line) => line.replaceAll("\t", "    ").replace(UNPRINTABLE, shown).trimEnd());
  if (lines.length > max) shownLines.push(`... ${lines.length - max} more lines`);
  return shownLines;
}

/** As {@link printable} for a text of several lines, all of which are kept. */
export function printableText(text: string): string {
  return text.replaceAll("\t", "    ").replace(UNPRINTABLE, (character) => (character === "\n" ? character : shown(character)));
}

const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

function shown(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

function styled(on: number, off: number): (text: string) => string {
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}

const COLOURED: Paint = {
  bold: styled(1, 22),
  dim: styled(2, 22),
  red: styled(31, 39),
  yellow: styled(33, 39),
  cyan: styled(36, 39),
};

const same = (text: string): string => text;
const PLAIN: Paint = { bold: same, dim: same, red: same, yellow: same, cyan: same };
