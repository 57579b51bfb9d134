import { isLetter, isWordOrMask, kindOf, QUOTE, SPACE, TOKEN } from "./characters.ts";
import { Draft } from "./draft.ts";
import {
  endOfEscapedQuoted,
  endOfJson,
  endOfMap,
  endOfPadding,
  endOfQuoted,
  endOfUrl,
  endOfValue,
  endsInNetwork,
  peelsLeft,
} from "./extent.ts";
import { endOfAside, endOfHead, endOfLoggingHost, isHead, MAX_HEAD_CHARS } from "./head.ts";
import { MAX_PLACEHOLDER_CHARS, PLACEHOLDERS } from "./placeholders.ts";
import { endOfList, endOfPlaced, isRandom, isStringPrefix } from "./position.ts";
import { endOfRestated, isComparison, isElapsed, isMessage, requestTarget } from "./restated.ts";
import { endOfTimestamp, mayBeTimestamp } from "./timestamp.ts";
import { endOfBracketedIp, maskToken } from "./token.ts";
import { endOfUnit, endOfWord, groupsThousands, isRange, unitMask } from "./units.ts";
import { announcesUser } from "./user.ts";
import { KIND_KEYS, MESSAGE_KEYS } from "./words.ts";

const KEY = /^-{0,2}[A-Za-z_][\w./-]*$/;
const TRAILING = ".:!?*+%~…\\";

/** Walks over one line in single blanks from left to right, once; see `templateOf`. */
export class Scanner extends Draft {
  /** Where the quote stands that closes the message in `msg="..."`; -1: nowhere. */
  #closing = -1;

  /** Where the quote stands that closes a line's message, whose quotes are left out; -1: nowhere. */
  #messageEnd = -1;

  /** The template. */
  run(): string {
    const text = this.text;
    const { length } = text;
    this.#time();
    while (this.at < length) {
      const start = this.at;
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
    return this.done === 0 ? text.trimEnd() : (this.out + text.slice(this.done)).trimEnd();
  }

  /** The time at the beginning, with the host behind it that syslog names. */
  #time(): void {
    const text = this.text;
    const start = text.charCodeAt(0) === 0x5b ? 1 : 0;
    const end = mayBeTimestamp(text, start) ? endOfTimestamp(text, start) : -1;
    if (end < 0) return;
    this.at = start;
    this.mask("<time>", start === 0 ? end : endOfHead(text, end));
    if (start > 0) return;
    const host = endOfLoggingHost(text, end + 1);
    if (host < 0) return;
    this.at = end + 1;
    this.mask("<host>", host);
  }

  /** A blank stays, but for one behind an opening bracket. */
  #space(): void {
    const before = this.text.charCodeAt(this.at - 1);
    if (before === 0x5b || before === 0x28) this.replace("", this.at + 1);
    else this.at += 1;
  }

  #delimiter(unit: number): void {
    const text = this.text;
    if (unit === 0x3c) {
      const end = text.indexOf(">", this.at + 1) + 1;
      if (end > 0 && end - this.at <= MAX_PLACEHOLDER_CHARS && PLACEHOLDERS.has(text.slice(this.at, end))) {
        this.place(text.slice(this.at, end), end);
        return;
      }
      if (isComparison(text, this.at)) {
        this.replace("", this.at + 1);
        return;
      }
    } else if (unit === 0x28 && this.listEnd === this.done && this.#restated()) return;
    else if ((unit === 0x5b || unit === 0x7b) && this.#brackets(unit)) return;
    this.at += 1;
  }

  /** False when what stands in the brackets that open here is text. */
  #brackets(unit: number): boolean {
    const text = this.text;
    const square = unit === 0x5b;
    const address = square ? endOfBracketedIp(text, this.at) : -1;
    if (address > 0) {
      this.mask("<host>", address);
      return true;
    }
    const aside = square && this.at < MAX_HEAD_CHARS ? this.#aside() : -1;
    const end = aside > 0 ? aside : square ? endOfList(text, this.at) : endOfMap(text, this.at);
    if (end > 0) {
      this.#bracketed(end);
      return true;
    }
    const json = endOfJson(text, this.at);
    if (json > 0) this.mask("<json>", json);
    return json > 0;
  }

  /** Behind the brackets here when only time and level stand before them: a thread, a request, a client. */
  #aside(): number {
    const end = endOfAside(this.text, this.at);
    return end > 0 && isHead(this.out + this.text.slice(this.done, this.at)) ? end : -1;
  }

  /** What stands between the brackets here and before `end` is a value. */
  #bracketed(end: number): void {
    this.at += 1;
    if (this.at === end - 1) this.replace("<value>", end - 1);
    else this.mask("<value>", end - 1);
    this.at = end;
  }

  /** What says the thing before it once more: "1671 bytes (1.63 KB)", "10.0.0.1 (db.example.org)". */
  #restated(): boolean {
    if (this.text.slice(this.done, this.at).trim() !== "") return false;
    const end = endOfRestated(this.text, this.at, this.listMask);
    if (end < 0) return false;
    this.params.push(this.text.slice(this.at, end));
    this.at = end;
    this.done = end;
    return true;
  }

  #quote(): void {
    if (this.at === this.#messageEnd) {
      this.replace("", this.at + 1);
      return;
    }
    const closes =
      this.at === this.#closing || (isWordOrMask(this.text.charCodeAt(this.at - 1)) && !isStringPrefix(this.text, this.at));
    const end = closes ? -1 : endOfQuoted(this.text, this.at);
    if (end > 0 && isMessage(this.text, this.at, end)) {
      this.#messageEnd = end - 1;
      this.replace("", this.at + 1);
      return;
    }
    const target = end > 0 ? requestTarget(this.text, this.at) : -1;
    if (target > 0) {
      this.#closing = end - 1;
      this.at = target;
      if (kindOf(this.text.charCodeAt(target)) === TOKEN) this.mask("<path>", this.text.indexOf(" ", target));
    } else if (end > 0) this.mask("<str>", end);
    else this.at += 1;
  }

  /** Letters alone. */
  #plainWord(end: number): void {
    const text = this.text;
    const length = end - this.at;
    if (mayBeTimestamp(text, this.at)) {
      const timeEnd = endOfTimestamp(text, this.at);
      if (timeEnd > 0) {
        this.mask("<time>", timeEnd);
        return;
      }
    }
    if (text.charCodeAt(end) !== 0x3c && announcesUser(text, this.at, end)) this.mask("<user>", end);
    else if (isWordOrMask(text.charCodeAt(this.at - 1)) || text.charCodeAt(end) === 0x3c) {
      if (text.charCodeAt(this.at - 1) === 0x3c && isRandom(text, this.at, end)) this.mask("<id>", end);
      else this.at = end;
    } else if (endOfPlaced(text, this.at, end) > 0) this.mask("<value>", endOfPlaced(text, this.at, end));
    else if ((length === 4 && text.startsWith("true", this.at)) || (length === 5 && text.startsWith("false", this.at))) {
      this.mask("<bool>", end);
    } else this.at = end;
  }

  /** A token of more than letters, of which those up to `letters` are known. */
  #token(letters: number): void {
    const text = this.text;
    const start = this.at;
    if (mayBeTimestamp(text, start)) {
      const end = endOfTimestamp(text, start);
      if (end > 0) {
        this.mask(isElapsed(text, start, end) ? "<duration>" : "<time>", end);
        return;
      }
    } else if (text.charCodeAt(start) === 0x5c) {
      const end = endOfEscapedQuoted(text, start);
      if (end > 0) {
        this.mask("<str>", end);
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
    const text = this.text;
    const key = text.slice(this.at, end);
    const next = text.charCodeAt(end + 1);
    if (text.charCodeAt(this.at - 1) === 0x3e || next === 0x3d || next === 0x3e || next === 0x7e || !KEY.test(key)) return false;
    if (/\d/.test(key)) this.replace(maskToken(key, this.params), end);
    this.at = end + 1;
    if (Number.isNaN(next) || kindOf(next) === SPACE) return true;
    const name = key.slice(key.lastIndexOf(".") + 1).toLowerCase();
    if (kindOf(next) === QUOTE) this.#quotedValue(name);
    else this.#bareValue(name);
    return true;
  }

  #quotedValue(name: string): void {
    const end = endOfQuoted(this.text, this.at);
    if (end < 0) return;
    if (MESSAGE_KEYS.has(name)) {
      this.#closing = end - 1;
      this.at += 1;
    } else this.mask("<value>", end);
  }

  #bareValue(name: string): void {
    const kind = KIND_KEYS.has(name);
    const end = endOfValue(this.text, this.at, !kind);
    if (end === this.at) return;
    if (kind && /^[A-Za-z_]+$/.test(this.text.slice(this.at, end))) this.at = end;
    else this.mask("<value>", endOfUnit(this.text, this.at, end));
  }

  #mixed(tokenEnd: number): void {
    const text = this.text;
    const glued = text.charCodeAt(this.at - 1) === 0x3e || text.charCodeAt(tokenEnd) === 0x3c;
    let end = glued ? tokenEnd : endOfUrl(text, this.at, tokenEnd);
    let start = this.at;
    while (start < end && peelsLeft(text, start, end)) start += 1;
    const tail = end;
    const trailing = text.slice(start, end).includes("://") ? ".:!?\\" : TRAILING;
    while (end > start && trailing.includes(text.charAt(end - 1)) && !endsInNetwork(text, start, end)) end -= 1;
    this.at = start;
    if (end > start) this.#core(end, tail === end, glued);
    if (this.at < tail) this.at = tail;
  }

  #core(end: number, clean: boolean, glued: boolean): void {
    const text = this.text;
    const core = text.slice(this.at, end);
    if (!glued && announcesUser(text, this.at, end)) {
      this.mask("<user>", end);
      return;
    }
    if (!/[\d/@\\.:]/.test(core)) {
      const placed = glued ? -1 : endOfPlaced(text, this.at, end);
      if (placed > 0) this.mask("<value>", placed);
      else this.at = end;
      return;
    }
    const masked = maskToken(core, this.params, glued);
    if (masked === "<num>" && clean) this.#withUnit(end);
    else if (masked === "<id>") {
      const mask = isElapsed(text, this.at, end) ? "<duration>" : isRange(text, this.at, end) ? "<num>" : masked;
      this.place(mask, endOfPadding(text, end));
    } else if (PLACEHOLDERS.has(masked)) this.place(masked, end);
    else if (masked === core) this.at = end;
    else this.place(masked, end);
  }

  /** A number, together with the unit behind a blank: "12 ms", "1 second", "3.5 GB". */
  #withUnit(numberEnd: number): void {
    const text = this.text;
    const end = text.charCodeAt(numberEnd) === 0x20 ? endOfWord(text, numberEnd + 1) : -1;
    const mask = end > 0 ? unitMask(text.slice(numberEnd + 1, end)) : undefined;
    if (mask === undefined) {
      this.place("<num>", numberEnd);
      return;
    }
    this.params.push(`${this.params.pop() ?? ""}${text.slice(numberEnd, end)}`);
    this.place(mask, end);
  }
}
