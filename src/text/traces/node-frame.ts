import type { Frame } from "../../record/exception.ts";
import { absolute, frameOf } from "./dialect.ts";

const PLACE = /^(.+?):(\d+)(?::(\d+))?$/;
/** WebAssembly: an offset instead of a line. */
const WASM = /:(wasm-function\[\d+\]):0x[0-9a-f]+$/;
const NO_PLACE = /^(?:<anonymous>|native|index \d+|unknown location)$/;
/** Linear looks at what could be megabytes. */
const MAX_FRAME_CHARS = 2_048;

/** Whether a line is a frame as V8 prints it: "at position 18 (line 2)" is none. */
export function isNodeFrame(line: string): boolean {
  return line.length <= MAX_FRAME_CHARS && partsOf(line) !== undefined;
}

interface Parts {
  readonly name: string;
  readonly place: string;
}

/** `at fn (place)` and `at place`, with what may follow when the error has properties. */
function partsOf(line: string): Parts | undefined {
  let text = line.trim();
  if (!text.startsWith("at ")) return undefined;
  text = text.slice(3).replace(/ \{$|,$/, "");
  if (text.endsWith(")")) {
    const open = text.indexOf(" (");
    if (open < 0) return undefined;
    const place = text.slice(open + 2, -1);
    const known = NO_PLACE.test(place) || /:\d+:\d+$/.test(place) || /^(?:node:|eval at )/.test(place) || WASM.test(place);
    return known ? { name: text.slice(0, open), place } : undefined;
  }
  if (text === "<anonymous>") return { name: "", place: text };
  const place = text.replace(/^async /, "");
  if (/^\S+$/.test(place) && WASM.test(place)) return { name: "", place };
  return /^\S.*:\d+:\d+$/.test(place) && !/\s in\s|\(/.test(place) ? { name: "", place } : undefined;
}

/** A line that {@link isNodeFrame}, in the words of Sentry's SDK for Node. */
export function nodeFrame(line: string): Frame {
  const { name, place } = partsOf(line) ?? { name: "", place: "" };
  const wasm = WASM.exec(place);
  const origin = wasm === null ? originOf(place) : place.slice(0, wasm.index);
  const [, file = origin, lineno, colno] = PLACE.exec(origin) ?? [];
  const filename = file.replace(/^file:\/\//, "");
  return frameOf({
    function: name === "" ? wasm?.[1] : name.replace(/^async /, ""),
    module: moduleOf(filename),
    filename,
    abs_path: absolute(filename),
    lineno: lineno === undefined ? undefined : Number(lineno),
    colno: colno === undefined ? undefined : Number(colno),
    in_app: isInApp(filename),
  });
}

/** Where evaluated code comes from: "eval at f (/app/x.js:1:1), <anonymous>:1:21" is at /app/x.js:1:1. */
function originOf(place: string): string {
  if (!place.startsWith("eval at ")) return place;
  const close = place.indexOf(")");
  const open = place.lastIndexOf("(", close);
  return close > 0 && open > 0 ? place.slice(open + 1, close) : place;
}

/** As the SDK has it: neither node's own files nor packages. */
function isInApp(filename: string): boolean {
  const own = /^(?:[/.\\]|[A-Za-z]:|[A-Za-z][\w+.-]*:\/\/)/.test(filename);
  return own && !filename.startsWith("node:") && !/node_modules[\\/]/.test(filename);
}

/** "/app/node_modules/express/lib/router/index.js" is express.lib.router:index; the application's root is not known. */
function moduleOf(filename: string): string | undefined {
  const at = filename.lastIndexOf("/node_modules/");
  if (at < 0) return undefined;
  const path = filename.slice(at + "/node_modules/".length).replace(/\.[cm]?[jt]sx?$/, "");
  const slash = path.lastIndexOf("/");
  return slash < 0 ? path : `${path.slice(0, slash).replaceAll("/", ".")}:${path.slice(slash + 1)}`;
}
