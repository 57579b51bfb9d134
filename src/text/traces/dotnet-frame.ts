import type { Frame } from "../../record/exception.ts";
import { absolute, frameOf } from "./dialect.ts";

const MAX_FRAME_CHARS = 4_096;

/** What mono puts before the code between managed and native methods. */
const WRAPPER = /^\(wrapper [\w-]+\) /;
/** Names of types, as FailFast prints them in full: "System.String, System.Exception". */
const TYPES = /[ ,]|^(?:[A-Z]\w*\.)*[A-Z]\w*(?:\[\])?$/;

interface Parts {
  readonly wrapped: boolean;
  readonly name: string;
  readonly file: string | undefined;
  readonly lineno: number | undefined;
}

/** Whether a line without its indent is a frame: `at Ns.Type.Method(String a) in /x.cs:line 5`, `at Ns.Type.Method (System.String a) [0x00000] in <id>:0`. */
export function isDotnetFrame(line: string): boolean {
  return partsOf(line) !== undefined;
}

function partsOf(line: string): Parts | undefined {
  if (!line.startsWith("at ") || line.length > MAX_FRAME_CHARS) return undefined;
  const text = line.slice(3).replace(WRAPPER, "").replace(/<---$/, "").trimEnd();
  const wrapped = WRAPPER.test(line.slice(3));
  const open = text.indexOf("(");
  const close = closing(text, open);
  if (open <= 0 || close < 0) return undefined;
  const args = text.slice(open + 1, close);
  const rest = text.slice(close + 1);
  const mono = text.charAt(open - 1) === " ";
  if (mono ? !/^ (?:\[0x|<0x)/.test(rest) : !(rest === "" || rest.startsWith(" in "))) return undefined;
  // Java prints a file between the brackets, C# types and names.
  if (!mono && !wrapped && args !== "" && rest === "" && !TYPES.test(args)) return undefined;
  const name = text.slice(0, open).trimEnd();
  if (/[\s/]/.test(name) || !/^[A-Za-z_<]/.test(name) || (!name.includes(".") && rest === "" && args === "")) return undefined;
  const at = rest.lastIndexOf(" in ");
  const place = at < 0 ? undefined : rest.slice(at + 4);
  const [, file, lineno] = /^(.*):(?:line )?(\d+)$/.exec(place ?? "") ?? [];
  return {
    wrapped,
    name,
    file: file?.startsWith("<") === true ? undefined : file,
    lineno: lineno === undefined ? undefined : Number(lineno),
  };
}

/** The bracket that closes the one at `open`; -1 when none does. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i >= 0 && i < text.length; i += 1) {
    if (text.charAt(i) === "(") depth += 1;
    else if (text.charAt(i) === ")" && (depth -= 1) === 0) return i;
  }
  return -1;
}

/**
 * A line that {@link isDotnetFrame}, in the words of Sentry's SDK for .NET (sentry-dotnet,
 * src/Sentry/Internal/DebugStackTrace.cs, mode "Original"): the type as module, the bare name of the method. Its mode
 * "Enhanced" adds the types of results and arguments, which are not printed.
 */
export function dotnetFrame(line: string): Frame {
  const { wrapped, name, file, lineno } = partsOf(line) ?? { wrapped: false, name: "", file: undefined, lineno: undefined };
  const cut = lastDot(name);
  const type = cut < 0 ? undefined : name.slice(0, cut);
  const { module, method } = demangled(type, name.slice(cut + 1));
  return frameOf({
    function: method,
    module,
    filename: file,
    abs_path: file === undefined ? undefined : absolute(file),
    lineno,
    in_app: type !== undefined && !wrapped && !isLibrary(name),
  });
}

/** The dot before the method: not one within angle brackets, and ".ctor" keeps its own. */
function lastDot(name: string): number {
  let depth = 0;
  for (let i = name.length - 1; i >= 0; i -= 1) {
    const char = name.charAt(i);
    if (char === ">" || char === "]") depth += 1;
    else if (char === "<" || char === "[") depth -= 1;
    else if (char === "." && depth === 0) return name.charAt(i - 1) === "." ? i - 1 : i;
  }
  return -1;
}

/** Undoes what the compiler made of async methods and lambdas, as the SDK does. */
function demangled(type: string | undefined, method: string): { readonly module: string | undefined; readonly method: string } {
  const async =
    method === "MoveNext" ? /^(.*)[.+]<(\w+)>(?:d(?:__\d+)?|c__(?:Iterator|async)\w+)(?:`\d+)?$/.exec(type ?? "") : null;
  if (async !== null) return { module: async[1], method: async[2] ?? method };
  const lambda = /^<(\w+)(?:`\d+)?>[bm]__\w+(?:\[[^\]]*\])?$/.exec(method)?.[1];
  return { module: type, method: lambda === undefined ? method : `${lambda} { <lambda> }` };
}

/**
 * Namespaces that Sentry's SDK for .NET leaves out by default (sentry-dotnet, `InAppExclude` in src/Sentry/SentryOptions.cs),
 * and others of well-known packages.
 */
const LIBRARIES: readonly string[] =
  `System Microsoft Mono MS ABI.Microsoft WinRT Windows.UI UIKit Newtonsoft.Json FSharp Serilog Giraffe NLog Npgsql RabbitMQ Hangfire
  IdentityServer4 IdentityModel AWSSDK Amazon Polly Swashbuckle FluentValidation Autofac StackExchange.Redis StackExchange.Exceptional
  Dapper MySql MySqlConnector MongoDB SQLitePCL Nest Owin Sentry Xamarin Java.Interop Android Castle MediatR AutoMapper Grpc Google
  Quartz MassTransit NHibernate log4net NUnit xunit Xunit Ninject Akka StructureMap Unity.Container ICSharpCode Remotion.Linq
  RestSharp ServiceStack SkiaSharp`.split(/\s+/);

function isLibrary(name: string): boolean {
  return LIBRARIES.some((prefix) => name.startsWith(`${prefix}.`));
}
