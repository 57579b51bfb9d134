import type { Frame } from "../../record/exception.ts";
import { absolute, frameOf, splitName } from "./dialect.ts";

export interface Place {
  readonly path: string;
  readonly lineno: number;
  /** Where " at FILE line N" begins in its line. */
  readonly at: number;
}

export interface Call {
  readonly name: string;
  readonly place: Place;
  /** The line says "called at"; Devel::StackTrace leaves the word out where there are no arguments. */
  readonly called: boolean;
  /** Where the compiler gave up. */
  readonly died: boolean;
}

export const DIED = /^(?:(Compilation failed in require)|(BEGIN) failed--compilation aborted) at /m;
/** What may stand before " called at": a function and its arguments, an eval, a file that is loaded. */
const NAME = /^(?:([A-Za-z_][\w:']*)(?:\(.*\))?|(eval) (?:\{\.\.\.\}|'.*'?)|(require) .*)$/;
/** Behind the place: what was being read, a thread. */
const TAIL = /^(\d{1,9})(?:, <[^>]{1,80}> (?:line|chunk) \d{1,12})?(?: thread \d{1,9})?\.?$/;

/** The last " at FILE line N" of a line, when the line ends with it; linear. */
export function placeOf(line: string): Place | undefined {
  const text = line.length > 4_096 ? line.slice(-4_096) : line;
  for (let end = text.lastIndexOf(" line "); end > 0; end = text.lastIndexOf(" line ", end - 1)) {
    const lineno = TAIL.exec(text.slice(end + 6, end + 160))?.[1];
    if (lineno === undefined) {
      if (text.length - end > 160) return undefined;
      continue;
    }
    // Moose names code it makes "constructor A::new (defined at x.pl line 1)".
    const made = text.endsWith(")", end) ? text.lastIndexOf(" at ", text.lastIndexOf(" (defined at ", end)) : -1;
    const at = made >= 0 ? made : text.lastIndexOf(" at ", end - 1);
    if (at < 0 || at + 4 >= end) return undefined;
    return { path: text.slice(at + 4, end), lineno: Number(lineno), at: at + line.length - text.length };
  }
  return undefined;
}

/** A line of a stack of calls, without the white space before it. */
export function callOf(line: string): Call | undefined {
  const died = DIED.exec(line);
  const place = placeOf(line);
  if (place === undefined) return undefined;
  if (died !== null) return { name: died[2] ?? "require", place, called: false, died: true };
  const head = line.slice(0, place.at);
  const called = head.endsWith(" called");
  const [, name, evaluated, loaded] = NAME.exec(called ? head.slice(0, -7) : head) ?? [];
  const qualified = name === undefined || called || name.includes("::");
  const said = name ?? (evaluated === undefined ? loaded : "(eval)");
  return said === undefined || !qualified ? undefined : { name: said, place, called, died: false };
}

/** Where Perl and Debian put what is installed, and local::lib. */
const LIBRARY = /^.*\/(?:perl5?(?:\/(?:site_perl|vendor_perl))?|perl-base)\/(?:[\d.]+\/)?(?:[\w-]+-linux[\w-]*\/)?/;
const INSTALLED = /^\/(?:usr|opt|etc)\/.*perl|\/perl5\/lib\/|\/(?:site|vendor)_perl\/|\/local\/lib\/perl5\//;

/**
 * A call; the module is the package of its function. Perl has no SDK of Sentry's own. That of its community
 * (perl-sentry-sdk, lib/Sentry/Stacktrace/Frame.pm) takes for the application's what lies in the program's folder, which
 * is not printed, and is not from CPAN: here it is what is not installed with Perl.
 */
export function perlFrame({ path, lineno }: Pick<Place, "path" | "lineno">, name: string | undefined): Frame {
  const installed = INSTALLED.test(path) && path.endsWith(".pm");
  return frameOf({
    function: name,
    module: name === undefined ? undefined : splitName(name, "::").module,
    filename: installed ? path.replace(LIBRARY, "") : path,
    abs_path: absolute(path),
    lineno,
    in_app: !installed && !path.includes(" (defined at "),
  });
}
