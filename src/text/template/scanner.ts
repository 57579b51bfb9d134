import { isDigit, isLetter, isWordOrMask, kindOf, QUOTE, SPACE, TOKEN } from "./characters.ts";
import { endOfEscapedQuoted, endOfJson, endOfPadding, endOfQuoted, endOfUrl, endOfValue } from "./extent.ts";
import { endOfRestated, isComparison, isElapsed, requestTarget } from "./restated.ts";
import { endOfTimestamp, mayBeTimestamp } from "./timestamp.ts";
import { endOfBracketedIp, maskToken } from "./token.ts";
import { endOfWord, groupsThousands, isRange, unitMask } from "./units.ts";
import { announcesUser } from "./user.ts";
import { KIND_KEYS, MESSAGE_KEYS } from "./words.ts";

const MAX_PLACEHOLDER_CHARS = 12;
const PLACEHOLDERS: ReadonlySet<string> = new Set(
  "num ip uuid duration size hex mac url path email host time str json id version value user bool"
    .split(" ")
    .map((name) => `<${name}>`),
);
const KEY = /^-{0,2}[A-Za-z_][\w./-]*$/;
const LEADING = "#*@&!$^%?:~+-.\\";
const TRAILING = ".:!?*-+%~…";

/** Walks over one line in single blanks from left to right, once; see `templateOf`. */
export class Scanner {
  readonly params: string[] = [];
  readonly #text: string;
  #out = "";
  #at = 0;
  /** The text before this is in `#out`; from here up to `#at` it stays as it is. */
  #done = 0;
  /** Where the last placeholder that stood alone ended, for lists; -1: none. */
  #listEnd = -1;
  #listMask = "";
  /** Where the quote stands that closes the message in `msg="..."`; -1: nowhere. */
  #closing = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The template. */
  run(): string {
    const text = this.#text;
    const { length } = text;
    while (this.#at < length) {
      const start = this.#at;
      const unit = text.charCodeAt(start);
      const kind = kindOf(unit);
      if (kind === SPACE) this.#space();
      else if (kind === QUOTE) this.#quote();
      else if (kind !== TOKEN) this.#delimiter(unit);
      else {
        let end = start;
        while (end < length && isLetter(text.charCodeAt(end))) end += 1;
        const next = text.charCodeAt(end);
        if (end === length || (kindOf(next) !== TOKEN && next !== 0x3d)) this.#plainWord(end);
        else this.#token(end);
      }
    }
    return this.#done === 0 ? text.trimEnd() : (this.#out + text.slice(this.#done)).trimEnd();
  }

  /** A blank stays, but for one behind an opening bracket. */
  #space(): void {
    const before = this.#text.charCodeAt(this.#at - 1);
    if (before === 0x5b || before === 0x28) this.#replace("", this.#at + 1);
    else this.#at += 1;
  }

  /** Puts `mask` in the place of what stands here up to `end`. */
  #mask(mask: string, end: number): void {
    this.params.push(this.#text.slice(this.#at, end));
    this.#place(mask, end);
  }

  /** The same without a parameter. "1, 2, 3" becomes one placeholder, so that the length of a list makes no difference; so does "2h 3m". */
  #place(mask: string, end: number): void {
    const text = this.#text;
    const before = text.charCodeAt(this.#at - 1);
    const after = text.charCodeAt(end);
    const alone =
      (this.#at === 0 || (kindOf(before) !== TOKEN && before !== 0x3d)) && (end === text.length || kindOf(after) !== TOKEN);
    const literal = text.slice(this.#done, this.#at);
    const listed =
      alone &&
      this.#listEnd === this.#done &&
      this.#listMask === mask &&
      (literal === ", " || literal === "," || literal === " ");
    if (!listed) this.#out += literal + mask;
    this.#at = end;
    this.#done = end;
    this.#listEnd = alone ? end : -1;
    this.#listMask = mask;
  }

  #delimiter(unit: number): void {
    const text = this.#text;
    if (unit === 0x3c) {
      const end = text.indexOf(">", this.#at + 1) + 1;
      if (end > 0 && end - this.#at <= MAX_PLACEHOLDER_CHARS && PLACEHOLDERS.has(text.slice(this.#at, end))) {
        this.#place(text.slice(this.#at, end), end);
        return;
      }
      if (isComparison(text, this.#at)) {
        this.#replace("", this.#at + 1);
        return;
      }
    } else if (unit === 0x28 && this.#listEnd === this.#done && this.#restated()) return;
    else if (unit === 0x7b || unit === 0x5b) {
      const address = unit === 0x5b ? endOfBracketedIp(text, this.#at) : -1;
      if (address > 0) {
        this.#mask("<host>", address);
        return;
      }
      const end = endOfJson(text, this.#at);
      if (end > 0) {
        this.#mask("<json>", end);
        return;
      }
    }
    this.#at += 1;
  }

  /** What says the thing before it once more: "1671 bytes (1.63 KB)", "10.0.0.1 (db.example.org)". */
  #restated(): boolean {
    if (this.#text.slice(this.#done, this.#at).trim() !== "") return false;
    const end = endOfRestated(this.#text, this.#at, this.#listMask);
    if (end < 0) return false;
    this.params.push(this.#text.slice(this.#at, end));
    this.#at = end;
    this.#done = end;
    return true;
  }

  #quote(): void {
    const closes = this.#at === this.#closing || isWordOrMask(this.#text.charCodeAt(this.#at - 1));
    const end = closes ? -1 : endOfQuoted(this.#text, this.#at);
    const target = end > 0 ? requestTarget(this.#text, this.#at) : -1;
    if (target > 0) {
      this.#closing = end - 1;
      this.#at = target;
      if (kindOf(this.#text.charCodeAt(target)) === TOKEN) this.#mask("<path>", this.#text.indexOf(" ", target));
    } else if (end > 0) this.#mask("<str>", end);
    else this.#at += 1;
  }

  /** Letters alone. */
  #plainWord(end: number): void {
    const text = this.#text;
    const length = end - this.#at;
    if (mayBeTimestamp(text, this.#at)) {
      const timeEnd = endOfTimestamp(text, this.#at);
      if (timeEnd > 0) {
        this.#mask("<time>", timeEnd);
        return;
      }
    }
    if (text.charCodeAt(end) !== 0x3c && announcesUser(text, this.#at, end)) this.#mask("<user>", end);
    else if (isWordOrMask(text.charCodeAt(this.#at - 1)) || text.charCodeAt(end) === 0x3c) this.#at = end;
    else if ((length === 4 && text.startsWith("true", this.#at)) || (length === 5 && text.startsWith("false", this.#at))) {
      this.#mask("<bool>", end);
    } else this.#at = end;
  }

  /** A token of more than letters, of which those up to `letters` are known. */
  #token(letters: number): void {
    const text = this.#text;
    const start = this.#at;
    if (mayBeTimestamp(text, start)) {
      const end = endOfTimestamp(text, start);
      if (end > 0) {
        this.#mask(isElapsed(text, start, end) ? "<duration>" : "<time>", end);
        return;
      }
    } else if (text.charCodeAt(start) === 0x5c) {
      const end = endOfEscapedQuoted(text, start);
      if (end > 0) {
        this.#mask("<str>", end);
        return;
      }
    }
    let end = letters;
    for (; end < text.length; end += 1) {
      const unit = text.charCodeAt(end);
      if (kindOf(unit) !== TOKEN && !(unit === 0x2c && groupsThousands(text, end))) break;
    }
    if (text.charCodeAt(end) === 0x3d && this.#pair(end)) return;
    if (end === letters) this.#plainWord(end);
    else this.#mixed(end);
  }

  /** `key=value`; false when the token before the equal sign at `end` is no key. */
  #pair(end: number): boolean {
    const text = this.#text;
    const key = text.slice(this.#at, end);
    const next = text.charCodeAt(end + 1);
    if (text.charCodeAt(this.#at - 1) === 0x3e || next === 0x3d || next === 0x3e || next === 0x7e || !KEY.test(key)) return false;
    if (/\d/.test(key)) this.#replace(maskToken(key, this.params), end);
    this.#at = end + 1;
    if (Number.isNaN(next) || kindOf(next) === SPACE) return true;
    const name = key.slice(key.lastIndexOf(".") + 1).toLowerCase();
    if (kindOf(next) === QUOTE) this.#quotedValue(name);
    else this.#bareValue(name);
    return true;
  }

  #quotedValue(name: string): void {
    const end = endOfQuoted(this.#text, this.#at);
    if (end < 0) return;
    if (MESSAGE_KEYS.has(name)) {
      this.#closing = end - 1;
      this.#at += 1;
    } else this.#mask("<value>", end);
  }

  #bareValue(name: string): void {
    const kind = KIND_KEYS.has(name);
    const end = endOfValue(this.#text, this.#at, !kind);
    if (end === this.#at) return;
    if (kind && /^[A-Za-z_]+$/.test(this.#text.slice(this.#at, end))) this.#at = end;
    else this.#mask("<value>", end);
  }

  /** Puts text that is no placeholder in the place of what stands here up to `end`. */
  #replace(masked: string, end: number): void {
    this.#out += this.#text.slice(this.#done, this.#at) + masked;
    this.#at = end;
    this.#done = end;
  }

  #mixed(tokenEnd: number): void {
    const text = this.#text;
    const glued = text.charCodeAt(this.#at - 1) === 0x3e || text.charCodeAt(tokenEnd) === 0x3c;
    let end = endOfUrl(text, this.#at, tokenEnd);
    let start = this.#at;
    while (start < end && this.#peelsLeft(start, end)) start += 1;
    const tail = end;
    const trailing = text.slice(start, end).includes("://") ? ".:!?" : TRAILING;
    while (end > start && trailing.includes(text.charAt(end - 1))) end -= 1;
    this.#at = start;
    if (end > start) this.#core(end, tail === end, glued);
    if (this.#at < tail) this.#at = tail;
  }

  /** Whether the character is punctuation before a token: not a sign, not the beginning of a path. */
  #peelsLeft(at: number, end: number): boolean {
    const text = this.#text;
    const char = text.charAt(at);
    if (!LEADING.includes(char)) return false;
    const next = text.charAt(at + 1);
    if ((char === "-" || char === "+" || char === ".") && isDigit(next.charCodeAt(0)) && at + 1 < end) return false;
    if (char === "~" || char === ".") return next !== "/" && !(next === "." && text.charAt(at + 2) === "/");
    return (
      !(char === "\\" && next === "\\") && !(char === ":" && next === ":" && at + 2 < end && /[\da-f]/i.test(text.charAt(at + 2)))
    );
  }

  #core(end: number, clean: boolean, glued: boolean): void {
    const text = this.#text;
    const core = text.slice(this.#at, end);
    if (!glued && announcesUser(text, this.#at, end)) {
      this.#mask("<user>", end);
      return;
    }
    if (!/[\d/@\\.:]/.test(core)) {
      this.#at = end;
      return;
    }
    const masked = maskToken(core, this.params, glued);
    if (masked === "<num>" && clean) this.#withUnit(end);
    else if (masked === "<id>") {
      const mask = isElapsed(text, this.#at, end) ? "<duration>" : isRange(text, this.#at, end) ? "<num>" : masked;
      this.#place(mask, endOfPadding(text, end));
    } else if (PLACEHOLDERS.has(masked)) this.#place(masked, end);
    else if (masked === core) this.#at = end;
    else this.#place(masked, end);
  }

  /** A number, together with the unit behind a blank: "12 ms", "1 second", "3.5 GB". */
  #withUnit(numberEnd: number): void {
    const text = this.#text;
    const end = text.charCodeAt(numberEnd) === 0x20 ? endOfWord(text, numberEnd + 1) : -1;
    const mask = end > 0 ? unitMask(text.slice(numberEnd + 1, end)) : undefined;
    if (mask === undefined) {
      this.#place("<num>", numberEnd);
      return;
    }
    this.params.push(`${this.params.pop() ?? ""}${text.slice(numberEnd, end)}`);
    this.#place(mask, end);
  }
}
