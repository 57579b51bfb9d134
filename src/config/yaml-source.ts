import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  Scalar,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { coreScalar } from "./core-scalar.ts";
import type { ReadValue } from "./file-values.ts";
import { interpolate, type Environment } from "./interpolate.ts";
import { formatPath, type Mistake, type Path } from "./mistake.ts";
import { troubleOf } from "./yaml-trouble.ts";

/** What is known about the place of one value. */
interface Spot {
  /** Offset of its key; undefined in lists and at the top. */
  readonly key: number | undefined;
  /** Offset of the value itself; undefined when nothing is written there. */
  readonly value: number | undefined;
  readonly origin: Origin;
}

/** Where a value came from. */
export interface Origin {
  /** Environment variables whose values it holds, and files as `file:PATH`. */
  readonly variables: readonly string[];
  /** True for text without quotes, which YAML may read as a number. */
  readonly plain: boolean;
}

/** One configuration text: its values with variables replaced, and where each of them is written. */
export interface YamlSource {
  readonly file: string;
  /** What the text says; undefined when it is no YAML or nothing at all. */
  readonly value: unknown;
  /** Mistakes of the text itself: syntax, duplicates, variables. */
  readonly mistakes: readonly Mistake[];
  /** Paths of values that could not be read, each with a mistake; `value` holds undefined there. */
  readonly holes: readonly Path[];
  /** True when the text could not be read to its end, so that looking further would only mislead. */
  readonly broken: boolean;
  /** What was read from the files that it names. */
  readonly fileTexts: readonly string[];
  /** Line and column of a value or of its key; of the nearest thing around it when it is not written at all. */
  place(path: Path, aim: Aim): { readonly line: number; readonly col: number };
  origin(path: Path): Origin;
}

export type Aim = "key" | "value";

const MAX_NODES = 100_000;
const UNKNOWN: Origin = { variables: [], plain: false };

/** Reads YAML 1.2; never throws. */
export function readYaml(options: YamlOptions): YamlSource {
  return new Reader(options);
}

export interface YamlOptions {
  readonly text: string;
  readonly file: string;
  readonly env: Environment;
  /** What `${file:PATH}` stands for; undefined: nothing is read. */
  readonly readValue?: ReadValue | undefined;
}

class Reader implements YamlSource {
  readonly file: string;
  readonly value: unknown;
  readonly mistakes: Mistake[] = [];
  readonly holes: Path[] = [];
  readonly fileTexts: string[] = [];
  readonly broken: boolean;
  readonly #text: string;
  readonly #env: Environment;
  readonly #readValue: ReadValue | undefined;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;
  readonly #spots = new Map<string, Spot>();
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor({ text, file, env, readValue }: YamlOptions) {
    this.#text = text;
    this.#env = env;
    this.#readValue = readValue;
    this.file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, logLevel: "error", uniqueKeys: false });
    this.broken = this.#syntax();
    this.value = this.broken ? undefined : this.#read(this.#document.contents, [], undefined);
  }

  place(path: Path, aim: Aim): { line: number; col: number } {
    for (let length = path.length; length >= 0; length -= 1) {
      const spot = this.#spots.get(indexOf(path.slice(0, length)));
      if (spot === undefined) continue;
      const written = aim === "value" && length === path.length;
      return this.#position((written ? (spot.value ?? spot.key) : (spot.key ?? spot.value)) ?? 0);
    }
    return { line: 1, col: 1 };
  }

  origin(path: Path): Origin {
    return this.#spots.get(indexOf(path))?.origin ?? UNKNOWN;
  }

  #position(offset: number): { line: number; col: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  }

  #complain(at: number, path: Path, message: string, hint: string | undefined): void {
    this.mistakes.push({ file: this.file, ...this.#position(at), path: formatPath(path), message, hint });
  }

  /** One mistake a line: what follows the first is mostly its echo. */
  #syntax(): boolean {
    const lines = new Set<number>();
    const troubles = [...this.#document.errors, ...this.#document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
    for (const error of troubles) {
      const { line } = this.#position(error.pos[0]);
      if (lines.has(line)) continue;
      lines.add(line);
      const { message, hint } = troubleOf(error, this.#text);
      this.#complain(error.pos[0], [], message, hint);
    }
    return this.#document.errors.length > 0;
  }

  #read(node: Node | null | undefined, path: Path, key: number | undefined): unknown {
    this.#nodes += 1;
    const at = node?.range?.[0];
    if (node === null || node === undefined) {
      this.#spots.set(indexOf(path), { key, value: undefined, origin: UNKNOWN });
      return null;
    }
    if (isAlias(node)) return this.#follow(node, path, key);
    if (this.#open.has(node) || this.#nodes > MAX_NODES) {
      const endless = this.#open.has(node);
      if (endless || this.#nodes === MAX_NODES + 1) {
        this.#complain(
          at ?? 0,
          path,
          endless ? "an alias cannot stand inside its own anchor" : "there are too many values",
          undefined,
        );
      }
      this.holes.push(path);
      return undefined;
    }
    if (isScalar(node)) return this.#scalar(node, path, key);
    this.#spots.set(indexOf(path), { key, value: at, origin: UNKNOWN });
    this.#open.add(node);
    const value = isMap(node)
      ? this.#mapping(node, path)
      : isSeq(node)
        ? node.items.map((item, index) => this.#read(item as Node, [...path, index], undefined))
        : undefined;
    this.#open.delete(node);
    return value;
  }

  #follow(node: Node, path: Path, key: number | undefined): unknown {
    const target = isAlias(node) ? node.resolve(this.#document) : undefined;
    if (target !== undefined) return this.#read(target, path, key);
    const hint = 'a text that starts with * needs quotes: "*..."';
    this.#complain(node.range?.[0] ?? 0, path, "there is no anchor for this alias", hint);
    this.holes.push(path);
    return undefined;
  }

  #mapping(node: YAMLMap, path: Path): object {
    const value: Record<string, unknown> = {};
    const seen = new Map<string, number>();
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const at = pair.key.range?.[0] ?? 0;
      const name = this.#name(pair.key, path);
      if (name === undefined) continue;
      const first = seen.get(name);
      if (first !== undefined) {
        const hint = `the first one is on line ${this.#position(first).line}`;
        this.#complain(at, [...path, name], `${JSON.stringify(name)} is given twice`, hint);
        continue;
      }
      seen.set(name, at);
      value[name] = this.#read(pair.value, [...path, name], at);
    }
    return value;
  }

  #name(key: Node, path: Path): string | undefined {
    const at = key.range?.[0] ?? 0;
    if (!isScalar(key)) {
      this.#complain(at, path, "a name must be plain text", undefined);
      return undefined;
    }
    const name = typeof key.value === "string" ? key.value : (key.source ?? "");
    if (name.includes("${")) {
      this.#complain(at, [...path, name], "variables are replaced in values, not in names", undefined);
      return undefined;
    }
    if (name === "__proto__") {
      this.#complain(at, path, "__proto__ cannot be a name", undefined);
      return undefined;
    }
    return name;
  }

  #scalar(node: Scalar, path: Path, key: number | undefined): unknown {
    const start = node.range?.[0];
    const plain = node.type === Scalar.PLAIN && node.tag === undefined;
    // An empty value has a range of its own behind the colon; its key is the better place.
    const at = plain && node.source === "" ? undefined : start;
    if (typeof node.value !== "string" || !node.value.includes("${")) {
      this.#spots.set(indexOf(path), { key, value: at, origin: { variables: [], plain } });
      return node.value;
    }
    const { text, variables, fileTexts, problems } = interpolate(node.value, this.#env, this.#readValue);
    this.fileTexts.push(...fileTexts);
    this.#spots.set(indexOf(path), { key, value: at, origin: { variables, plain } });
    for (const { at: inner, message, hint } of problems) {
      this.#complain(this.#offsetInside(node, inner), path, message, hint);
    }
    if (problems.length > 0) {
      this.holes.push(path);
      return undefined;
    }
    return plain ? coreScalar(text) : text;
  }

  /** Where `${` number so-and-so of a scalar stands in the file; its start when escapes make that hard to say. */
  #offsetInside(node: Scalar, at: number): number {
    const [start, end] = node.range ?? [0, 0];
    const earlier = String(node.value).slice(0, at).split("${").length - 1;
    let offset = this.#text.indexOf("${", start);
    for (let skip = 0; skip < earlier && offset !== -1; skip += 1) offset = this.#text.indexOf("${", offset + 2);
    return offset === -1 || offset >= end ? start : offset;
  }
}

function indexOf(path: Path): string {
  return path.join("\u0000");
}
