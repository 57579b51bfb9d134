import { isMark } from "./mark.ts";
import type { NameKind } from "./names.ts";
import { NOTHING, PROSE, STATES } from "./vocabulary.ts";

const MAX_WORD_CHARS = 64;
/** Places in a template and what other programs put instead of a secret. */
const PLACE =
  /^(?:%[sdvr]|%\(\w+\)s|\?|\$\d{1,2}|\$?\{\w{0,40}\}|\*+|x{3,}|<\w+>|\[(?:redacted|hidden|masked|removed|filtered|scrubbed)\]|redacted)$/i;
const SMALL_NUMBER = /^\d{1,3}$/;
const NUMBER = /^\d+$/;
const DIGIT = /\d/;
const MADE_BY_A_MACHINE = /^(?=\D*\d)\S{16}/;
/** Sentence punctuation after a word is no part of it. */
const ORDINARY_WORD = /^[A-Z]?[a-z]{1,15}[.,!?;:]?$/;

/** True when a value under a secret's name is to go. */
export function isSecret(kind: NameKind, value: string): boolean {
  if (value === "" || isMark(value)) return false;
  if (value.length <= MAX_WORD_CHARS && saysNothing(kind, value)) return false;
  if (kind.long) return MADE_BY_A_MACHINE.test(value);
  if (kind.weak && SMALL_NUMBER.test(value)) return false;
  if (kind.plural && value.length <= MAX_WORD_CHARS && NUMBER.test(value)) return false;
  return !(kind.directory && (/^[/~]/.test(value) || /^[A-Za-z]:[\\/]/.test(value)));
}

function saysNothing(kind: NameKind, value: string): boolean {
  const word = value.toLowerCase();
  if (NOTHING.has(word) || PLACE.test(value)) return true;
  if (kind.numeric && !DIGIT.test(value)) return true;
  return (kind.weak || kind.plural) && STATES.has(word);
}

/** True when a word after "name: " reads on as a sentence: "Invalid password: must not be empty". */
export function isProse(kind: NameKind, value: string): boolean {
  if (value.length > MAX_WORD_CHARS) return false;
  const word = /^[a-z']+/.exec(value.toLowerCase())?.[0] ?? "";
  const rest = value.slice(word.length);
  if ((rest === "" || /^[.,!?;:)]+$/.test(rest)) && PROSE.has(word.replace(/'.*$/, ""))) return true;
  return kind.weak && ORDINARY_WORD.test(value);
}
