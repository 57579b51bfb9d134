import type { Frame } from "../../record/exception.ts";
import { frameOf } from "./dialect.ts";
import { MAX_LOOK_CHARS } from "./shape.ts";

const URI = String.raw`(?:dart|package|file|https?|org-dartlang-\w+):[^\s()]{1,1000}?|[^\s():]{1,1000}\.dart`;
/** As the machine prints them: `#0      Cart.total.<anonymous closure> (package:shop/cart.dart:12:5)`. */
const NUMBERED = new RegExp(String.raw`^#\d+ +(\S.*) \((${URI})(?::(\d+))?(?::(\d+))?\)$`);
/** As package:stack_trace prints them: `package:shop/cart.dart 12:5      Cart.total.<fn>`. */
const FRIENDLY = new RegExp(String.raw`^(${URI})(?: (\d+)(?::(\d+))?)?  +([A-Za-z_<\[].*)$`);
/** Between the stacks of asynchronous calls. */
const GAP = /^(?:<asynchronous suspension>|===== asynchronous gap =+)$/;
/** Of frames that Flutter left out. */
const ELIDED = /^(?:\.\.\. {3,}.*\(\d+ frames?\)|\(elided \d+ frames? from .*\))$/;

/** Whether a line is a frame of Dart. */
export function isDartFrame(line: string): boolean {
  return line.length <= MAX_LOOK_CHARS && (NUMBERED.test(line) || FRIENDLY.test(line));
}

/** Whether a line stands among frames of Dart: one of them, a gap, or what was left out. */
export function isAmongDartFrames(line: string): boolean {
  return isDartFrame(line) || GAP.test(line) || ELIDED.test(line);
}

/**
 * The frames from a line on, newest call first, in the words of Sentry's SDK for Dart (sentry-dart,
 * lib/src/sentry_stack_trace_factory.dart); a gap between stacks is one too. Not the application's are Dart's libraries
 * and Flutter, to the SDK; here also what pub has downloaded. The SDK cuts the folders off a file's `abs_path`.
 */
export function dartFrames(lines: readonly string[], from: number): Frame[] {
  const frames: Frame[] = [];
  let gap = false;
  for (let i = from; i < lines.length && isAmongDartFrames((lines[i] ?? "").trimEnd()); i += 1) {
    const line = (lines[i] ?? "").trimEnd();
    if (GAP.test(line)) gap = true;
    if (!isDartFrame(line)) continue;
    if (gap && frames.length > 0) frames.push({ abs_path: "<asynchronous suspension>", in_app: false });
    frames.push(frameIn(line));
    gap = false;
  }
  return frames;
}

function frameIn(line: string): Frame {
  const numbered = NUMBERED.exec(line);
  const friendly = numbered === null ? FRIENDLY.exec(line) : null;
  const [, member, uri = "", lineno, colno] = numbered ?? [];
  const found = friendly === null ? { member, uri, lineno, colno } : friendlyParts(friendly);
  const path = found.uri.replace(/^file:\/\//, "");
  const owner = /^package:([^/]+)\//.exec(path)?.[1];
  const frame = frameOf({
    function: found.member?.trimEnd().replaceAll("<anonymous closure>", "<fn>"),
    filename: path.replace(/^.*[/:]/, ""),
    abs_path: path,
    lineno: found.lineno === undefined ? undefined : Number(found.lineno),
    colno: found.colno === undefined ? undefined : Number(found.colno),
    in_app: !path.startsWith("dart:") && owner !== "flutter" && !path.includes("/.pub-cache/"),
  });
  if (owner !== undefined) frame.package = owner;
  return frame;
}

interface Parts {
  readonly member: string | undefined;
  readonly uri: string;
  readonly lineno: string | undefined;
  readonly colno: string | undefined;
}

function friendlyParts([, uri = "", lineno, colno, member]: RegExpExecArray): Parts {
  return { member, uri, lineno, colno };
}
