import type { Frame } from "../../record/exception.ts";
import { absolute, frameOf, oldestFirst } from "./dialect.ts";

/** The frame of a function such as `example.com/acme/shop/cart.(*Cart).At`. */
export function goFrame(qualified: string, path: string, lineno: number): Frame {
  const slash = qualified.lastIndexOf("/");
  const dot = qualified.indexOf(".", slash + 1);
  const module =
    dot < 0
      ? undefined
      : qualified.slice(0, dot).replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return frameOf({
    function: dot < 0 ? qualified : qualified.slice(dot + 1),
    module,
    filename: shortPath(path, module),
    abs_path: absolute(path),
    lineno,
    in_app: isInApp(path, module),
  });
}

/**
 * A stack in Sentry's order. Functions within functions lose the name of their caller, as the SDK has it: "main.func1",
 * called by "main", is "func1", so that a frame is named alike whatever the version of the compiler.
 */
export function goStack(newestFirst: readonly Frame[]): Frame[] {
  const frames = oldestFirst(newestFirst);
  return frames.map((frame, i) => {
    const caller = `${frames[i - 1]?.function ?? ""}.`;
    return frame.function?.startsWith(caller) === true ? { ...frame, function: frame.function.slice(caller.length) } : frame;
  });
}

/** Without the root of the standard library or of the module cache. */
function shortPath(path: string, module: string | undefined): string {
  const cache = path.indexOf("/pkg/mod/");
  if (cache >= 0) return path.slice(cache + "/pkg/mod/".length);
  const root = isStandard(module) ? /^.*?\/(?:go|golang|libexec|go-?[\d.]+)\/src\//.exec(path)?.[0] : undefined;
  return root === undefined ? path : path.slice(root.length);
}

/** A package whose first element has no dot: "net/http", but not "main". */
function isStandard(module: string | undefined): boolean {
  return module !== undefined && module !== "main" && !(module.split("/", 1)[0] ?? "").includes(".");
}

function isInApp(path: string, module: string | undefined): boolean {
  if (module === undefined || module === "runtime" || module === "testing") return false;
  if (/\/pkg\/mod\/|\/vendor\/|\/third_party\//.test(path)) return false;
  return !(isStandard(module) && /\/(?:go|golang|libexec|go-?[\d.]+)\/src\/|^\/usr\/local\/go\/|^\/usr\/lib\/go/.test(path));
}
