import type { Frame } from "../../record/exception.ts";
import { absolute, frameOf } from "./dialect.ts";

const GEM = /^.*\/gems\/[^/]+\/(?:lib\/)?/;
const LIBRARY = /^.*\/lib\/ruby\/(?:\d[\d.]*|site_ruby\/\d[\d.]*|vendor_ruby\/\d[\d.]*)\//;

/** A place as Ruby prints it, with or without a method. Libraries are gems and what came with the interpreter. */
export function rubyFrame(place: string): Frame {
  const parts = /^(.*?)(?::(\d+))?(?::in [`'](.*)')?$/.exec(place) ?? [];
  const [, path = place, lineno, method] = parts;
  const root = GEM.exec(path)?.[0] ?? LIBRARY.exec(path)?.[0] ?? "";
  const [, module, name = method] = /^((?:[A-Z]\w*::)*[A-Z]\w*)[#.]([^ ]+)$/.exec(method ?? "") ?? [];
  return frameOf({
    function: name,
    module,
    filename: path.slice(root.length),
    abs_path: absolute(path),
    lineno: lineno === undefined ? undefined : Number(lineno),
    in_app: root === "" && !path.startsWith("<internal:") && !/\/gems\/|(?:^|\/)vendor\/|\/lib\/ruby\//.test(path),
  });
}
