// What the texts for people point at exists.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";
import { createProgram } from "../../src/commands/program.ts";
import { METRICS } from "../../src/pipeline/metrics.ts";
import { OUTCOMES } from "../../src/record/outcome.ts";
import { manifest } from "./npm-commands.ts";
import { ROOT } from "./sandbox.ts";

/** Generated, or written by somebody else's test. */
const GENERATED = ["docs/reference.md"];
/** Names that only stand for others. */
const EXAMPLES = ["index.ts", "src/a/b.ts", "test/a/b.test.ts", "src/inputs/my-input.ts"];
const SOURCES = ["src", "test"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => `/${folder}/${name}`),
);

function texts(): readonly { readonly path: string; readonly text: string }[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name));
  const paths = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", ...below("docs")].filter(
    (path) => !GENERATED.includes(path),
  );
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** The text outside of fenced blocks, whose contents have tests of their own. */
function prose(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, "");
}

describe("the texts", () => {
  it("link only to files that exist", () => {
    const broken = texts().flatMap(({ path, text }) =>
      [...prose(text).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target = ""]) => normalize(join(dirname(path), target)))
        .filter((target) => !existsSync(join(ROOT, target)) && !GENERATED.includes(target))
        .map((target) => `${path} links to ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it("name only files and folders that exist", () => {
    const missing = texts()
      .filter(({ path }) => path !== "CHANGELOG.md")
      .flatMap(({ path, text }) =>
        [...prose(text).matchAll(/`((?:src|test|docs|deploy|protos|\.ci)\/[\w./-]*|[\w/-]+\.ts)`/g)]
          .map(([, name = ""]) => name)
          .filter((name) => ![...GENERATED, ...EXAMPLES].includes(name))
          .filter((name) => !existsSync(join(ROOT, name)) && !SOURCES.some((source) => source.endsWith(`/${name}`)))
          .map((name) => `${path} names ${name}`),
      );
    assert.deepEqual(missing, []);
  });

  it("name only commands and npm scripts that exist", () => {
    const verbs = new Set([...createProgram(() => {}).commands.map((command) => command.name()), "help"]);
    const { scripts } = manifest();
    const wrong = texts().flatMap(({ path, text }) => [
      ...[...text.matchAll(/`crumbtrail ([a-z]+)/g)]
        .filter(([, verb = ""]) => !verbs.has(verb))
        .map(([said]) => `${path}: ${said}`),
      ...[...text.matchAll(/npm run ([\w:-]+)/g)]
        .filter(([, name = ""]) => scripts[name] === undefined)
        .map(([said]) => `${path}: ${said}`),
    ]);
    assert.deepEqual(wrong, []);
  });

  it("name only metrics that the relay has", () => {
    const known = new Set<string>(Object.values(METRICS).map(({ name }) => name));
    const wrong = texts().flatMap(({ path, text }) =>
      [...text.matchAll(/crumbtrail_[a-z_]+/g)].filter(([name]) => !known.has(name)).map(([name]) => `${path}: ${name}`),
    );
    assert.deepEqual(wrong, []);
  });

  it("explain every outcome in the architecture", () => {
    const architecture = readFileSync(join(ROOT, "docs", "architecture.md"), "utf8");
    assert.deepEqual(
      OUTCOMES.filter((outcome) => !architecture.includes(`\`${outcome}\``)),
      [],
    );
  });
});

describe("package-lock.json", () => {
  it("has every package for every platform, or `npm ci` refuses it", () => {
    const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter(
          (name) =>
            lock.packages[`node_modules/${name}`] === undefined && lock.packages[`${path}/node_modules/${name}`] === undefined,
        )
        .map((name) => `${name} for ${path}`),
    );
    assert.deepEqual(missing, []);
  });
});
