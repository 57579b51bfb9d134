import type { Frame } from "../../record/exception.ts";
import { absolute, frameOf } from "./dialect.ts";

const PACKAGES = /^.*[\\/](?:site|dist)-packages[\\/]/;
const LIBRARY = /^.*[\\/]lib(?:64)?[\\/](?:python|pypy)\d[\d.]*[\\/]|^.*[\\/]Python\d+[\\/]Lib[\\/]/;

/** Modules that are compiled into the interpreter. */
const FROZEN = /^<frozen ([\w.]+)>$/;

/**
 * A call by the place and the name that Python prints. Libraries are what is installed or came with the interpreter: of
 * their files the path tells the module. As the SDK has it, the file of a module without a package is its name alone.
 */
export function pythonFrame(path: string, lineno: number, name: string): Frame {
  const root = PACKAGES.exec(path)?.[0] ?? LIBRARY.exec(path)?.[0];
  const inner = root === undefined ? path : path.slice(root.length);
  const module = root === undefined ? FROZEN.exec(path)?.[1] : moduleOf(inner);
  const alone = root !== undefined && module !== undefined && !module.includes(".");
  return frameOf({
    function: name.trim(),
    module,
    filename: alone ? baseName(inner) : inner,
    abs_path: absolute(path),
    lineno,
    in_app: root === undefined && !path.startsWith("<frozen "),
  });
}

/** What stands behind the last separator of a path. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** "django/core/handlers/__init__.py" is the module django.core.handlers. */
function moduleOf(filename: string): string | undefined {
  const path = /^([\w\\/]+?)(?:[\\/]__init__)?\.pyw?$/.exec(filename)?.[1];
  return path?.replaceAll(/[\\/]/g, ".");
}
