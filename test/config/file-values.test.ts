import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import * as fc from "fast-check";
import { loadConfigFile, type Loaded } from "../../src/config/config.ts";
import { fileValues } from "../../src/config/file-values.ts";
import { interpolate, type Environment } from "../../src/config/interpolate.ts";
import { formatMistake } from "../../src/config/mistake.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const DSN = `https://${KEY}@sentry.example/1`;

/** A folder with these files. */
function folder(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = mkdtempSync(join(tmpdir(), "crumbtrail-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, "secrets"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

/** Loads a folder's "relay.yml", called just that. */
function load(path: string, env: Environment = {}): Loaded {
  return loadConfigFile(join(path, "relay.yml"), { env });
}

function mistakes(path: string, env: Environment = {}): string[] {
  const loaded = load(path, env);
  return "mistakes" in loaded ? loaded.mistakes.map((mistake) => formatMistake(mistake).replaceAll(`${path}/`, "")) : [];
}

function replaced(directory: string, written: string, env: Environment = {}): string {
  const { text, problems } = interpolate(written, env, fileValues(directory));
  return problems.length === 0 ? text : `! ${problems[0]?.message}`;
}

describe("values from files", () => {
  it("stand wherever a value may stand, without the line end at their end", (t) => {
    const path = folder(t, {
      "secrets/dsn": `${DSN}\n`,
      "secrets/token": "a token of 24 characters\r\n",
      "secrets/lanes": "2\n",
      "relay.yml": `lanes: \${file:secrets/lanes}
admin: { token: "\${file:secrets/token}" }
upstreams: { default: { type: sentry, dsn: "\${file:secrets/dsn}" } }
`,
    });

    const loaded = load(path);

    assert.ok("config" in loaded, JSON.stringify(loaded));
    assert.equal(loaded.config.lanes, 2);
    assert.equal(loaded.config.admin.token, "a token of 24 characters");
    assert.deepEqual(loaded.written["upstreams"], { default: { type: "sentry", dsn: DSN } });
    assert.ok(loaded.config.secrets.includes(KEY) && loaded.config.secrets.includes("a token of 24 characters"));
  });

  it("are read from a path that begins at the configuration's directory, at the root, or with a variable", (t) => {
    const path = folder(t, { "secrets/key": "one line" });
    symlinkSync("key", join(path, "secrets/link"));
    for (const written of ["secrets/key", "./secrets/link", `${path}/secrets/key`, "${DIR}/key", "${DIR:-x}/key"]) {
      assert.equal(replaced(path, `<\${file:${written}}>`, { DIR: join(path, "secrets") }), "<one line>");
    }
  });

  it("lose all line ends at their end and nothing else, and are not read again for variables", (t) => {
    const path = folder(t, { a: " two\nlines \n\r\n\n", b: "${HOME} $${x} ${file:a}", bom: "\uFEFFx" });
    assert.equal(replaced(path, "${file:a}"), " two\nlines ");
    assert.equal(replaced(path, "${file:b}"), "${HOME} $${x} ${file:a}");
    assert.equal(replaced(path, "${file:bom}"), "x");
  });

  it("have defaults and messages as variables have, for a file that is missing or empty", (t) => {
    const path = folder(t, { empty: "\n", full: "x" });
    for (const name of ["empty", "none", "none/below", "full/below"]) {
      assert.equal(replaced(path, `\${file:${name}:-\${A:-b}}`), "b");
      assert.match(replaced(path, `\${file:${name}:?ask the operator}`), /(?:is empty|does not exist): ask the operator$/);
    }
    assert.equal(replaced(path, "${file:full:-b}${file:full:?m}"), "xx");
    assert.equal(replaced(path, "${file:full:-${file:none}}"), "x", "what is not needed is not read");
    assert.equal(replaced(path, "${file:-default of a variable}"), "default of a variable");
  });

  it("are no reason to go on without them when they are there and cannot be used, whatever the default", (t) => {
    const path = folder(t, {
      long: "x".repeat(65_537),
      fits: "x".repeat(65_536),
      binary: new Uint8Array([0xc3, 0x28]),
      zero: "a\0b",
    });
    execFileSync("mkfifo", [join(path, "pipe")]);
    symlinkSync("circle", join(path, "circle"));
    const said = (name: string): string => replaced(path, `\${file:${name}:-x}`).replace(`! the file ${name} in ${path}`, "");

    assert.equal(said("long"), " cannot be read: it is longer than 65536 bytes");
    assert.equal(said("fits").length, 65_536);
    assert.equal(said("binary"), " cannot be read: it is no text in UTF-8");
    assert.equal(said("zero"), " cannot be read: it holds a zero byte");
    assert.equal(said("secrets"), " cannot be read: it is a directory");
    assert.equal(said("pipe"), " cannot be read: it is no regular file");
    assert.equal(said("circle"), " cannot be read: its links lead in a circle");
    assert.equal(replaced(path, "${file:/dev/zero}"), "! the file /dev/zero cannot be read: it is no regular file");
    assert.equal(replaced(path, "${file:}"), "! a file without a name cannot be read");
    assert.equal(replaced(path, "${file:a\0b}"), "! the file a\0b in " + path + " cannot be read: this is no path");
  });

  it("are not there for a user who may not read them", (t) => {
    const path = folder(t, { shut: "x" });
    chmodSync(join(path, "shut"), 0);
    // Root may read everything.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      assert.match(replaced(path, "${file:shut:-x}"), /^! the file shut .* cannot be read: permission denied$/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it("say with their place in the configuration what is wrong, and what to do", (t) => {
    const path = folder(t, {
      empty: "",
      "relay.yml": `lanes: 1
upstreams:
  default:
    type: sentry
    dsn: \${file:/nowhere/dsn}
admin:
  token: "x\${file:empty}"
shutdown_timeout: \${file:secrets}
data_dir: \${file:open
`,
    });
    assert.deepEqual(mistakes(path), [
      "relay.yml:5:10 upstreams.default.dsn: the file /nowhere/dsn does not exist (create it, or give a default: ${file:/nowhere/dsn:-...})",
      `relay.yml:7:12 admin.token: the file empty in ${path} is empty (write the value into it; a relative path begins where the configuration file is)`,
      `relay.yml:8:19 shutdown_timeout: the file secrets in ${path} cannot be read: it is a directory (name a file in it; a relative path begins where the configuration file is)`,
      "relay.yml:9:11 data_dir: this ${file:...} has no closing } (write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:/path}, and $${ for a literal ${)",
    ]);
  });

  it("are never quoted in a mistake, wherever they were put, and the mistake says from where they come", (t) => {
    const path = folder(t, {
      "secrets/token": "s3cr3t-token\n",
      "relay.yml": `lanes: \${file:secrets/token}
shutdown_timeout: "\${file:secrets/token}"
upstreams: { default: { type: "\${file:secrets/token}" } }
log: { level: "\${file:secrets/token}" }
`,
    });
    const said = mistakes(path);
    assert.equal(said.length, 4);
    for (const line of said) assert.doesNotMatch(line, /s3cr3t/);
    assert.match(said[0] ?? "", /^relay\.yml:1:8 lanes: .*it comes from \$\{file:secrets\/token\}/);
  });

  it("are not read by a text that is no file", () => {
    const { problems } = interpolate("${file:/etc/hostname:-x}", {});
    assert.equal(problems[0]?.message, "the file /etc/hostname is not read here");
  });

  it("never throw, whatever is written", (t) => {
    const directory = folder(t, { a: "x" });
    const unit = fc.constantFrom("${file:", "${", "}", ":-", ":?", "a", "/", "..", "$", "\0", "secrets");
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (parts) => {
        const written = parts.join("");
        const { problems } = interpolate(written, { a: "b" }, fileValues(directory));
        assert.ok(problems.every(({ at }) => written.startsWith("${", at)));
      }),
    );
    assert.equal(interpolate("${file:".repeat(200_000), {}, fileValues(directory)).problems.length, 1);
  });
});
