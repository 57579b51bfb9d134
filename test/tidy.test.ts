// The rules of the house, as far as a machine can check them. Each failure says why the rule is there.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Imports point down; folders on one floor are strangers. */
const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  record: 1,
  component: 2,
  scan: 2,
  codec: 3,
  wire: 3,
  sentry: 3,
  text: 3,
  inputs: 4,
  processors: 4,
  queues: 4,
  upstreams: 4,
  "registry.ts": 5,
  config: 6,
  lanes: 7,
  pipeline: 8,
  admin: 8,
  commands: 9,
  "main.ts": 10,
};
/** Pure floors: what they make depends on their arguments alone, so that a test is arithmetic. */
const PURE = ["codec", "sentry", "text", "scan", "record"];
const MAX_LINES = 300;

interface Source {
  readonly path: string;
  readonly text: string;
}

function sources(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The part of a path below `src` that has a floor: its first folder, or its file name. */
function homeOf(path: string): string {
  return path.replace(/^src\//, "").split("/")[0] ?? "";
}

function importsOf({ path, text }: Source): { readonly raw: string; readonly target: string }[] {
  const found = text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return [...found].map(([, raw = ""]) => ({ raw, target: raw.startsWith(".") ? posix.join(posix.dirname(path), raw) : raw }));
}

const files = sources("src");

describe("the house", () => {
  it("has every folder on a floor", () => {
    assert.deepEqual(
      [...new Set(files.map(({ path }) => homeOf(path)))].filter((home) => !(home in FLOORS)),
      [],
    );
  });

  it("imports downwards only, and not from another folder of the same floor", () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target.startsWith("src/"))
        .filter(({ target }) => homeOf(target) !== homeOf(file.path))
        .filter(({ target }) => (FLOORS[homeOf(target)] ?? 99) >= (FLOORS[homeOf(file.path)] ?? -1))
        .map(({ target }) => `${file.path} imports ${target}`),
    );
    assert.deepEqual(wrong, [], "an import that points up makes a part impossible to read or test alone");
  });

  it("keeps components strangers to each other", () => {
    const kinds = ["inputs", "processors", "queues", "upstreams"];
    const wrong = files
      .filter(({ path }) => kinds.includes(homeOf(path)) && path.split("/").length === 3)
      .flatMap((file) =>
        importsOf(file)
          .filter(({ target }) => homeOf(target) === homeOf(file.path) && target.split("/").length === 3)
          .map(({ target }) => `${file.path} imports ${target}`),
      );
    assert.deepEqual(wrong, [], "what two components share belongs on the floor below");
  });

  it("keeps byte walkers to bytes", () => {
    const wrong = files
      .filter(({ path }) => homeOf(path) === "scan")
      .flatMap((file) =>
        importsOf(file).filter(({ target }) => target.startsWith("src/") && !["scan", "base"].includes(homeOf(target))),
      )
      .map(({ target }) => target);
    assert.deepEqual(wrong, []);
  });

  it("has no file over 300 lines, no barrel and no default export", () => {
    const wrong = [
      ...files
        .filter(({ text }) => text.split("\n").length > MAX_LINES + 1)
        .map(({ path }) => `${path} is too long: split it by noun`),
      ...files.filter(({ path }) => path.endsWith("/index.ts")).map(({ path }) => `${path}: barrels are where cycles breed`),
      ...files.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => `${path} has a default export`),
    ];
    assert.deepEqual(wrong, []);
  });

  it("does no input, output, timing or chance on the pure floors", () => {
    const impure =
      /Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|setImmediate|\bprocess\.(?:env|std|exit|cwd|argv|hrtime|memory)|from "node:(?!crypto|buffer|util)/;
    const wrong = files
      .filter(({ path }) => PURE.includes(homeOf(path)))
      .flatMap(({ path, text }) => {
        const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
        const found = impure.exec(code);
        return found === null ? [] : [`${path}: ${found[0]}`];
      });
    assert.deepEqual(wrong, [], "time and randomness are parameters there");
  });

  it("ends the process in main.ts only", () => {
    const wrong = files
      .filter(({ path, text }) => path !== "src/main.ts" && /process\.exit\(/.test(text))
      .map(({ path }) => path);
    assert.deepEqual(wrong, []);
  });

  it("names no manager, handler, helper or util", () => {
    const wrong = files
      .filter(({ path }) => /(?:manager|handler|helper|util)s?\.ts$|\/utils?\//i.test(path))
      .map(({ path }) => path);
    assert.deepEqual(wrong, [], "such a name says nothing about what is inside");
  });

  it("needs no newer Node than we promise", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { engines?: { node?: string }; dev?: boolean }>;
    };
    const wrong = Object.entries(lock.packages)
      .filter(([name, { dev }]) => name !== "" && dev !== true)
      .filter(([, { engines }]) => engines?.node !== undefined && !acceptsNode20(engines.node))
      .map(([name, { engines }]) => `${name} wants Node ${engines?.node}`);
    assert.deepEqual(wrong, []);
  });
});

/** Whether a range such as "^18 || >=20" takes 20.19.4. Enough of the grammar for what packages write. */
function acceptsNode20(range: string): boolean {
  const version = [20, 19, 4];
  const atLeast = (wanted: readonly number[]): boolean => {
    for (let i = 0; i < 3; i += 1) {
      const difference = (version[i] ?? 0) - (wanted[i] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return true;
  };
  return range.split("||").some((alternative) =>
    alternative
      .trim()
      .replaceAll(/([<>=^~]+)\s+/g, "$1")
      .split(/\s+/)
      .every((comparator) => {
        const [, operator = "", major = "", minor = "0", patch = "0"] =
          /^([<>=^~]*)v?(\d+)?(?:\.(\d+|x))?(?:\.(\d+|x))?/.exec(comparator) ?? [];
        if (major === "") return true;
        const wanted = [major, minor, patch].map((part) => (part === "x" ? 0 : Number(part)));
        if (operator === ">=" || operator === ">") return atLeast(wanted);
        if (operator === "<") return !atLeast(wanted);
        return wanted[0] === version[0] && atLeast(wanted);
      }),
  );
}
