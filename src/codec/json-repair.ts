// Graylog's parser takes what JSON.parse does not: raw control characters inside strings, commas before a closing
// bracket. Python writes NaN, careless senders write `\'`. All of it is mended here, after a first parse has failed.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** The text with what has a clear meaning mended; the same text where there is nothing to mend. */
export function repairJson(text: string): string {
  const parts: string[] = [];
  let done = 0;
  const replace = (from: number, to: number, by: string): void => {
    parts.push(text.slice(done, from), by);
    done = to;
  };
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = repairString(text, at + 1, replace);
    else {
      if (code === COMMA && isClosing(text, afterSpace(text, at + 1))) replace(at, at + 1, "");
      else if (code === UPPER_N || code === UPPER_I || code === MINUS) {
        const word = wordAt(text, at);
        if (word !== "") {
          replace(at, at + word.length, `"${word}"`);
          at += word.length - 1;
        }
      }
      at += 1;
    }
  }
  return done === 0 ? text : parts.join("") + text.slice(done);
}

/** Mends the inside of a string that begins at `from`; the place after its closing quote. */
function repairString(text: string, from: number, replace: (from: number, to: number, by: string) => void): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < 0x20) replace(at, at + 1, `\\u${code.toString(16).padStart(4, "0")}`);
    else if (code === BACKSLASH) {
      if (isEscape(text, at + 1)) at += 1;
      else replace(at, at + 1, "\\\\");
    }
  }
  return at;
}

const ESCAPES: ReadonlySet<string> = new Set('"\\/bfnrt');

function isEscape(text: string, at: number): boolean {
  const letter = text.charAt(at);
  return ESCAPES.has(letter) || (letter === "u" && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5)));
}

const UPPER_N = 0x4e;
const UPPER_I = 0x49;
const MINUS = 0x2d;
const NUMBERS = ["NaN", "Infinity", "-Infinity"] as const;

function wordAt(text: string, at: number): string {
  return NUMBERS.find((word) => text.startsWith(word, at)) ?? "";
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function isClosing(text: string, at: number): boolean {
  const letter = text.charAt(at);
  return letter === "}" || letter === "]";
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
