import { printable } from "../sentry/terminal.ts";

/** Where a value sits: names of mappings, indices of lists. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with the configuration, in words for the person who wrote it. */
export interface Mistake {
  /** As named on the command line; "built-in defaults" for what no file says, "--dsn" for the option. */
  readonly file: string;
  /** From 1; 0 where there is no position (a file that cannot be read, a command-line option). */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count; 0 where there is no position. */
  readonly col: number;
  /** "inputs.edge.listen", "processors[1].rules[0].upstream"; "" for the whole file. */
  readonly path: string;
  /** What is wrong: `expected an address such as "127.0.0.1:12201", got "12201"`. Never holds a secret. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | undefined;
}

/** `relay.yml:14:7 inputs.edge.listen: what is wrong (hint)`, in one line that a terminal cannot obey. */
export function formatMistake(mistake: Mistake): string {
  const where = mistake.line === 0 ? mistake.file : `${mistake.file}:${mistake.line}:${mistake.col}`;
  const path = mistake.path === "" ? "" : `${mistake.path}: `;
  const hint = mistake.hint === undefined ? "" : ` (${mistake.hint})`;
  return printable(`${where} ${path}${mistake.message}${hint}`);
}

/** Top to bottom, the files in order of their names. */
export function sortMistakes(mistakes: readonly Mistake[]): Mistake[] {
  return mistakes.toSorted((a, b) => compareText(a.file, b.file) || a.line - b.line || a.col - b.col);
}

/** `["processors", 1, "type"]` to `processors[1].type`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}

/** Whether `path` is `ancestor` or lies inside it. */
export function isWithin(path: Path, ancestor: Path): boolean {
  return ancestor.length <= path.length && ancestor.every((part, index) => String(part) === String(path[index]));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
