/** 1234567 as "1 234 567". */
export function count(number: number): string {
  return Math.round(number).toLocaleString("en").replaceAll(",", " ");
}

/** A table as Markdown has it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
