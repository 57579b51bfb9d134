import type { Dialect } from "./traces/dialect.ts";
import { dotnet } from "./traces/dotnet.ts";
import { go } from "./traces/go.ts";
import { java } from "./traces/java.ts";
import { node } from "./traces/node.ts";
import { php } from "./traces/php.ts";
import { python } from "./traces/python.ts";
import { ruby } from "./traces/ruby.ts";
import { rust } from "./traces/rust.ts";

/** All languages whose traces are joined and read. Where two find a trace at the same line, the earlier one here wins. */
export const DIALECTS: readonly Dialect[] = [python, java, dotnet, rust, node, go, php, ruby];
