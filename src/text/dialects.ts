import { browser } from "./traces/browser.ts";
import { bun } from "./traces/bun.ts";
import { clojure } from "./traces/clojure.ts";
import { dart } from "./traces/dart.ts";
import type { Dialect } from "./traces/dialect.ts";
import { dotnet } from "./traces/dotnet.ts";
import { elixir } from "./traces/elixir.ts";
import { erlang } from "./traces/erlang.ts";
import { go } from "./traces/go.ts";
import { java } from "./traces/java.ts";
import { node } from "./traces/node.ts";
import { mysql } from "./traces/mysql.ts";
import { native } from "./traces/native.ts";
import { perl } from "./traces/perl.ts";
import { php } from "./traces/php.ts";
import { postgres } from "./traces/postgres.ts";
import { python } from "./traces/python.ts";
import { ruby } from "./traces/ruby.ts";
import { rust } from "./traces/rust.ts";
import { sanitizer } from "./traces/sanitizer.ts";
import { swift } from "./traces/swift.ts";
import { valgrind } from "./traces/valgrind.ts";

/** All languages whose traces are joined and read. Where two find a trace at the same line, the earlier one here wins. */
export const DIALECTS: readonly Dialect[] = [
  bun,
  python,
  java,
  dotnet,
  rust,
  node,
  browser,
  dart,
  elixir,
  erlang,
  go,
  php,
  ruby,
  perl,
  postgres,
  mysql,
  swift,
  sanitizer,
  valgrind,
  native,
  clojure,
];
