// No code is made from text: not by us, and not by a package from anything that came from outside.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "./sandbox.ts";

/** What turns text into code, and what reaches into the machinery of the process. */
const DYNAMIC: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["eval", /(?<![\w.$-])eval\s*\(/],
  ["the Function constructor", /(?<![\w.$])(?:new\s+)?Function\s*\(|\.constructor\s*\(|\bGeneratorFunction\b|\bAsyncFunction\b/],
  ["a timer that takes text", /\bset(?:Timeout|Interval|Immediate)\s*\(\s*["'`]/],
  [
    "a module of Node that runs or binds code",
    /"node:(?:vm|repl|inspector|wasi)(?:\/[\w/]+)?"|process\.(?:binding|dlopen)|\bWebAssembly\b/,
  ],
  ["an import of a computed path", /\b(?:import|require)\s*\((?!\s*"[^"]*"\s*\))|\bcreateRequire\((?!import\.meta\.url\))/],
  ["a worker of code as text", /\beval\s*:\s*true\b|["'`]data:text\/javascript/],
  ["a name of the prototype chain", /\.__proto__\b|\[["']__proto__["']\]|__define[GS]etter__|setPrototypeOf/],
];

/** Code without its comments and its texts that are no arguments of an import. */
function findings(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
  return DYNAMIC.filter(([, pattern]) => pattern.test(code)).map(([what]) => what);
}

const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

describe("the code in src", () => {
  it("makes no code from text", () => {
    const wrong = files.flatMap((file) =>
      findings(readFileSync(join(ROOT, "src", file), "utf8")).map((what) => `src/${file}: ${what}`),
    );
    assert.deepEqual(wrong, [], "what runs must be in the package that was reviewed and signed");
  });

  it("would be found making code from text", () => {
    for (const bad of [
      "eval(text)",
      'const f = new Function("a", text)',
      "const f = Function(text)",
      "value.constructor(text)()",
      'setTimeout("x()", 1)',
      'import { runInNewContext } from "node:vm"',
      "await import(path)",
      "await import(`./${name}.ts`)",
      "require(name)",
      "createRequire(path)",
      'process.binding("fs")',
      "new Worker(text, { eval: true })",
      "value.__proto__ = other",
      "Object.setPrototypeOf(a, b)",
    ]) {
      assert.notDeepEqual(findings(bad), [], bad);
    }
    for (const good of ['await import("./run.ts")', "retrieval(x)", "// eval(x)", 'await import("undici")', "isFunction(x)"]) {
      assert.deepEqual(findings(good), [], good);
    }
  });
});
