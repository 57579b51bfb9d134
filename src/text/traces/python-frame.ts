import type { Frame } from "../../record/exception.ts";
import { absolute, frameOf } from "./dialect.ts";

const PACKAGES = /^.*[\\/](?:site|dist)-packages[\\/]/;
const LIBRARY = /^.*[\\/]lib(?:64)?[\\/](?:python|pypy)\d[\d.]*[\\/]|^.*[\\/]Python\d+[\\/]Lib[\\/]/;

/** A call by the place and the name that Python prints. Libraries are what is installed or came with the interpreter. */
export function pythonFrame(path: string, lineno: number, name: string): Frame {
  const root = PACKAGES.exec(path)?.[0] ?? LIBRARY.exec(path)?.[0];
  const filename = root === undefined ? path : path.slice(root.length);
  return frameOf({
    function: name.trim(),
    module: root === undefined ? undefined : moduleOf(filename),
    filename,
    abs_path: absolute(path),
    lineno,
    in_app: root === undefined && !path.startsWith("<frozen "),
  });
}

/** "django/core/handlers/__init__.py" is the module django.core.handlers. */
function moduleOf(filename: string): string | undefined {
  const path = /^([\w\\/]+?)(?:[\\/]__init__)?\.pyw?$/.exec(filename)?.[1];
  return path?.replaceAll(/[\\/]/g, ".");
}
