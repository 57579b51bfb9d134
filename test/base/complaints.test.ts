import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Logger } from "../../src/base/log.ts";
import { Complaints, excerpt } from "../../src/base/complaints.ts";
import { ManualClock } from "../support/clock.ts";

interface Line {
  readonly repeated?: number;
  readonly others?: number;
  readonly message: string;
}

function recorded(): { complaints: Complaints; clock: ManualClock; lines: Line[] } {
  const lines: Line[] = [];
  const warn = (fields: Omit<Line, "message">, message: string): void => void lines.push({ ...fields, message });
  const clock = new ManualClock();
  // Of the logger only `warn` is used.
  return { complaints: new Complaints({ warn } as unknown as Logger, clock), clock, lines };
}

describe("Complaints", () => {
  it("warns once per sender and cause a minute, and tells later how often it kept quiet", () => {
    const { complaints, clock, lines } = recorded();
    const complain = (peer: string): void => complaints.warn("edge", { cause: "invalid_json", peer, message: `from ${peer}` });
    for (let i = 0; i < 5; i += 1) complain("10.0.0.1");
    complain("10.0.0.2");
    clock.advance(60_000);
    complain("10.0.0.1");

    assert.deepEqual(
      lines.map(({ message, repeated }) => [message, repeated]),
      [
        ["edge: from 10.0.0.1", undefined],
        ["edge: from 10.0.0.2", undefined],
        ["edge: from 10.0.0.1", 4],
      ],
    );
  });

  it("keeps the trouble of one component apart from that of another", () => {
    const { complaints, lines } = recorded();

    for (const component of ["edge", "web"])
      complaints.warn(component, { cause: "invalid_json", peer: "10.0.0.1", message: "bad" });

    assert.equal(lines.length, 2);
  });

  it("tells of a hundred senders of one cause in a minute, and a minute later of how many more there were", () => {
    const { complaints, clock, lines } = recorded();
    const flood = (cause: string): void => {
      for (let i = 0; i < 5_000; i += 1) complaints.warn("edge", { cause, peer: `10.0.${i >> 8}.${i & 255}`, message: cause });
    };
    flood("x");
    complaints.warn("edge", { cause: "y", peer: "10.0.0.0", message: "of another cause" });
    complaints.warn("web", { cause: "x", peer: "10.0.0.0", message: "of another component" });

    assert.equal(lines.length, 102);
    assert.deepEqual(
      lines.slice(-2).map(({ message }) => message),
      ["edge: of another cause", "web: of another component"],
    );

    clock.advance(60_000);
    flood("x");

    assert.equal(lines.length, 202);
    assert.deepEqual([lines[102]?.others, lines[103]?.others], [4_900, undefined]);
  });

  it("remembers a bounded number of senders", () => {
    const { complaints, lines } = recorded();
    for (let i = 0; i < 5_000; i += 1) complaints.warn("edge", { cause: `x${i >> 6}`, peer: `10.0.0.${i & 63}`, message: "m" });

    complaints.warn("edge", { cause: "x0", peer: "10.0.0.0", message: "forgotten, so told again" });
    complaints.warn("edge", { cause: "x78", peer: "10.0.0.7", message: "remembered" });

    assert.equal(lines.length, 5_001);
  });
});

describe("excerpt", () => {
  it("shows the first bytes so that no terminal is fooled", () => {
    assert.equal(excerpt(Buffer.from("ok \u001b[31m\n\\")), "ok \\x1b[31m\\x0a\\x5c");
    assert.equal(excerpt(Buffer.alloc(100, "a"), 5), "aaaaa...");
  });
});
