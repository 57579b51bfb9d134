import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import type { FlowReport } from "./flow.ts";

export const ROTATIONS = ["rename", "copytruncate", "delete", "gzip"] as const;
export type Rotation = (typeof ROTATIONS)[number];

const PACE_MS = 10;
const PADDING = "the card was declined by the issuer, see the log of the payment service for the transaction. ".repeat(2);

let numbers = 0;

/** A program that logs into a file, one line in two an issue, and has the file rotated. */
export class LogWriter {
  readonly #path: string;
  readonly #perTick: number;
  readonly #sent: number[] = [];
  /** Issues that were written between copytruncate's copy and its truncation. */
  readonly inWindow: number[] = [];
  #file: number;
  #timer: NodeJS.Timeout | undefined;
  #lines = 0;

  constructor(path: string, perSecond: number) {
    this.#path = path;
    this.#perTick = Math.ceil((perSecond * PACE_MS) / 1_000);
    this.#file = openSync(path, "a");
    this.#timer = setInterval(() => this.#write(this.#perTick), PACE_MS);
  }

  /** Rotates the file as logrotate does: what was rotated before is moved on by one. */
  rotate(how: Rotation): void {
    const path = this.#path;
    if (how === "delete") rmSync(path);
    else {
      const ending = how === "gzip" ? ".gz" : "";
      if (existsSync(`${path}.1${ending}`)) renameSync(`${path}.1${ending}`, `${path}.2${ending}`);
      if (how === "copytruncate") {
        copyFileSync(path, `${path}.1`);
        this.inWindow.push(...this.#write(2));
        truncateSync(path, 0);
        return;
      }
      renameSync(path, `${path}.1`);
      // Its writer has not been told yet.
      this.#write(4);
    }
    closeSync(this.#file);
    this.#file = openSync(path, "a");
    this.#write(2);
    if (how === "gzip") {
      writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(`${path}.1`)));
      rmSync(`${path}.1`);
    }
  }

  /** Writes no more. */
  stop(): FlowReport {
    clearInterval(this.#timer);
    if (this.#timer !== undefined) closeSync(this.#file);
    this.#timer = undefined;
    const sent = Uint32Array.from(this.#sent);
    // Whatever is in the file counts as promised, but for what copytruncate takes.
    const lost = new Set(this.inWindow);
    const acknowledged = sent.filter((number) => !lost.has(number));
    return { sent, acknowledged, records: this.#lines, acknowledgedRecords: this.#lines, resent: 0, connections: 0 };
  }

  #write(lines: number): number[] {
    const issues: number[] = [];
    let text = "";
    for (let i = 0; i < lines; i += 1) {
      this.#lines += 1;
      const isIssue = this.#lines % 2 === 0;
      if (isIssue) issues.push((numbers += 1));
      text += `${JSON.stringify(isIssue ? issueOf(numbers) : { level: "info", message: `GET /cart ${this.#lines}` })}\n`;
    }
    this.#sent.push(...issues);
    // A line may be read before all of it has been written.
    const half = Math.floor(text.length / 2);
    writeSync(this.#file, text.slice(0, half));
    writeSync(this.#file, text.slice(half));
    return issues;
  }
}

function issueOf(number: number): object {
  const sent_us = Math.round((performance.timeOrigin + performance.now()) * 1_000);
  return {
    level: "error",
    message: `could not charge order ${number}: card declined`,
    fault_number: number,
    sent_us,
    padding: PADDING,
  };
}

/** Writes a file of so many lines, one in so many an issue; returns the numbers of the issues. */
export function writeBacklog(path: string, lines: number, every: number): readonly number[] {
  const issues: number[] = [];
  let text = "";
  for (let i = 1; i <= lines; i += 1) {
    if (i % every === 0) issues.push((numbers += 1));
    text += `${JSON.stringify(i % every === 0 ? issueOf(numbers) : { level: "info", message: `GET /cart/${i} answered 200`, padding: PADDING })}\n`;
    if (i % 10_000 === 0 || i === lines) {
      appendFileSync(path, text);
      text = "";
    }
  }
  return issues;
}
