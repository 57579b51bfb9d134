// docs/issues.md shows what the code makes of lines that real programs printed: each block is compared with what it makes
// of them now. `UPDATE=1 npm test -- house/issues` writes the page's blocks anew; read the difference.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/config.ts";
import { templateOf } from "../../src/text/template.ts";
import { blocksOf, needed, type Block } from "./blocks.ts";
import { clip } from "../../src/sentry/bounds.ts";
import { RULES } from "../../src/processors/scrub/record.ts";
import { made, sample, sampleNames, withoutId } from "./issue-page.ts";
import { MAIN, ROOT } from "./sandbox.ts";

const PAGE = join(ROOT, "docs", "issues.md");
const BLOCKS = blocksOf(PAGE);
const ARROW = "  => ";
const MAX_SUMMARY_CHARS = 100;
/** Everything secret that the samples hold. */
const SECRETS = [
  "4111 1111 1111 1111",
  "9f8e7d6c5b4a39281706",
  "hunter2",
  "5001 0517 5407 3249",
  "correct-horse",
  "ck_live_51Habcdefghijklmnop",
  "s3cr3t-pdf",
  "pa55w0rd",
  "wJalrXUtnFEMIK7MDENG",
  "tok_8Jx2mQ9rT5vW1zB4",
  "ak_3vYw7QzP1x",
  "8f14e45fceea167a5a36dedd4bea2543",
  "f3a9c1e07b5d4a62",
];

/** What each kind of block must say. */
const expected: Readonly<Record<string, (block: Block) => string>> = {
  // A formatter takes blanks at the end of a line off.
  printed: (block) => sample(needed(block, "by")).replaceAll(/ +$/gm, ""),
  becomes: (block) => becomes(needed(block, "of")),
  summary: () => summary(),
  templates: (block) => answered(block, (message) => templateOf(message).template),
  grouped: (block) => answered(block, (line) => made(`${line}\n`).fingerprints[0]?.join(" + ") ?? "no issue"),
  explain(block) {
    const lines = crumbtrail("explain", sample(needed(block, "of")));
    return `${JSON.stringify(JSON.parse(lines.trim().split("\n").at(-1) ?? ""), undefined, 2)}\n`;
  },
  yaml(block) {
    const loaded = loadConfig({ text: block.text, file: "relay.yml", env: {} });
    assert.ok("config" in loaded, JSON.stringify(loaded));
    return block.text;
  },
};

/** The events of a sample, and what scrub took out of them. */
function becomes(name: string): string {
  const { prints, scrubbed } = made(sample(name));
  return `${prints.join("").trimEnd()}\n${scrubbed.length === 0 ? "" : `  scrubbed  ${scrubbed.join(", ")}\n`}`;
}

/** One line for each issue of each sample. */
function summary(): string {
  const rows = BLOCKS.filter(({ kind }) => kind === "printed").flatMap((block) => {
    const name = needed(block, "by");
    return made(sample(name)).prints.map((print) => [name, clip(print.split("\n", 1)[0] ?? "", MAX_SUMMARY_CHARS)] as const);
  });
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, line]) => `${name.padEnd(width)}  ${line}\n`).join("");
}

/** Each line of a block with what `answer` makes of it below. */
function answered(block: Block, answer: (line: string) => string): string {
  const lines = block.text.trimEnd().split("\n");
  return lines
    .filter((line) => !line.startsWith(ARROW))
    .map((line) => `${line}\n${ARROW}${answer(line)}\n`)
    .join("");
}

/** Standard output of a command that reads these lines. */
function crumbtrail(verb: string, input: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, verb], { input, env: {}, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Without times: those of a sample count only on a machine whose clock is past them. */
function timeless(print: string): string {
  return print.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC/g, "<time>").replaceAll(/^ +[-+]?\d+\.\d{3}s/gm, "<ago>");
}

describe("docs/issues.md", () => {
  for (const block of BLOCKS) {
    it(`line ${block.line}, ${block.heading}: holds for a block of kind "${block.kind}"`, () => {
      const expectation = expected[block.kind];
      assert.ok(expectation !== undefined, `no test knows what to do with "${block.kind}"`);
      const now = expectation(block);
      if (process.env["UPDATE"] === "1") replaceBlock(block, now);
      else assert.equal(block.text, now, "UPDATE=1 npm test -- house/issues writes what the code makes of it now");
    });
  }

  it("shows every sample before and after", () => {
    const shown = (kind: string, name: string) =>
      BLOCKS.filter((block) => block.kind === kind).map((block) => needed(block, name));
    assert.deepEqual(shown("printed", "by").toSorted(), sampleNames());
    assert.deepEqual(shown("becomes", "of"), shown("printed", "by"));
  });

  it("lets no secret of a sample leave, neither in an event nor on the page behind the samples", () => {
    const printed = sampleNames().map(sample).join("");
    const events = sampleNames().flatMap((name) => made(sample(name)).bodies);
    const page = BLOCKS.filter(({ kind }) => kind !== "printed" && kind !== "grouped").map(({ text }) => text);
    for (const secret of SECRETS) {
      assert.ok(printed.includes(secret), `no sample holds ${secret}`);
      assert.ok(![...events, ...page].some((text) => text.includes(secret)), `${secret} leaves`);
    }
  });

  it("gives one cause the same issue, whether a logger wrote it as text or as JSON", () => {
    const [text, json] = ["logback", "logstash-logback"].map((name) => made(sample(name)).fingerprints);
    assert.deepEqual(text, json);
  });

  it("shows what crumbtrail pipe prints", () => {
    assert.equal(timeless(withoutId(crumbtrail("pipe", sample("pino")))), timeless(made(sample("pino")).prints.join("")));
  });

  it("names every rule of scrub", () => {
    const page = readFileSync(PAGE, "utf8");
    assert.deepEqual(
      RULES.filter((rule) => !page.includes(`\`${rule}\``)),
      [],
    );
  });
});

function replaceBlock(block: Block, now: string): void {
  const text = readFileSync(PAGE, "utf8");
  const note = [...block.attributes].map(([name, value]) => ` ${name}="${value}"`).join("");
  const before = `<!-- test: ${block.kind}${note} -->\n\n\`\`\`${block.language}\n${block.text}\`\`\`\n`;
  assert.ok(text.includes(before) || block.text === now, `line ${block.line} is not where it was`);
  const after = `<!-- test: ${block.kind}${note} -->\n\n\`\`\`${block.language}\n${now}\`\`\`\n`;
  writeFileSync(
    PAGE,
    text.replace(before, () => after),
  );
}
