import { packFrames, type Frames } from "../record/batch.ts";
import type { CarryBudget } from "./carry.ts";
import { dockerPart, joinedEntry, mayHoldParts, type DockerPart } from "./docker-parts.ts";

/** A line that was let go before its last part came. */
export interface UnfinishedLine {
  readonly tag: string;
  readonly frame: Buffer;
}

interface Line {
  readonly tag: string;
  readonly parts: DockerPart[];
  bytes: number;
  touchedMs: number;
}

/** Lines that one connection may leave unfinished; beyond it the oldest is let go. */
const MAX_LINES = 64;
/** What a part costs beside its bytes. */
const PART_COST_BYTES = 512;

/**
 * Joins the parts of lines that Docker split, before they become records. A line that grows beyond a limit, or finds no
 * room in the budget, goes on as far as it has come.
 */
export class DockerLines {
  readonly #maxLineBytes: number;
  readonly #budget: CarryBudget;
  readonly #lines = new Map<string, Line>();

  constructor(maxLineBytes: number, budget: CarryBudget) {
    this.#maxLineBytes = maxLineBytes;
    this.#budget = budget;
  }

  /** Lines begun and not finished. */
  get size(): number {
    return this.#lines.size;
  }

  /** The frames with their parts taken out, and with each line that is finished in place of its last part. */
  pass(frames: Frames, tag: string, nowMs: number): Frames {
    const { bytes, bounds } = frames;
    if (!mayHoldParts(bytes, bounds[0] ?? 0, bounds.at(-1) ?? 0)) return frames;
    const passed: Buffer[] = [];
    for (let index = 0; index < bounds.length; index += 2) {
      const start = bounds[index] ?? 0;
      const end = bounds[index + 1] ?? 0;
      const part = dockerPart(bytes, start, end);
      if (part === undefined) passed.push(bytes.subarray(start, end));
      else passed.push(...this.#add(part, tag, nowMs));
    }
    return packFrames(passed);
  }

  /** The same for frames that must not leave anything behind: lines without their last part go on as they are. */
  passWhole(frames: Frames, tag: string, nowMs: number): Frames {
    const passed = this.pass(frames, tag, nowMs);
    if (this.size === 0) return passed;
    const whole: Buffer[] = [];
    for (let index = 0; index < passed.bounds.length; index += 2) {
      whole.push(passed.bytes.subarray(passed.bounds[index], passed.bounds[index + 1]));
    }
    return packFrames([...whole, ...this.flush().map((line) => line.frame)]);
  }

  /** Lets go of lines whose last part came before a moment; of all without one. */
  flush(beforeMs = Infinity): UnfinishedLine[] {
    const flushed: UnfinishedLine[] = [];
    for (const [key, line] of this.#lines) {
      if (line.touchedMs < beforeMs) flushed.push({ tag: line.tag, frame: this.#take(key, line) });
    }
    return flushed;
  }

  #add(part: DockerPart, tag: string, nowMs: number): Buffer[] {
    const done: Buffer[] = [];
    const key = `${tag}\0${part.id}`;
    const cost = part.text.length + part.others.length + PART_COST_BYTES;
    let line = this.#lines.get(key);
    if (line === undefined) {
      if (this.#lines.size >= MAX_LINES) done.push(...this.#oldest());
      line = { tag, parts: [], bytes: 0, touchedMs: nowMs };
      this.#lines.set(key, line);
    }
    const hasRoom = this.#budget.take(cost);
    if (hasRoom) line.bytes += cost;
    line.touchedMs = nowMs;
    line.parts.push(part);
    if (part.isLast || !hasRoom || line.bytes > this.#maxLineBytes) done.push(this.#take(key, line));
    return done;
  }

  #oldest(): Buffer[] {
    for (const [key, line] of this.#lines) return [this.#take(key, line)];
    return [];
  }

  #take(key: string, line: Line): Buffer {
    this.#lines.delete(key);
    this.#budget.give(line.bytes);
    return joinedEntry(line.parts);
  }
}
