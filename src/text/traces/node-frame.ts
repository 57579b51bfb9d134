import type { Frame } from "../../record/exception.ts";
import { frameOf } from "./dialect.ts";

const PLACE = /^(.+?):(\d+)(?::(\d+))?$/;
/** WebAssembly: an offset instead of a line. */
const WASM = /:(wasm-function\[\d+\]):0x[0-9a-f]+$/;
const NO_PLACE = /^(?:<anonymous>|native|index \d+|unknown|unknown location|:0)$/;
/** What Sentry's SDKs call a function without a name. */
const NAMELESS = "?";
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

/**
 * A line that {@link isNodeFrame}, in the words of Sentry's SDK for Node, or of that for browsers where the file comes
 * from the web. Neither sends `abs_path`.
 */
export function nodeFrame(line: string, web = false): Frame {
  const { name, place } = partsOf(line) ?? { name: "", place: "" };
  const wasm = WASM.exec(place);
  const origin = wasm === null ? originOf(place) : place.slice(0, wasm.index);
  const [, file = origin, lineno, colno] = PLACE.exec(origin) ?? [];
  const filename = file.replace(/^file:\/\//, "");
  const named = name === "" ? (wasm?.[1] ?? NAMELESS) : name;
  return frameOf({
    function: web ? webName(named) : functionName(named),
    module: web ? undefined : moduleOf(filename),
    filename,
    lineno: lineno === undefined ? undefined : Number(lineno),
    colno: colno === undefined ? undefined : Number(colno),
    in_app: web || isInApp(filename),
  });
}

/** The SDK for browsers leaves "async" where it is printed. */
export function webName(printed: string): string {
  return printed === "" || printed === "<anonymous>" ? NAMELESS : printed;
}

/** "Object.<anonymous>" is "Object.?", and "Object.Module._load" is "Module._load". */
function functionName(printed: string): string {
  const name = printed.replace(/^async /, "");
  const dot = name.lastIndexOf(".");
  const at = dot > 0 ? name.slice(0, dot).indexOf(".Module") : -1;
  const shortened = at > 0 ? name.slice(at + 1) : name;
  return shortened.endsWith(".<anonymous>") ? shortened.slice(0, -"<anonymous>".length) + NAMELESS : shortened;
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

/**
 * "/app/node_modules/express/lib/router/index.js" is express.lib.router:index, and "node:internal/fs/promises" is
 * promises. Of the application's own files it is undefined, because the SDK counts from the folder of the program.
 */
function moduleOf(filename: string): string | undefined {
  const at = filename.lastIndexOf("/node_modules/");
  if (at < 0) return ownsModule(filename) ? plainName(filename) : undefined;
  const path = filename.slice(at + "/node_modules/".length);
  const slash = path.lastIndexOf("/");
  const name = plainName(path);
  return slash < 0 ? name : `${path.slice(0, slash).replaceAll("/", ".")}:${name}`;
}

/** Whether a name is the runtime's own and no path. */
function ownsModule(filename: string): boolean {
  return filename.startsWith("node:") || NO_PLACE.test(filename);
}

/** The last part of a path, without the ending of a script. */
function plainName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.[cm]?js$/, "");
}
