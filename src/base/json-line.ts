/**
 * What JSON leaves as it is and a terminal may obey: DEL and the control characters behind it (U+009B begins an escape
 * sequence), line separators, marks that reorder text. In JSON it only occurs inside strings, where an escape means the same.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A JSON text of the same meaning in which no string can make a terminal do anything. */
export function terminalJson(json: string): string {
  return json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
