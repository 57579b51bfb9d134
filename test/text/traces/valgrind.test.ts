import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTrace } from "../../../src/text/trace.ts";

const announced = [
  "==9== ---Thread-Announcement------------------------------------------",
  "==9== ",
  "==9== Thread #3 was created",
  "==9==    at 0x4BA8B3F: clone (clone.S:76)",
  "==9==    by 0x10A609: main (store.cpp:29)",
  "==9== ",
].join("\n");

describe("an error of valgrind", () => {
  it("is what threads did, not where they come from", () => {
    const text = `${announced}\n${announced}\n==9== Possible data race during read of size 4 at 0x10F1C8 by thread #3\n==9== Locks held: none\n==9==    at 0x10A59F: racy(void*) (store.cpp:28)`;

    const value = parseTrace(text)?.trace.values[0];

    assert.equal(value?.type, "Possible data race");
    assert.deepEqual(
      value.frames.map(({ function: name }) => name),
      ["racy"],
    );
  });

  it("is none when only threads are announced", () => {
    assert.equal(parseTrace(`${announced}\n${announced}`), undefined);
  });

  it("has a type without numbers of threads and addresses", () => {
    const frame = "==9==    at 0x10A59F: f (x.c:28)";
    const types = [
      'Thread #3: lock order "0x10F160 before 0x10F1A0" violated',
      "Thread #12 unlocked a not-locked lock at 0x10F160",
      "Thread #2: Exiting thread still holds 1 lock",
      "Conflicting store by thread 3 at 0x0010f1c8 size 4",
    ].map((said) => parseTrace(`==9== ${said}\n${frame}`)?.trace.values[0]?.type);

    assert.deepEqual(types, [
      "lock order violated",
      "unlocked a not-locked lock",
      "Exiting thread still holds 1 lock",
      "Conflicting store",
    ]);
  });
});
