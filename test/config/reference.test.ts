import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { referenceMarkdown } from "../../src/config/reference.ts";
import { OUTCOMES } from "../../src/record/outcome.ts";
import { testRegistry } from "./registry.ts";

const METRICS = [{ name: "crumbtrail_lines_total", type: "counter", labels: ["input"], help: "Lines | rows read." }];

describe("referenceMarkdown", () => {
  const text = referenceMarkdown(METRICS, testRegistry);
  const lines = text.split("\n");

  it("has a chapter for every component, with its fields as written and its examples", () => {
    const from = lines.indexOf("### `gelf_udp`");
    assert.deepEqual(lines.slice(from, lines.indexOf("### `gelf_tcp`")), [
      "### `gelf_udp`",
      "",
      "Listens for gelf_udp.",
      "",
      "| field | type | default | description |",
      "| --- | --- | --- | --- |",
      "| `listen` | address | `127.0.0.1:12201` | Address to bind. |",
      "| `max_bytes` | size | `2MiB` | Longest message. |",
      "| `max_connections` | integer, at least 1 | `100` | Connections at once. |",
      "| `idle_timeout` | duration | `24h` | Longest silence. |",
      "| `token` | text |  | What senders show. |",
      "",
      "```yaml",
      "type: gelf_udp",
      "listen: 127.0.0.1:0",
      "```",
      "",
    ]);
    assert.ok(text.includes("Reads standard input. *Beta.*"));
  });

  it("says once what all components of a kind take", () => {
    assert.equal(lines.filter((line) => line.startsWith("| `labels` |")).length, 1);
    assert.equal(lines.filter((line) => line.startsWith("| `enabled` |")).length, 1);
  });

  it("lists fields inside mappings and lists under their path", () => {
    for (const row of [
      "| `backoff.first` | duration | `500ms` | First wait. |",
      "| `rules[].upstream` | text or list of text | *required* | Where it goes. |",
      "| `drop` | list of mapping of text | *required* | What goes. |",
      "| `when_full` | `block` `drop_oldest` `drop_newest` | `block` | Without room. |",
      "| `trail.keys` | list of text | `[trace_id, request_id, stream]` |",
      "| `storm.per_issue` | rate | `10/min` |",
      "| `log` | severity | `off` |",
      "| `lanes` | integer, 1 to 64 | `1` |",
    ]) {
      assert.ok(
        lines.some((line) => line.startsWith(row)),
        row,
      );
    }
  });

  it("explains every outcome and metric", () => {
    for (const outcome of OUTCOMES) assert.ok(text.includes(`| \`${outcome}\` | `), outcome);
    assert.ok(lines.includes("| `crumbtrail_lines_total` | counter | `input` | Lines \\| rows read. |"));
  });

  it("is the same every time", () => {
    assert.equal(referenceMarkdown(METRICS, testRegistry), text);
  });

  it("keeps every row of a table to its columns", () => {
    for (const line of lines.filter((line) => line.startsWith("| `"))) {
      const cells = line.replaceAll("\\|", "").split("|").length - 2;
      assert.ok(cells >= 2 && cells <= 4, line);
    }
  });
});
