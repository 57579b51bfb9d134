import type { Frame } from "../../record/exception.ts";
import { exceptionOf, oldestFirst, type Found } from "./dialect.ts";
import { pythonFrame } from "./python-frame.ts";
import type { Shape } from "./shape.ts";

// What faulthandler prints when the interpreter itself dies or is stuck: threads, "most recent call first", no source.
//
//     Fatal Python error: Segmentation fault
//
//     Current thread 0x00007f075da5cc40 (most recent call first):
//       File "/srv/shop/fault.py", line 4 in poke

const HEADLINE = /^(?:(Fatal Python error|Windows fatal exception): (.*)|(Timeout \(\d+:\d\d:\d\d(?:\.\d+)?\)!))$/;
const THREAD = /^(Current thread|Thread) 0x[\da-f]+ .*\(most recent call first\):$/;
const FILE = /^\s+File "(.*)", line (\d+) in (.*)$/;

export const faultShapes: readonly Shape[] = [
  { prefix: "Fatal Python error: ", opens: true, to: "caller" },
  { prefix: "Windows fatal exception: ", opens: true, to: "caller" },
  { prefix: "Timeout (", pattern: HEADLINE, opens: true, to: "caller" },
  { prefix: "Current thread 0x", pattern: THREAD, opens: true, follows: ["caller"], to: "caller" },
  { prefix: "Thread 0x", pattern: THREAD, opens: true, follows: ["caller"], to: "caller" },
  { prefix: "Python runtime state: ", follows: ["caller"], to: "caller" },
  { prefix: "Current thread's C stack trace ", follows: ["caller"], to: "caller" },
  { prefix: "Extension modules: ", follows: ["caller"], to: "frames" },
];

/** Whether faulthandler's report begins at a line. */
export function isFault(line: string): boolean {
  return line.length < 1_024 && (HEADLINE.test(line) || THREAD.test(line));
}

/** The stack of the thread that died, else of the first one; other threads are no part of it. */
export function parseFault(lines: readonly string[], first: number): Found | undefined {
  const [, type, died, stuck] = HEADLINE.exec(lines[first] ?? "") ?? [];
  const threads: Frame[][] = [];
  let current: Frame[] | undefined;
  for (let i = first; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const thread = THREAD.exec(line);
    if (thread !== null) {
      if (current !== undefined) break;
      const frames: Frame[] = [];
      threads.push(frames);
      if (thread[1] === "Current thread") current = frames;
      continue;
    }
    const [, path, lineno, name = ""] = FILE.exec(line) ?? [];
    if (path !== undefined) threads.at(-1)?.push(pythonFrame(path, Number(lineno), name));
  }
  const frames = current ?? threads[0] ?? [];
  if (frames.length === 0) return undefined;
  return { platform: "python", values: [exceptionOf(type, died ?? stuck, oldestFirst(frames))], first, prefix: "" };
}
