import * as z from "zod";
import { expectation, listed, shown } from "./expectations.ts";
import type { Path } from "./mistake.ts";
import { nearest } from "./nearest.ts";
import type { Aim } from "./yaml-source.ts";

type Issue = z.core.$ZodIssue;
type Union = Extract<Issue, { code: "invalid_union" }>;

/** One thing a schema found, in plain words instead of zod's. */
export interface Finding {
  readonly path: Path;
  readonly aim: Aim;
  readonly message: string;
  readonly hint: string | undefined;
}

/**
 * For `safeParse(value, { error: unsaid })`: leaves zod's own messages empty, so that {@link findingsOf} can tell them from
 * those of a schema's author, which stand.
 */
export const unsaid: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "unrecognized_keys") {
    knownKeys.set(issue.keys, issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : []);
  }
  return issue.code === "custom" ? "not accepted" : "";
};

/** The keys a strict object knows, by the list of those it did not. */
const knownKeys = new WeakMap<readonly string[], readonly string[]>();

/** One finding for everything that is wrong with `value`, which stands at `path`. */
export function findingsOf(issues: readonly Issue[], value: unknown, path: Path = []): Finding[] {
  return issues.flatMap((issue) => {
    const inner = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    return findingsIn(issue, valueAt(value, inner), [...path, ...inner]);
  });
}

function findingsIn(issue: Issue, value: unknown, path: Path): Finding[] {
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys.get(issue.keys) ?? [];
    return issue.keys.map((key) => {
      const hint = meant(key, known) ?? listed("known: ", known);
      return { path: [...path, key], aim: "key", message: "unknown key", hint };
    });
  }
  if (issue.code === "invalid_key") {
    return [{ path, aim: "key", message: issue.issues[0]?.message || "not accepted as a name", hint: undefined }];
  }
  if (issue.code === "invalid_union") {
    if ("discriminator" in issue && issue.discriminator !== undefined)
      return [{ path, aim: "value", ...noSuchType(issue, value) }];
    return unionFindings(issue, value, path);
  }
  const hint = issue.code === "invalid_value" && typeof value === "string" ? meant(value, issue.values.map(String)) : undefined;
  const message = issue.message === "" ? said(expectation(issue), value, issue.code) : issue.message;
  return [{ path, aim: "value", message, hint }];
}

/** An option that takes this kind of value speaks for itself; when none does, what they expect makes one sentence. */
function unionFindings(union: Union, value: unknown, path: Path): Finding[] {
  const options: readonly (readonly Issue[])[] = union.errors;
  const close = options.filter((issues) => !issues.some(isOtherKind)).toSorted((a, b) => a.length - b.length)[0];
  if (close !== undefined) return findingsOf(close, value, path);
  const mismatches = options.flatMap((issues) => issues.filter(isOtherKind));
  const wanted = new Set(
    mismatches.map((issue) => (issue.message === "" ? expectation(issue) : EXPECTED.exec(issue.message)?.[1])),
  );
  const words = mismatches.flatMap((issue) => (issue.code === "invalid_value" ? issue.values.map(String) : []));
  const hint = typeof value === "string" ? meant(value, words) : undefined;
  const message = union.message || said([...wanted].join(" or "), value, union.code);
  return [{ path, aim: "value", message, hint }];
}

/** What the messages of `component/fields.ts` expect. */
const EXPECTED = /^(?:missing, )?expected (.*?)(?:, got .*)?$/s;

function isOtherKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return issue.errors.length > 0 && issue.errors.every((issues) => issues.some(isOtherKind));
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

function noSuchType(issue: Union, value: unknown): Pick<Finding, "message" | "hint"> {
  const known = "options" in issue ? (issue.options ?? []).map(String).toSorted() : [];
  if (value === undefined) return { message: "missing", hint: listed("one of ", known) };
  if (typeof value !== "string") return { message: said("text", value, "invalid_type"), hint: listed("known: ", known) };
  const message = `unknown ${issue.discriminator ?? "type"} ${shown(value)}`;
  return { message, hint: meant(value, known) ?? listed("known: ", known) };
}

function said(expected: string, value: unknown, code: Issue["code"]): string {
  if (value === undefined) return `missing, expected ${expected}`;
  const kind =
    code !== "invalid_type" ? "" : typeof value === "string" ? "text " : typeof value === "number" ? "the number " : "";
  return `expected ${expected}, got ${kind}${shown(value)}`;
}

function meant(word: string, known: readonly string[]): string | undefined {
  const near = nearest(word, known);
  return near === undefined || near === word ? undefined : `did you mean ${JSON.stringify(near)}?`;
}

/** What stands at a path; undefined when nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[part];
  }
  return current;
}
