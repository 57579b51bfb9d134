// Preloaded into a daemon (`--import`): writes all text that becomes code down, one JSON text a line, into the file that
// CODE_PROBE names.
import { appendFileSync } from "node:fs";
import vm from "node:vm";

const file = process.env["CODE_PROBE"] ?? "";

function tell(...parts: readonly unknown[]): void {
  appendFileSync(file, `${JSON.stringify(parts.map(String).join("\n"))}\n`);
}

const Native = globalThis.Function;
const probed = new Proxy(Native, {
  apply(target, self, parts: unknown[]) {
    tell(...parts);
    return Reflect.apply(target, self, parts) as unknown;
  },
  construct(target, parts: unknown[]) {
    tell(...parts);
    return Reflect.construct(target, parts) as object;
  },
});
globalThis.Function = probed;
// The constructor is also found behind any function.
Object.defineProperty(Native.prototype, "constructor", { value: probed, writable: true, configurable: true });
const EVAL = "eval";
const nativeEval = globalThis[EVAL];
globalThis[EVAL] = (text: string): unknown => {
  tell(text);
  return nativeEval(text) as unknown;
};
for (const name of ["runInThisContext", "runInNewContext", "runInContext", "compileFunction"] as const) {
  const native = vm[name] as (...parts: unknown[]) => unknown;
  Object.defineProperty(vm, name, {
    value: (...parts: unknown[]) => {
      tell(parts[0]);
      return native(...parts);
    },
  });
}
