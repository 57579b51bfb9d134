// What package.json, the lock file and docs/dependencies.md say of packages is one story.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { billOfMaterials } from "../sbom/bill-of-materials.ts";
import { ROOT } from "./sandbox.ts";

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

const read = (name: string): string => readFileSync(join(ROOT, name), "utf8");
const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Readonly<Record<string, string>> };
const lock = JSON.parse(read("package-lock.json")) as { packages: Readonly<Record<string, Locked>> };
const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
const shipped = packages.filter(([, { dev }]) => dev !== true);
const text = read("docs/dependencies.md");

const ALLOWED = new Set(
  "MIT ISC BSD-2-Clause BSD-3-Clause Apache-2.0 0BSD BlueOak-1.0.0 Unlicense CC0-1.0 Python-2.0".split(" "),
);
const ALLOWED_IN_DEVELOPMENT = new Set([...ALLOWED, "MPL-2.0", "FSL-1.1-MIT"]);

const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

/** The rows of the table under a heading: names in the first cell, the licence in the second, the rest. */
function rows(
  heading: string,
): readonly { readonly names: readonly string[]; readonly licence: string; readonly rest: string }[] {
  const section = (text.split(`\n${heading}\n`)[1] ?? "").split(/\n##/)[0] ?? "";
  const cells = section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return cells.map(([, first = "", licence = "", ...rest]) => ({
    names: [...first.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
    licence,
    rest: rest.join(" "),
  }));
}

/** What is installed says what the lock file may leave out: packages for other platforms have neither. */
function licenceOf(path: string, locked: Locked): string | undefined {
  if (locked.license !== undefined) return locked.license;
  const manifest = join(ROOT, path, "package.json");
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")) as { license?: string }).license : undefined;
}

const isForHere = ({ os = [], cpu = [], libc = [] }: Locked): boolean =>
  (os.length === 0 || os.includes(process.platform)) &&
  (cpu.length === 0 || cpu.includes(process.arch)) &&
  !libc.includes("musl");

describe("dependencies", () => {
  it("each have a reason in docs/dependencies.md, which has no others", () => {
    const listed = rows("## At run time");
    assert.deepEqual(
      listed.flatMap(({ names }) => names),
      Object.keys(dependencies),
    );
    for (const { names, rest } of listed) {
      assert.ok(rest.length > 60, `${names.join()} has no reason`);
      const named = [...rest.matchAll(/`(src\/[^`]+)`/g)].map(([, file = ""]) => read(file));
      const used = named.some((source) => source.includes(`"${names[0]}"`));
      assert.ok(used || names[0] === "zod", `${names.join()} is not used where it says`);
    }
  });

  it("have the licences that docs/dependencies.md says, of those that we take", () => {
    const said = [...rows("## At run time"), ...rows("### What they bring along")];
    const wrong = said.flatMap(({ names, licence }) =>
      names.filter((name) => !licence.split(", ").includes(lock.packages[`node_modules/${name}`]?.license ?? "none")),
    );
    assert.deepEqual(wrong, []);
    for (const licence of ALLOWED) assert.ok(text.includes(licence), `docs/dependencies.md does not name ${licence}`);
    const refused = (all: typeof packages, allowed: ReadonlySet<string>): string[] =>
      all
        .map(([path, locked]) => ({ path, licence: licenceOf(path, locked) ?? (isForHere(locked) ? "none" : undefined) }))
        .filter(({ licence }) => licence !== undefined && !allowed.has(licence))
        .map(({ path, licence }) => `${path}: ${licence}`);
    assert.deepEqual(refused(shipped, ALLOWED), []);
    assert.deepEqual(refused(packages, ALLOWED_IN_DEVELOPMENT), []);
    assert.ok(
      shipped.every(([path, locked]) => licenceOf(path, locked) !== undefined),
      "what is shipped says its licence",
    );
  });

  it("are locked with a checksum, all that are shipped and all of this platform, and come from a registry", () => {
    const bare = packages.filter(([, locked]) => locked.dev !== true || isForHere(locked));
    assert.deepEqual(
      bare.filter(([, { integrity = "" }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity)).map(([path]) => path),
      [],
    );
    assert.deepEqual(
      packages.filter(([, { resolved = "https://registry.npmjs.org/" }]) => !resolved.startsWith("https://registry.npmjs.org/")),
      [],
    );
  });

  it("need no install script, but for the note of protobufjs", () => {
    assert.deepEqual(
      shipped.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => nameOf(path)),
      ["protobufjs"],
    );
  });

  it("make a bill of materials with every package that is shipped, by version, and no other", async () => {
    const stdout = await billOfMaterials();
    const { components } = JSON.parse(stdout) as { components: readonly { readonly purl: string }[] };
    const listed = new Set(components.map(({ purl }) => decodeURIComponent(purl)));
    assert.deepEqual(
      [...listed].toSorted(),
      [...new Set(shipped.map(([path, { version }]) => `pkg:npm/${nameOf(path)}@${version}`))].toSorted(),
    );
  });
});
