import * as z from "zod";
import { fieldOf } from "../record/field.ts";
import type { FieldValue, LogRecord } from "../record/record.ts";
import { Severity, SEVERITY_NAMES } from "../record/severity.ts";
import { compileGlob, compileSearch, isBadPattern, type BadPattern, type TextTest } from "./pattern.ts";

/** Says whether a record is meant. */
export type RecordTest = (record: LogRecord) => boolean;

const pattern = z.union([z.string(), z.number(), z.boolean()], { error: "expected a text, a number, true or false" });

/**
 * Which records are meant: every field named must match (and), by any pattern of its list (or). The mistakes of a
 * pattern are found when the configuration is parsed, so that {@link compileMatch} cannot fail on what this lets through.
 */
export const match = z
  .record(
    z.string().min(1),
    z.union([pattern, z.array(pattern).min(1, "expected at least one pattern")], {
      error: "expected a pattern or a list of patterns",
    }),
  )
  .superRefine((written, context) => {
    if (Object.keys(written).length === 0) {
      context.addIssue({ code: "custom", message: "a match names at least one field, e.g. { severity: debug }" });
    }
    for (const [name, patterns] of Object.entries(written)) {
      for (const [index, one] of listOf(patterns).entries()) {
        const compiled = compilePattern(name, one);
        if (typeof compiled === "function") continue;
        const path = Array.isArray(patterns) ? [name, index] : [name];
        const message = `the pattern ${JSON.stringify(one)} of ${JSON.stringify(name)} cannot be used: ${compiled.mistake}`;
        context.addIssue({ code: "custom", message, path });
      }
    }
  });

/** A match as the configuration gives it. */
export type Match = z.output<typeof match>;
type Pattern = z.output<typeof pattern>;

/** What people need to know of a match, for the descriptions of fields that hold one. */
export const MATCH_RULES =
  "Every field named must match, by any pattern of its list. `message` takes a regular expression (RE2), searched anywhere; " +
  '`severity` a name or a comparison (">=warning"); any other field a glob ("payments-*"), `/regex/i`, a comparison with ' +
  'a number (">=500"), a number, true or false.';

/** The test a parsed match stands for. */
export function compileMatch(written: Match): RecordTest {
  const tests = Object.entries(written).map(([name, patterns]) => anyOf(name, listOf(patterns)));
  const [first, second] = tests;
  if (first !== undefined && tests.length === 1) return first;
  if (first !== undefined && second !== undefined && tests.length === 2) return (record) => first(record) && second(record);
  return (record) => tests.every((test) => test(record));
}

/** The test of several matches: true when any of them matches. */
export function compileAny(written: readonly Match[]): RecordTest {
  const tests = written.map(compileMatch);
  const [first] = tests;
  return first !== undefined && tests.length === 1 ? first : (record) => tests.some((test) => test(record));
}

function anyOf(name: string, patterns: readonly Pattern[]): RecordTest {
  const tests: RecordTest[] = [];
  for (const one of patterns) {
    const compiled = compilePattern(name, one);
    if (typeof compiled === "function") tests.push(compiled);
  }
  const [first] = tests;
  return first !== undefined && tests.length === 1 ? first : (record) => tests.some((test) => test(record));
}

function listOf(patterns: Match[string]): readonly Pattern[] {
  return Array.isArray(patterns) ? patterns : [patterns];
}

function compilePattern(name: string, one: Pattern): RecordTest | BadPattern {
  if (name === "severity" || name === "level") return severityTest(String(one));
  if (name === "message") return messageTest(String(one));
  if (typeof one !== "string") return fieldTest(name, (value) => equals(value, one));
  const compared = comparison(one);
  if (compared !== undefined) return fieldTest(name, compared);
  const slashes = /^\/((?:[^/\\]|\\.)+)\/([ims]*)$/.exec(one);
  const text = slashes === null ? compileGlob(one) : compileSearch(slashes[1] ?? "", slashes[2]);
  return isBadPattern(text) ? text : fieldTest(name, (value) => textMatches(value, text));
}

function messageTest(one: string): RecordTest | BadPattern {
  // Slashes without a flag are part of the text: "/api/" means the path. With one they can only be meant as delimiters.
  const slashes = /^\/((?:[^/\\]|\\.)+)\/([ims]+)$/.exec(one);
  const text = slashes === null ? compileSearch(one) : compileSearch(slashes[1] ?? "", slashes[2]);
  return isBadPattern(text) ? text : (record) => text(record.message);
}

function severityTest(one: string): RecordTest | BadPattern {
  const parts = /^\s*(>=|<=|>|<|)\s*(\w+)\s*$/.exec(one);
  const name = SEVERITY_NAMES.find((known) => known === parts?.[2]);
  if (parts === null || name === undefined) return { mistake: `it is no severity (${SEVERITY_NAMES.join(", ")})` };
  const bound = Severity[name];
  const compare = COMPARE.get(parts[1] ?? "") ?? same;
  return (record) => compare(record.severity, bound);
}

/** ">=500" as a test of a number, or of a text that is one; undefined when it is no comparison. */
function comparison(one: string): ((value: FieldValue) => boolean) | undefined {
  const parts = /^\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(one);
  if (parts === null) return undefined;
  const bound = Number(parts[2]);
  const compare = COMPARE.get(parts[1] ?? "") ?? same;
  return (value) => compare(numberOf(value), bound);
}

const same = (value: number, bound: number): boolean => value === bound;
const COMPARE: ReadonlyMap<string, (value: number, bound: number) => boolean> = new Map([
  [">=", (value, bound) => value >= bound],
  ["<=", (value, bound) => value <= bound],
  [">", (value, bound) => value > bound],
  ["<", (value, bound) => value < bound],
]);

/** A list in a field matches when any of its elements does. */
function fieldTest(name: string, test: (value: FieldValue) => boolean): RecordTest {
  return (record) => {
    const value = fieldOf(record, name);
    if (value === undefined || value === null) return false;
    return Array.isArray(value) ? value.some(test) : test(value);
  };
}

function textMatches(value: FieldValue, test: TextTest): boolean {
  if (typeof value === "string") return test(value);
  return typeof value === "number" || typeof value === "boolean" ? test(String(value)) : false;
}

/** GELF senders write numbers and truth values as text as often as not, so both forms are equal. */
function equals(value: FieldValue, wanted: number | boolean): boolean {
  if (value === wanted) return true;
  if (typeof value !== "string") return false;
  return typeof wanted === "boolean" ? value === String(wanted) : numberOf(value) === wanted;
}

const MAX_NUMBER_CHARS = 40;

/** NaN, which no comparison accepts, for what is no number. */
function numberOf(value: FieldValue): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.length <= MAX_NUMBER_CHARS && /^\s*-?\d+(?:\.\d+)?\s*$/.test(value)
    ? Number(value)
    : Number.NaN;
}
