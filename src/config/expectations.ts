import type * as z from "zod";

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a mapping",
  record: "a mapping",
  null: "nothing",
};

/** What zod wanted, to follow the word "expected": "a number", "at most 64", "one of json, text". */
export function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return KINDS[issue.expected] ?? issue.expected;
  if (issue.code === "invalid_value") {
    return issue.values.length === 1 ? shown(issue.values[0]) : `one of ${issue.values.map(String).join(", ")}`;
  }
  if (issue.code === "too_small")
    return bound(issue.origin, Number(issue.minimum), issue.inclusive === false ? "more than" : "at least");
  if (issue.code === "too_big")
    return bound(issue.origin, Number(issue.maximum), issue.inclusive === false ? "less than" : "at most");
  if (issue.code === "not_multiple_of") return `a multiple of ${issue.divisor}`;
  if (issue.code !== "invalid_format") return "something else";
  return issue.format === "regex" ? `text that matches ${issue.pattern ?? "a pattern"}` : (FORMATS[issue.format] ?? issue.format);
}

const FORMATS: Readonly<Record<string, string>> = {
  url: "a URL",
  email: "an e-mail address",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  cidrv4: "an IPv4 network such as 10.0.0.0/8",
  cidrv6: "an IPv6 network such as fd00::/8",
  starts_with: "another beginning",
  ends_with: "another end",
};

const UNITS: Readonly<Record<string, readonly [string, string]>> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
  set: ["entry", "entries"],
  object: ["entry", "entries"],
  record: ["entry", "entries"],
};

function bound(origin: string, limit: number, words: string): string {
  const unit = UNITS[origin];
  return unit === undefined ? `${words} ${limit}` : `${words} ${limit} ${unit[limit === 1 ? 0 : 1]}`;
}

/** Letters of a text that a message quotes. */
export const MAX_SHOWN = 60;

/** A value as a person would point at it; long ones are cut. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty mapping" : "a mapping";
  if (typeof value !== "string") return String(value as number | boolean | bigint);
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}...` : value);
}

/** "known: a, b, c"; undefined for an empty list. */
export function listed(lead: string, words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : `${lead}${words.join(", ")}`;
}
