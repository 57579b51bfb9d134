// Points in time, as programs write them. Each expression is sticky and has no two ways to match the same characters.

const ZONE = String.raw`(?: ?(?:UTC|GMT|Z|(?:[ECMPAW](?:E?S|D|E)?|BS|IS|JS)T|MSK|[+-]\d{2}:?\d{2})(?:[+-]\d{4})?(?: \([A-Z]{2,5}\))?(?!\w))?`;
const CLOCK = String.raw`\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AP]M(?!\w))?`;
const SECONDS = String.raw`\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?: ?[AP]M(?!\w))?`;
const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const LONG_MONTH = `${MONTH}(?:uary|ruary|ch|il|e|y|ust|tember|ober|ember)?`;
const DAY = "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day|sday|nesday|rsday|urday)?,? )";

/** What begins with a digit: 2026-01-02T03:04:05.678Z, 02/Jan/2026:03:04:05 +0000, 03:04:05,678, 2 Jan 2026. */
const NUMERIC = new RegExp(
  [
    String.raw`\d{4}([-/.])\d{1,2}\1\d{1,2}(?:[T :_-]{1,2}${CLOCK})?`,
    String.raw`\d{8}[T-]\d{6}(?:\.\d+)?`,
    String.raw`\d{1,2}[-/ ]${MONTH}[-/ ]\d{2,4}(?:[: T]${CLOCK})?`,
    String.raw`\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})(?:[ T]${CLOCK})`,
    String.raw`\d{1,2}[/.]\d{1,2}[/.]\d{4}`,
    SECONDS,
  ]
    .map((form) => `(?:${form})`)
    .join("|")
    .replace(/^/, "(?:")
    .concat(`)${ZONE}(?!\\w|:[\\w:]|[.,-]\\d)`),
  "y",
);
/** What begins with the name of a day or a month: Fri, 21 Aug 2026 17:00:43 GMT; Jan  2 03:04:05; Mon Jan 2 15:04:05 UTC 2026. */
const NAMED = new RegExp(
  `(?:${DAY}${LONG_MONTH} {1,2}\\d{1,2}(?:,? \\d{4})?(?:,? ${CLOCK})?` +
    `|${DAY}\\d{1,2} ${LONG_MONTH} \\d{4}(?:,? ${CLOCK})?` +
    `|${LONG_MONTH} {1,2}\\d{1,2}(?:, \\d{4},?|,? \\d{4})?(?: ${CLOCK}|(?=[^:\\d]|$)))` +
    `${ZONE}(?: \\d{4}(?![\\d.]|:\\d))?(?!\\w|:\\w)`,
  "y",
);

/** Where a point in time that begins at `at` ends; -1 when none does. */
export function endOfTimestamp(text: string, at: number): number {
  const first = text.charCodeAt(at);
  const pattern = first <= 0x39 ? NUMERIC : NAMED;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** A cheap look before {@link endOfTimestamp}: whether one could begin here. */
export function mayBeTimestamp(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  if (first >= 0x30 && first <= 0x39) {
    if (isSeparator(text, at + 1) || isSeparator(text, at + 2)) return true;
    const fifth = text.charCodeAt(at + 4);
    const ninth = text.charCodeAt(at + 8);
    return fifth === 0x2d || fifth === 0x2f || fifth === 0x2e || ninth === 0x54 || ninth === 0x2d;
  }
  if (first > 0x57) return false;
  return "JFMASONDTW".includes(text.charAt(at)) && NAMES.has(text.slice(at, at + 3));
}

const NAMES: ReadonlySet<string> = new Set(
  "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun".split(" "),
);

/** One of `-/.:`, or a blank before a capital letter. */
function isSeparator(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit === 0x20) return text.charCodeAt(at + 1) >= 0x41 && text.charCodeAt(at + 1) <= 0x5a;
  return unit === 0x2d || unit === 0x2f || unit === 0x2e || unit === 0x3a;
}
