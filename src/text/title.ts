import type { ParsedTrace } from "../record/exception.ts";

const MAX_TITLE_CHARS = 120;
/** A title is cut between words when no more is lost by it. */
const MAX_CUT_CHARS = 24;

/** A time before the message tells nothing of the issue, nor does the host that logged it. */
const LEADING_TIME = /^(?:[[(]<time>[^\])]{0,80}[\])]|<time>)(?: <host>(?= \S{1,100}: ))?[ :,|-]*/;

/** "from=<<email>>" */
const IN_BRACKETS = /<(<[a-z]{2,8}>)>/g;

/** What is known of a record when it gets its title. */
export interface TitleParts {
  readonly message: string;
  readonly template: string;
  readonly trace: ParsedTrace | undefined;
  readonly errorType: string | undefined;
  readonly errorMessage: string | undefined;
}

/**
 * The line by which a person finds the issue again: "Type: value" of the headline exception, else the message without
 * what varies, so that all events of an issue share it. One line, at most 120 characters.
 */
export function titleOf({ message, template, trace, errorType, errorMessage }: TitleParts): string {
  const headline = trace?.values.at(-1);
  const type = headline?.type ?? errorType;
  const value = headline?.value ?? errorMessage;
  if (type !== undefined && type !== "") return oneLine(value === undefined || value === "" ? type : `${type}: ${value}`);
  const said = template.replace(LEADING_TIME, "").replaceAll(IN_BRACKETS, "$1");
  return oneLine(said) || oneLine(template) || oneLine(message) || "(no message)";
}

/** The first line that is not blank, in single blanks, shortened with a mark. */
function oneLine(text: string): string {
  const cut = text.slice(0, 4_096).trimStart();
  const newline = cut.indexOf("\n");
  const line = (newline < 0 ? cut : cut.slice(0, newline)).replaceAll(/\s+/g, " ").trim();
  if (line.length <= MAX_TITLE_CHARS) return line;
  return `${cutShort(line)}...`;
}

/** As much of a long line as fits: whole words and placeholders unless they are long, never half of a character. */
function cutShort(line: string): string {
  const short = line.slice(0, MAX_TITLE_CHARS - 3);
  if (line.charAt(short.length) === " ") return short;
  const blank = short.lastIndexOf(" ");
  if (blank >= short.length - MAX_CUT_CHARS) return short.slice(0, blank);
  return (short.charCodeAt(short.length - 1) & 0xfc00) === 0xd800 ? short.slice(0, -1) : short;
}
