import type { Frame } from "../../record/exception.ts";
import { frameOf } from "./dialect.ts";

/** Applications that come with Erlang/OTP and Elixir, and packages that most applications are built on. */
const LIBRARY =
  /^(?:elixir|eex|ex_unit|iex|logger|mix|stdlib|kernel|erts|compiler|crypto|inets|mnesia|os_mon|public_key|runtime_tools|sasl|ssh|ssl|syntax_tools|tools|xmerl|absinthe|bandit|broadway|cowboy|cowlib|db_connection|ecto|ecto_sql|finch|gen_stage|gun|hackney|jason|mint|nimble_\w+|oban|phoenix|phoenix_\w+|plug|plug_\w+|poolboy|postgrex|myxql|ranch|swoosh|telemetry|telemetry_\w+|tesla|thousand_island|websock\w*)$/;
/** Modules of Erlang/OTP and of Elixir's compiler. */
const OTP =
  /^(?:application\w*|array|atomics|base64|binary|c|calendar|code\w*|counters|crypto|ct_\w+|dets|dict|elixir\w*|erl|erl_\w+|erlang|erpc|error_logger|escript|ets|eunit\w*|file\w*|gb_\w+|gen|gen_\w+|global\w*|group|http\w*|inet\w*|init|io\w*|json|lists|logger\w*|maps|math|mnesia\w*|net_\w+|ord\w+|os|persistent_term|prim_\w+|proc_lib|pubkey\w*|public_key|queue|rand|re|rpc|sets|shell\w*|ssh\w*|ssl\w*|string|supervisor\w*|sys|timer|tls_\w+|unicode|uri_string|user\w*|xmerl\w*|zip|zlib)$/;
/** A call whose arguments are printed is read no further than this. */
const MAX_CALL_CHARS = 2_048;

/** Whether an Erlang module belongs to the system. */
export function isOtpModule(module: string): boolean {
  return OTP.test(module);
}

/** A file of Erlang or Elixir, or what stands for one. */
const PLACED =
  /^(?:\((\w+)(?: [^()\s]{1,80})?\) )?([^\s:()"][^:()"]{0,500}\.(?:exs?|[hel]?eex|erl|[hxy]rl|sface|lfe)|nofile|iex):(\d+)(?::\d+)?: (\S.*)$/;
const PLACELESS = /^(?:\((\w+)(?: [^()\s]{1,80})?\) )?(:[a-z]\w*\.\S.*|[A-Z]\w*(?:\.[A-Z]\w*)*\.[a-z_]\w*[?!]?(?:\(.*\)|\/\d+))$/;
const CALL = /^(?:anonymous fn\/\d+ in )?(:[a-z]\w*|:"[^"]*"|[A-Z]\w*(?:\.[A-Z]\w*)*)\.(.+)$/;

/**
 * A frame as Elixir prints it behind white space, in the words of Sentry's SDK for Elixir (sentry-elixir,
 * lib/sentry/event.ex); undefined when the line is none: `(app 1.0.0) lib/file.ex:12: Module.function/2`,
 * `:erlang.map_get("a", %{})`. The SDK writes modules as the atoms they are: "Elixir.Shop.Cart", "gen_server". It takes
 * for the application's only modules that are configured; here it is what belongs to no well-known application.
 */
export function elixirFrame(line: string): Frame | undefined {
  const text = line.trim();
  if (text.length > MAX_CALL_CHARS) return undefined;
  const placed = PLACED.exec(text);
  const [, app, filename, lineno, call = ""] = placed ?? placeless(text);
  if (call === "") return undefined;
  const module = CALL.exec(call)?.[1];
  const erlang = module?.startsWith(":") === true && (filename === undefined || filename.endsWith(".erl"));
  const library = app === undefined ? erlang && OTP.test(module.slice(1)) : LIBRARY.test(app);
  return frameOf({
    function: withArity(call),
    module: atomOf(module),
    filename,
    lineno: lineno === undefined ? undefined : Number(lineno),
    in_app: !library && filename?.startsWith("deps/") !== true,
  });
}

/** The atom that a module is, as JSON has it. */
function atomOf(module: string | undefined): string | undefined {
  if (module === undefined) return undefined;
  return module.startsWith(":") ? module.slice(1).replaceAll('"', "") : `Elixir.${module}`;
}

/** In the places of {@link PLACED}'s groups. */
function placeless(text: string): readonly (string | undefined)[] {
  const found = PLACELESS.exec(text);
  return found === null || !/[)\d]$/.test(text) ? [] : [undefined, found[1], undefined, undefined, found[2]];
}

/** `Shop.call(1, [2])` is `Shop.call/2`, as the SDK has it; unchanged where the arguments are cut or absent. */
function withArity(call: string): string {
  const open = /^:?[\w.]+\.(?:"[^"]*"|[^\s("]+)(?=\()/.exec(call)?.[0];
  if (open === undefined || !call.endsWith(")")) return call;
  const count = countTerms(call.slice(open.length + 1, -1));
  return count === undefined ? call : `${open}/${count}`;
}

/** The terms of a list, by the commas outside of brackets and quotes; undefined when those do not match. */
function countTerms(text: string): number | undefined {
  if (text.trim() === "") return 0;
  let depth = 0;
  let commas = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charAt(i);
    if (unit === '"') {
      i = endOfQuotes(text, i);
      if (i < 0) return undefined;
    } else if ("([{".includes(unit)) depth += 1;
    else if (")]}".includes(unit)) depth -= 1;
    else if (unit === "," && depth === 0) commas += 1;
    if (depth < 0) return undefined;
  }
  return depth === 0 ? commas + 1 : undefined;
}

/** Where the quotes that open at `at` close; -1 when they do not. */
export function endOfQuotes(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let i = at + 1; i < text.length; i += 1) {
    if (text.charAt(i) === "\\") i += 1;
    else if (text.charAt(i) === quote) return i;
  }
  return -1;
}
