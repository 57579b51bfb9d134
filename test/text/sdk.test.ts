import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ExceptionValue, Frame } from "../../src/record/exception.ts";
import { parseTrace } from "../../src/text/trace.ts";
import { goldenFiles } from "../support/golden.ts";

// One program, two witnesses: the trace it printed, and the exception that its language's own SDK put into an event.
//
//     --- text
//     what the program printed
//     --- sdk
//     { "sdk": "sentry-sdk 2.44.0, Python 3.11.7", "differs": { "frames.module": "not printed" }, "platform": "python", "values": [...] }
//
// `differs` names what is not compared, and why: `platform`, `type`, `value`, `module`, `values` (one has exceptions that
// the other lacks), `frames.PROPERTY`, or `frames` (one has frames that the other lacks; those of the shorter stack must
// stand in the longer in their order). What is named must really differ. `values` holds, of what the SDK sent, `type`,
// `value`, `module`, and of each frame {@link COMPARED}.

/** What of a frame both can know. */
const COMPARED = ["function", "module", "filename", "abs_path", "lineno", "colno", "in_app", "context_line"] as const;

interface Witness {
  readonly sdk: string;
  readonly differs: Readonly<Record<string, string>>;
  readonly platform: string;
  readonly values: readonly ExceptionValue[];
}

describe("a trace, beside what the language's own SDK sends", () => {
  for (const { name, why, input, expected } of goldenFiles("sdk", ["text", "sdk"])) {
    it(`${name}: ${why}`, () => {
      const sent = JSON.parse(expected) as Witness;
      const trace = parseTrace(input)?.trace;
      assert.ok(trace !== undefined, "no trace was found");
      const read: Witness = { ...sent, platform: trace.platform, values: trace.values };

      for (const part of Object.keys(sent.differs)) {
        assert.notDeepEqual(only(part, read), only(part, sent), `${part} is the same: it needs no excuse`);
      }
      const [ours, theirs] = [comparable(read), comparable(sent)];
      if (!("frames" in sent.differs)) assert.deepEqual(ours, theirs);
      else {
        assert.deepEqual(withoutFrames(ours), withoutFrames(theirs));
        for (const [i, value] of ours.values.entries()) assertWithin(value.frames, theirs.values[i]?.frames ?? []);
      }
    });
  }
});

/** What is compared of a witness, without what is excused. */
function comparable({ differs, platform, values }: Witness): { platform: string; values: ExceptionValue[] } {
  const excused = (part: string): boolean => part in differs;
  return {
    platform: excused("platform") ? "" : platform,
    values: excused("values")
      ? []
      : values.map(({ frames, ...value }) => ({
          ...picked(value, ["type", "value", "module"], (key) => !excused(key)),
          frames: frames.map((frame): Frame => picked(frame, COMPARED, (key) => !excused(`frames.${key}`))),
        })),
  };
}

function withoutFrames({ platform, values }: ReturnType<typeof comparable>): object {
  return { platform, values: values.map((value) => picked(value, ["type", "value", "module"], () => true)) };
}

/** The one part of a witness that is excused. */
function only(part: string, { platform, values }: Witness): unknown {
  if (part === "platform") return platform;
  if (part === "values") return values.length;
  if (part === "frames") return values.map(({ frames }) => frames.length);
  if (!part.startsWith("frames.")) return values.map((value) => (value as unknown as Record<string, unknown>)[part]);
  const key = part.slice("frames.".length);
  return values.map(({ frames }) => frames.map((frame) => (frame as unknown as Record<string, unknown>)[key]));
}

function assertWithin(ours: readonly Frame[], theirs: readonly Frame[]): void {
  const [short, long] = ours.length <= theirs.length ? [ours, theirs] : [theirs, ours];
  const wanted = long.map((frame) => JSON.stringify(frame));
  let at = 0;
  for (const frame of short) {
    const found = wanted.indexOf(JSON.stringify(frame), at);
    assert.ok(found >= 0, `not in the other stack, or not in this order: ${JSON.stringify(frame)}`);
    at = found + 1;
  }
}

/** The named properties that an object has, in the order of the names. */
function picked<T extends object, K extends keyof T & string>(
  from: T,
  keys: readonly K[],
  wanted: (key: K) => boolean,
): Pick<T, K> {
  const made: Partial<Pick<T, K>> = {};
  for (const key of keys) if (wanted(key) && from[key] !== undefined && from[key] !== null) made[key] = from[key];
  return made as Pick<T, K>;
}
