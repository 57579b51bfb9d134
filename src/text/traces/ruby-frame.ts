import type { Frame } from "../../record/exception.ts";
import { frameOf } from "./dialect.ts";

const GEM = /^(?!<).*\/gems\/[^/]+\/(?:lib\/)?/;
const LIBRARY = /^(?!<).*\/lib\/ruby\/(?:\d[\d.]*|(?:site|vendor)_ruby(?:\/\d[\d.]*)?)\//;

/**
 * A place as Ruby prints it, with or without a method, in the words of Sentry's SDK for Ruby (sentry-ruby,
 * lib/sentry/backtrace/line.rb and interfaces/stacktrace.rb): the path as it is printed as `abs_path`, whatever it is;
 * what stands before "#" as the module, and only that. Of the path the SDK leaves out the project's root or the longest
 * of Ruby's load paths, and the application's is what lies in bin, exe, app, config, lib or test below that root. The
 * root is not printed: here libraries are gems, vendored code, what came with the interpreter, and text given to eval.
 */
export function rubyFrame(place: string): Frame {
  const parts = /^(.*?)(?::(\d+))?(?::in [`'](.*)')?$/.exec(place) ?? [];
  const [, path = place, lineno, method] = parts;
  const root = GEM.exec(path)?.[0] ?? LIBRARY.exec(path)?.[0] ?? "";
  const [, module, name = method] = /^((?:[A-Z]\w*::)*[A-Z]\w*)#([^ ]+)$/.exec(method ?? "") ?? [];
  return frameOf({
    function: name,
    module,
    filename: path.slice(root.length),
    abs_path: path,
    lineno: lineno === undefined ? undefined : Number(lineno),
    in_app: root === "" && !/^(?:<internal:|\(.*\)$)|\/gems\/|(?:^|\/)vendor\/|\/lib\/ruby\//.test(path),
  });
}
