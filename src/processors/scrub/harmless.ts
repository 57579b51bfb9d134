import { CHAR, CHARS } from "./chars.ts";
import { MIN_CARD_DIGITS, MIN_IBAN_CHARS, MIN_TOKEN_CHARS } from "./runs.ts";

// Texts vary, so that each branch on one of their bytes would be guessed wrongly half of the time, which takes longer than
// everything else. Therefore there is none: runs are counted and words are told by sums and bits alone.

/** A byte each: the length of the run of digits and what groups them, of capitals, of a word's characters that ends here. */
const ONE_MORE = 0x01_01_01;
/** Brings each count to a power of two when its run is long enough to be looked at. */
const UP_TO_LIMIT = ((32 - MIN_TOKEN_CHARS) << 16) | ((16 - MIN_IBAN_CHARS) << 8) | (16 - MIN_CARD_DIGITS);
const AT_LIMIT = 0x20_10_10;
/** A byte that some rule looks for, or that is not printable ASCII. */
const SIGN = 1 << 24;

/** The counts that go on at a byte, all others begin anew; and whether it is a {@link SIGN}. */
const RUNS = Int32Array.from({ length: 256 }, (_, byte) => {
  // Between a name and its value; in the signs of rules without a name: "</", "(\"", "@tcp(", "$2b$", "by 'x'".
  if (byte < 0x20 || byte > 0x7e || "=:%<($@\"'`".includes(String.fromCharCode(byte))) return SIGN;
  const bits = CHARS[byte] ?? 0;
  const lane = (bit: number, shift: number): number => ((bits & bit) === 0 ? 0 : 0xff << shift);
  return lane(CHAR.digit, 0) | lane(CHAR.capital, 8) | lane(CHAR.word, 16);
});

/**
 * Before what a secret may stand: "password x", "passphrase x", "AUTHENTICATE PLAIN x", "passwd x", "AUTH PLAIN x", "Bearer x",
 * "Basic x", "code is 1", "pin is 1", " -p x", "--password x". A list of characters for each place, upper case as lower case.
 */
const WORDS = ["wc o rd de _", "rc a st e _", "s w d _", "u t h _", "r e r _", "s i c _", "p i n _", "_- -"].map((word) =>
  word.split(" ").map((chars) => chars.replace("_", " ")),
);
// Shift-and: the bits of a word's places lie side by side, and one is set as long as all characters up to there have come.
const FIRSTS = WORDS.map((_, i) => 1 << WORDS.slice(0, i).flat().length).reduce((all, bit) => all | bit, 0);
const LASTS = WORDS.map((_, i) => 1 << (WORDS.slice(0, i + 1).flat().length - 1)).reduce((all, bit) => all | bit, 0);
const PLACES = Int32Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte).toLowerCase();
  return WORDS.flat().reduce((bits, chars, place) => (chars.includes(char) ? bits | (1 << place) : bits), 0);
});

/**
 * One pass that asks whether a text, `view[start .. end)`, can hold anything that a rule of `TextScrubber` looks for: no
 * separator stands in it, no sign of a hint, and no run as long as a token, a card number or an IBAN. True is certain; false
 * means only that the rules have to look.
 */
export function isHarmless(view: DataView, start: number, end: number): boolean {
  let counts = 0;
  let seen = 0;
  let places = 0;
  let ends = 0;
  for (let at = start; at < end; at += 1) {
    const byte = view.getUint8(at);
    const runs = RUNS[byte] as number;
    counts = (counts + ONE_MORE) & runs;
    seen |= (counts + UP_TO_LIMIT) | (runs & SIGN);
    places = ((places << 1) | FIRSTS) & (PLACES[byte] as number);
    ends |= places;
  }
  return (seen & (AT_LIMIT | SIGN)) === 0 && (ends & LASTS) === 0;
}
