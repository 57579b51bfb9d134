import { formatPath, isWithin, type Mistake, type Path } from "./mistake.ts";
import { isMapping, labelOf } from "./overrides.ts";
import { blot } from "./secrets.ts";
import { valueAt, type Finding } from "./sentences.ts";
import type { Aim, Origin, YamlSource } from "./yaml-source.ts";

/** Where the parts of a configuration are written. */
export interface Sources {
  readonly given: YamlSource;
  /** Has the sections that `given` leaves out. */
  readonly builtIn: YamlSource;
  /** Values put in from elsewhere, by path: "--dsn", "SENTRY_DSN". */
  readonly labels: ReadonlyMap<string, string>;
}

type Where = Pick<Mistake, "file" | "line" | "col">;

/** Where something is written: the file and the position in it, or what has put it in. */
export function whereIs(sources: Sources, path: Path, aim: Aim): Where {
  const label = labelOf(sources.labels, formatPath(path));
  if (label !== undefined) return { file: label, line: 0, col: 0 };
  const source = sourceOf(sources, path);
  // Nobody can look into the built-in text, so a line of it helps nobody.
  const place = source === sources.builtIn ? { line: 0, col: 0 } : source.place(path, aim);
  return { file: source.file, ...place };
}

/** Findings about `value` as mistakes with positions; nothing about values that could not be read in the first place. */
export function mistakesOf(
  findings: readonly Finding[],
  value: unknown,
  sources: Sources,
  secrets: readonly string[],
): Mistake[] {
  return findings.flatMap(({ path, aim, message, hint }) => {
    const source = sourceOf(sources, path);
    const overridden = labelOf(sources.labels, formatPath(path)) !== undefined;
    if (!overridden && source.holes.some((hole) => isWithin(path, hole))) return [];
    const found = valueAt(value, path);
    const origin = overridden ? UNWRITTEN : source.origin(path);
    return {
      ...whereIs(sources, path, aim),
      path: formatPath(path),
      message: blot(message, path, found, secrets),
      hint: hint ?? originHint(found, message, origin),
    };
  });
}

const UNWRITTEN: Origin = { variables: [], plain: false };

function sourceOf({ given, builtIn }: Sources, path: Path): YamlSource {
  const section = String(path[0]);
  const has = (source: YamlSource): boolean => isMapping(source.value) && Object.hasOwn(source.value, section);
  return !has(given) && has(builtIn) ? builtIn : given;
}

function originHint(value: unknown, message: string, origin: Origin): string | undefined {
  const from = origin.variables.map((name) => `\${${name}}`).join(" and ");
  if (origin.plain && message.startsWith("expected text, got ") && value !== undefined && typeof value !== "object") {
    return `put it in quotes${from === "" ? "" : `, it comes from ${from}`}`;
  }
  if (from !== "") return `it comes from ${from}`;
  if (value === null) return "give it a value, or remove the line";
  if (message.startsWith("expected true or false") && typeof value === "string") return "write true or false, without quotes";
  return undefined;
}
