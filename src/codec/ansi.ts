const ESCAPE = "\u001b";
// Parameters, intermediates and final byte are disjoint classes, so that no text makes this slow.
// oxlint-disable-next-line no-control-regex
const SEQUENCE = /\u001b\[[0-9:;<=>?]*[ -/]*[@-~]/g;

/** The text without the colours and cursor movements meant for a terminal. */
export function withoutColour(text: string): string {
  return text.includes(ESCAPE) ? text.replace(SEQUENCE, "") : text;
}
