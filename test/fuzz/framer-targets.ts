import assert from "node:assert/strict";
import { CarryBudget } from "../../src/wire/carry.ts";
import { DockerLines } from "../../src/wire/docker-lines.ts";
import { criParts, dockerParts } from "../../src/wire/files/partial-formats.ts";
import { PartialLines, type PartialFormat } from "../../src/wire/files/partial-lines.ts";
import { cutLines } from "../../src/wire/files/lines.ts";
import { ForwardEntries } from "../../src/wire/forward-entries.ts";
import { ForwardFramer } from "../../src/wire/forward-framer.ts";
import { ForwardJson } from "../../src/wire/forward-json.ts";
import type { ForwardMessage, ForwardSource } from "../../src/wire/forward-message.ts";
import { GelfBody } from "../../src/wire/gelf-body.ts";
import { GelfFrames } from "../../src/wire/gelf-frames.ts";
import { LineReader } from "../../src/wire/line-reader.ts";
import { SyslogFrames } from "../../src/wire/syslog-frames.ts";
import type { Frames } from "../../src/record/batch.ts";
import { MSGPACK_MUTATIONS } from "./binary-mutations.ts";
import * as corpus from "./corpus.ts";
import { JSON_MUTATIONS } from "./json-mutations.ts";
import { cooked, pieces, type Recipe } from "./mutation.ts";
import type { Random } from "./random.ts";
import { checkSame, textsOf, type Target } from "./target.ts";
import { JOINED, LINE_MUTATIONS, OCTET_COUNTS, SYSLOG_MUTATIONS } from "./wire-mutations.ts";

/** Small, so that inputs go over it too. */
const LIMITS = [64, 1_000, 16_384, 1 << 20];

/** Feeds pieces of a stream and says what came of them. */
type Cut = (pieces: readonly Buffer[], limit: number) => unknown;

/** A framer whose result must not depend on where a network cuts the stream. */
function framer(name: string, recipe: Recipe, cut: Cut): Target {
  return {
    name: `framer_${name}`,
    share: 4,
    fresh: () => ({
      make: (random: Random) => cooked(recipe, random),
      check(input, random) {
        const limit = random.pick(LIMITS);
        const whole = cut([Buffer.from(input)], limit);
        checkSame(cut(pieces(input, random), limit), whole, "it matters where the stream is cut");
      },
    }),
  };
}

interface LineFramer {
  push(chunk: Buffer): Frames | undefined;
  end(): Frames | undefined;
}

function framed(make: (limit: number, tooLarge: () => void) => LineFramer) {
  return (chunks: readonly Buffer[], limit: number): { readonly texts: readonly string[]; readonly tooLarge: number } => {
    let tooLarge = 0;
    const source = make(limit, () => (tooLarge += 1));
    const texts = [...chunks.flatMap((chunk) => textsOf(source.push(chunk))), ...textsOf(source.end())];
    return { texts, tooLarge };
  };
}

const gelfFrames = framed((limit, tooLarge) => new GelfFrames(limit, tooLarge));

/** What is too large is skipped to its delimiter, so that it matters whether all of it was there when that was found out. */
const untilTooLarge: Cut = (chunks, limit) => {
  const result = gelfFrames(chunks, limit);
  return result.tooLarge > 0 ? "too large" : result;
};

function syslogFrames(limit: number, tooLarge: () => void): LineFramer & { heldBytes: number } {
  const budget = new CarryBudget(Infinity);
  const frames = new SyslogFrames({ maxBytes: limit, budget, tooLarge });
  return {
    push(chunk) {
      const result = frames.push(chunk);
      assert.ok(result.hasRoom);
      // What is declared is believed up to four times of what came.
      assert.ok(frames.heldBytes <= 4 * (limit + 128 * 1_024), `${frames.heldBytes} bytes held`);
      return result.frames;
    },
    end: () => frames.end(),
    heldBytes: 0,
  };
}

/** What a message says, apart from how many of them share a buffer. */
function told(message: ForwardMessage): unknown[] {
  const { tag, body, chunk, isLogs } = message;
  const answer = chunk?.answer.toString("latin1");
  if (body.kind === "frames") return textsOf(body).map((frame) => ({ tag, frame, answer, isLogs }));
  if (body.kind === "malformed") return [{ tag, reason: body.reason, sample: body.sample.toString("latin1"), answer, isLogs }];
  if (body.kind === "gzip") return [{ tag, gzip: body.bytes.toString("latin1"), answer, isLogs }];
  const cuts: unknown[] = [];
  const entries = new ForwardEntries(body.bytes, body.start, body.end);
  while (!entries.done) {
    const { bounds, metadata } = entries.next();
    cuts.push([textsOf({ bytes: body.bytes, bounds }), [...(metadata ?? [])]]);
  }
  return [{ tag, cuts, broken: entries.broken?.replace(/from byte \d+/, ""), answer, isLogs }];
}

function spoken(make: (limit: number, budget: CarryBudget) => ForwardSource): Cut {
  return (chunks, limit) => {
    const source = make(limit, new CarryBudget(Infinity));
    const messages = chunks.flatMap((chunk) => source.push(chunk)).flatMap(told);
    source.end();
    // Which of several things is wrong with a message depends on how much of it is there.
    return { messages, isFault: source.fault !== undefined };
  };
}

/** Lines of a file that is read in extents, with parts of lines put together. */
function followed(format: PartialFormat): Cut {
  return (chunks, limit) => {
    let dropped = 0;
    const budget = new CarryBudget(Infinity);
    const partial = new PartialLines({ format, maxLineBytes: limit, budget, tooLong: () => (dropped += 1) });
    const lines: string[] = [];
    let [rest, offset] = [Buffer.alloc(0), 0];
    for (const chunk of chunks) {
      const bytes = Buffer.concat([rest, chunk]);
      const cut = cutLines({ bytes, end: bytes.length, offset }, limit);
      dropped += cut.tooLong;
      const passed = partial.pass(cut);
      assert.equal(passed.places.length, passed.bounds.length / 2);
      for (const text of textsOf(passed)) lines.push(text);
      rest = bytes.subarray(cut.rest);
      offset += cut.rest;
    }
    lines.push(...textsOf(partial.flush()));
    assert.equal(partial.waitsFrom, undefined);
    assert.ok(budget.take(0));
    return { lines, dropped };
  };
}

const gelfBody: Target = {
  name: "framer_gelf_body",
  share: 4,
  fresh: () => ({
    make: (random) =>
      cooked(
        {
          corpus: [...corpus.gelfMessages, ...corpus.jsonLines],
          structure: [...JSON_MUTATIONS, JOINED, (bytes) => Buffer.concat([Buffer.of(0x5b), bytes, Buffer.of(0x5d)])],
        },
        random,
      ),
    check(input, random) {
      const limit = random.pick(LIMITS);
      const read = (most: number): unknown => {
        const body = new GelfBody(input, limit);
        const texts: string[] = [];
        for (let frames = body.next(most); frames !== undefined; frames = body.next(most)) {
          for (const text of textsOf(frames)) texts.push(text);
        }
        return { texts, tooLarge: body.tooLarge };
      };
      checkSame(read(random.between(1, 5)), read(100_000), "it matters how many are asked for");
    },
  }),
};

/** Lines that Docker split, put together from entries of the forward protocol, one at a time or all at once. */
const dockerLines: Target = {
  name: "framer_docker_lines",
  share: 4,
  fresh: () => ({
    make: (random) => cooked({ corpus: PARTS, structure: [...MSGPACK_MUTATIONS, JOINED] }, random),
    check(input) {
      const bounds: number[] = [];
      for (const entries = new ForwardEntries(input, 0, input.length); !entries.done;) bounds.push(...entries.next().bounds);
      const joined = (step: number): string[] => {
        const lines = new DockerLines(1_000, new CarryBudget(100_000));
        const texts: string[] = [];
        for (let i = 0; i < bounds.length; i += 2 * step) {
          for (const text of textsOf(lines.pass({ bytes: input, bounds: bounds.slice(i, i + 2 * step) }, "tag", 0)))
            texts.push(text);
        }
        return [...texts, ...lines.flush().map(({ frame }) => frame.toString("latin1"))];
      };
      checkSame(joined(1), joined(bounds.length + 1), "it matters how many come together");
    },
  }),
};

const PARTS = [1, 2, 3].flatMap((start) =>
  corpus.forwardEntries.slice(-20).map((_, i, all) => Buffer.concat(all.slice(i, i + start * 2))),
);

export function framerTargets(): readonly Target[] {
  const gelf = [...corpus.gelfStreams, ...corpus.gelfMessages, ...corpus.jsonLines];
  const lines = [...corpus.printed, ...corpus.traces, ...corpus.jsonLines];
  const forward = [...corpus.forwardStreams, ...corpus.forwardModes];
  return [
    framer("gelf", { corpus: gelf, structure: [...JSON_MUTATIONS, JOINED, JOINED] }, untilTooLarge),
    framer(
      "lines",
      { corpus: lines, structure: [...LINE_MUTATIONS, JOINED] },
      framed((limit, tooLong) => new LineReader(limit, tooLong)),
    ),
    framer(
      "syslog",
      { corpus: corpus.syslogMessages, structure: [...SYSLOG_MUTATIONS, OCTET_COUNTS, OCTET_COUNTS, JOINED] },
      framed(syslogFrames),
    ),
    framer(
      "forward",
      { corpus: forward, structure: [...MSGPACK_MUTATIONS, JOINED] },
      spoken((limit, budget) => new ForwardFramer(limit, budget)),
    ),
    framer(
      "forward_json",
      { corpus: corpus.forwardJson, structure: [...JSON_MUTATIONS, JOINED] },
      spoken((limit, budget) => new ForwardJson(limit, budget)),
    ),
    framer("cri_file", { corpus: many(corpus.linesOf("cri")), structure: [...LINE_MUTATIONS, JOINED] }, followed(criParts)),
    framer(
      "docker_file",
      { corpus: many(corpus.linesOf("docker")), structure: [...LINE_MUTATIONS, ...JSON_MUTATIONS, JOINED] },
      followed(dockerParts),
    ),
    gelfBody,
    dockerLines,
  ];
}

/** Files of a few lines each. */
function many(lines: readonly Buffer[]): Buffer[] {
  const text = lines.map((line) => `${line.toString("latin1")}\n`);
  return text.map((_, i) => Buffer.from([...text, ...text].slice(i, i + 3 + (i % 5)).join(""), "latin1"));
}
