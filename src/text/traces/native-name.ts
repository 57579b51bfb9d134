// Names of C and C++: what of them a person reads, and which belong to the system.

/** What stands behind the arguments of a method. */
const QUALIFIERS: readonly string[] = [" const", " volatile", " &", " &&", " noexcept"];
/** Where names begin that are never the application's. */
const SYSTEM_NAMES =
  /^(?:std::|boost::|google::|absl::|folly::symbolizer|__gnu_cxx::|__cxxabiv1::|__cxa_|__libc_|__GI_|__interceptor_|__asan|__tsan|__ubsan|__lsan|__sanitizer|__pthread|___?interceptor|_start$|abort$|raise$|gsignal$|clone3?$|__clone|start_thread$|operator (?:new|delete)\b)/;
/** Where files lie that are the system's: as distributions build glibc and GCC, and headers. */
const SYSTEM_FILES =
  /^(?:\.\.?\/)*(?:sysdeps|csu|nptl|stdlib|malloc|signal|stdio-common|libio|posix|debug|assert|string|io|src\/libsanitizer|compiler-rt)\/|^csu\/|^\/usr\/(?:include|src|lib)\/|^\/build\/(?:glibc|gcc)|\/libsanitizer\/|\/compiler-rt\//;
const SYSTEM_LIBRARY = /^\/(?:usr\/)?lib(?:exec|32|64)?\/|^(?:lib[^/]*|ld-linux[^/]*)\.so\b|^linux-vdso/;

/** Whether a frame is the application's: neither its library, nor its file, nor its name is the system's. */
export function isNativeApp(name: string | undefined, file: string | undefined, library: string | undefined): boolean {
  if (library !== undefined && SYSTEM_LIBRARY.test(library)) return false;
  if (file !== undefined && SYSTEM_FILES.test(file)) return false;
  return name === undefined || !SYSTEM_NAMES.test(name);
}

/** The name of a function without its arguments, as Sentry shows it: "shop::pay(std::string const&)" is "shop::pay". */
export function nativeName(text: string): string | undefined {
  const name = text.trim();
  if (name === "" || name === "??" || name === "???" || name === "n/a" || name === "(unknown)" || name === "<null>")
    return undefined;
  if (name.startsWith("_Z")) return plainName(name) ?? name;
  const bare = withoutQualifiers(name);
  if (!bare.endsWith(")")) return name;
  const open = openingOf(bare);
  // "operator()" keeps its brackets, and a lambda is nothing but brackets.
  if (open <= 0 || bare.slice(0, open).endsWith("operator") || bare === "(anonymous namespace)") return name;
  return bare.slice(0, open).trimEnd();
}

function withoutQualifiers(name: string): string {
  let bare = name;
  for (let times = 0; times < QUALIFIERS.length; times += 1) {
    const last = QUALIFIERS.find((qualifier) => bare.endsWith(qualifier));
    if (last === undefined) break;
    bare = bare.slice(0, -last.length);
  }
  return bare;
}

/** The bracket that the one at the end of the text closes; -1 when none does. */
export function openingOf(text: string): number {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i -= 1) {
    const unit = text.charCodeAt(i);
    if (unit === 0x29) depth += 1;
    else if (unit === 0x28 && (depth -= 1) === 0) return i;
  }
  return -1;
}

/** `_ZN4shop3payEi` is "shop::pay". Only names that are a row of words are undone: what has templates stays as it is. */
function plainName(mangled: string): string | undefined {
  const nested = mangled.startsWith("_ZN");
  let at = nested ? (mangled.charAt(3) === "K" ? 4 : 3) : 2;
  const words: string[] = [];
  for (;;) {
    const digits = /^\d{1,3}/.exec(mangled.slice(at, at + 3))?.[0];
    if (digits === undefined) break;
    const start = at + digits.length;
    at = start + Number(digits);
    if (at > mangled.length) return undefined;
    words.push(mangled.slice(start, at));
    if (!nested) break;
  }
  if (words.length === 0 || (nested && mangled.charAt(at) !== "E")) return undefined;
  // Behind a template's name stand its arguments.
  return mangled.charAt(at) === "I" ? undefined : words.join("::");
}
