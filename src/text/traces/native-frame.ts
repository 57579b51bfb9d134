import type { Frame } from "../../record/exception.ts";
import { absolute, frameOf } from "./dialect.ts";
import { isNativeApp, nativeName, openingOf } from "./native-name.ts";

// The frames of C and C++, as debuggers, sanitizers, libraries and crash dumps print them.

/** `./stock(reserve+0xf)[0x559e0b3c0277]` of backtrace_symbols; older ones put a blank before the address. */
const GLIBC = /^([^\s()[\]]+)(?:\(([^()+\s]*)(?:\+0x[0-9a-f]+)?\))? ?\[(0x[0-9a-f]+)\]$/;
/** `#0  0x00007f6184b7826c n/a (libc.so.6 + 0x8926c)` of systemd-coredump. */
const COREDUMP = /^#\d+ +(0x[0-9a-f]+) (\S+) \(((?![^\s()]+\+0x)[^\s()]+)(?: \+ 0x[0-9a-f]+)?\)$/;
/** `    @     0x5559106e229a  shop::reserve()` of glog and abseil, which puts the size of the frame between. */
const GLOG = /^@ +(0x[0-9a-f]+) +(?:\d+ {2,})?(\S.*)$/;
/** ` 1# shop::pay(int) at /src/pay.cpp:21` of Boost and of std::stacktrace. */
const BOOST = /^\d+# (\S.*)$/;
const NUMBERED = /^#\d+ +(\S.*)$/;
/** `file.c:12` and `file.c:12:34`. */
const PLACE = /^(.*?):(\d+)(?::(\d+))?$/;
const OFFSET = /^\((\S+?)\+0x[0-9a-f]+\)$/;
const BUILD_ID = / \(BuildId: [0-9a-f]*\)$/;

export interface NativeParts {
  readonly address?: string | undefined;
  readonly name?: string | undefined;
  readonly file?: string | undefined;
  readonly lineno?: number | undefined;
  readonly colno?: number | undefined;
  readonly library?: string | undefined;
}

/** A frame from its parts; the address is kept only where nothing else says what was called. */
export function nativeFrame({ address, name, file, lineno, colno, library }: NativeParts): Frame {
  const readable = name === undefined ? undefined : nativeName(name);
  const frame = frameOf({
    function: readable,
    filename: file,
    abs_path: file === undefined ? undefined : absolute(file),
    lineno,
    colno,
    in_app: isNativeApp(readable, file, library),
  });
  if (library !== undefined) frame.package = library;
  if (readable === undefined && file === undefined && address !== undefined) frame.instruction_addr = address;
  return frame;
}

/** Whether a line without its indent is a frame of any of these; linear in its length. */
export function isNativeFrame(text: string): boolean {
  return readNativeFrame(text) !== undefined;
}

/** The frame in a line without its indent; undefined when it is none. */
export function readNativeFrame(text: string): Frame | undefined {
  if (text.startsWith("#")) return numberedFrame(text);
  if (text.startsWith("@ ")) {
    const [, address, name] = GLOG.exec(text) ?? [];
    return address === undefined ? undefined : nativeFrame({ address, name });
  }
  const boost = BOOST.exec(text)?.[1];
  if (boost !== undefined) return boostFrame(boost);
  const [, library, name, address] = GLIBC.exec(text) ?? [];
  if (library === undefined || (name === undefined && !library.includes("/"))) return undefined;
  return nativeFrame({ address, name: name === "" ? undefined : name, library });
}

/** Whether a line is where a debugger says that a program stopped: "reserve (it=0x8) at stock.c:17". */
export function isStop(text: string): boolean {
  return debuggerFrame(text, undefined) !== undefined;
}

/** Whether a line is "#0", the newest frame of a stack. */
export function isNewest(text: string): boolean {
  return /^#0 |^0# /.test(text);
}

/** What debuggers put where the kernel called the handler of a signal. */
export function isSignalHandler(text: string): boolean {
  return /^#\d+ +<signal handler called>$/.test(text);
}

function numberedFrame(text: string): Frame | undefined {
  const dumped = COREDUMP.exec(text);
  if (dumped !== null) return nativeFrame({ address: dumped[1], name: dumped[2], library: dumped[3] });
  const said = NUMBERED.exec(text)?.[1];
  if (said === undefined) return undefined;
  // LLVM leaves out the "in".
  const [lead = "", address] = /^(0x[0-9a-f]+) (?:in )?/.exec(said) ?? [];
  const rest = said.slice(lead.length);
  return debuggerFrame(rest, address) ?? sanitizerFrame(rest, address);
}

/** `reserve (it=0x8, n=2) at stock.c:17`, `std::terminate() () from /lib/libstdc++.so.6`, `?? ()`. */
function debuggerFrame(text: string, address: string | undefined): Frame | undefined {
  const from = /^(.*\)) from (\S+)$/.exec(text);
  const at = text.lastIndexOf(") at ");
  const place = from === null && at > 0 ? PLACE.exec(text.slice(at + 5)) : null;
  const call = from?.[1] ?? (place === null ? text : text.slice(0, at + 1));
  if (!call.endsWith(")")) return undefined;
  const open = openingOf(call);
  // A blank stands before the arguments; without a place, they are empty, or the frame is a sanitizer's.
  if (open <= 0 || call.charAt(open - 1) !== " ") return undefined;
  if (from === null && place === null && (address === undefined || call.slice(open) !== "()")) return undefined;
  return nativeFrame({ address, name: call.slice(0, open), library: from?.[2], ...positionOf(place) });
}

/** `heap /src/stock.c:21:63`, `malloc (/src/stock-clang+0xa416e)`, `race /src/stock.c:27 (stock-tsan+0x1611)`. */
function sanitizerFrame(text: string, address: string | undefined): Frame | undefined {
  let rest = text.replace(BUILD_ID, "");
  const library = OFFSET.exec(rest.slice(rest.lastIndexOf(" ") + 1))?.[1];
  if (library !== undefined) rest = rest.slice(0, Math.max(0, rest.lastIndexOf(" ")));
  const space = rest.lastIndexOf(" ");
  const place = space < 0 ? null : PLACE.exec(rest.slice(space + 1));
  if (library === undefined && (place === null || address === undefined)) return undefined;
  const name = place === null ? rest.replace(/ <null>$/, "") : rest.slice(0, space);
  return nativeFrame({ address, name: name === "" ? undefined : name, library, ...positionOf(place) });
}

/** `shop::pay(int) at /src/pay.cpp:21 in ./shop`, `0x000055E4106BA5CA in ./boost`. */
function boostFrame(text: string): Frame | undefined {
  const inside = text.lastIndexOf(" in ");
  const library = inside > 0 ? text.slice(inside + 4) : undefined;
  if (library !== undefined && !/^[^\s()]*\/[^\s()]*$/.test(library)) return undefined;
  const said = inside > 0 ? text.slice(0, inside) : text;
  const at = said.lastIndexOf(" at ");
  const place = at > 0 ? PLACE.exec(said.slice(at + 4)) : null;
  if (library === undefined && place === null) return undefined;
  const name = place === null ? said : said.slice(0, at);
  const address = /^0x[0-9a-fA-F]+$/.exec(name)?.[0].toLowerCase();
  return nativeFrame({ address, name: address === undefined ? name : undefined, library, ...positionOf(place) });
}

function positionOf(place: RegExpExecArray | null): Pick<NativeParts, "file" | "lineno" | "colno"> {
  if (place === null) return {};
  return { file: place[1], lineno: Number(place[2]), colno: place[3] === undefined ? undefined : Number(place[3]) };
}
