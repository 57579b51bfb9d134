import { setFlagsFromString } from "node:v8";
import { messageOf } from "../../base/errors.ts";
import { veil } from "../../base/veil.ts";
import { boundYoungSpace, holdYoungSpace } from "../../base/young-space.ts";
import { printableText } from "../../sentry/terminal.ts";
import { processEnd } from "../../wire/process/ending.ts";
import { WrappedProcess, type Ending } from "../../wire/process/wrapped-process.ts";
import type { WrapLine } from "./command-line.ts";
import type { WrappedRelay } from "./wrapped-relay.ts";

/** While modules are loaded nothing is hot enough for what compilers make of it to earn its memory. */
const LOADING = ["--no-opt", "--no-sparkplug", "--no-maglev"];
/** From then on. The compiler in the middle stays out: whether it is on by itself depends on the version of Node. */
const RUNNING = ["--opt", "--sparkplug"];

/**
 * Runs a command and relays what it prints. The command comes first: it is started before the relay is loaded, and what
 * is wrong with the relay never keeps it from running. Returns how it ended.
 */
export async function wrap({ command, ...options }: WrapLine): Promise<Ending> {
  const wrapped = new WrappedProcess(command);
  if (await mayWait(options)) {
    await wrapped.begun;
    const ending = wrapped.hasPrinted ? undefined : await wrapped.ended;
    if (ending !== undefined && processEnd(command, ending) === undefined) return ending;
  }
  const relay = load(wrapped, options);
  relay.catch((thrown: unknown) => {
    process.stderr.write(`crumbtrail: the command runs without a relay: ${printableText(veil.over(messageOf(thrown)))}\n`);
    wrapped.unwatched();
  });
  const ending = await wrapped.ended;
  await relay.then(
    (started) => started.stop(),
    () => {},
  );
  return ending;
}

/**
 * Whether the relay is not needed before there is something to relay, so that a quiet command costs next to nothing. A
 * configuration may name other inputs, and what is wrong is told at once.
 */
async function mayWait({ config, dsn = process.env["SENTRY_DSN"] ?? "" }: Omit<WrapLine, "command">): Promise<boolean> {
  if (config !== undefined) return false;
  const { parseDsn } = await import("../../sentry/dsn.ts");
  return dsn.trim() === "" || typeof parseDsn(dsn) === "object";
}

async function load(wrapped: WrappedProcess, options: Omit<WrapLine, "command">): Promise<WrappedRelay> {
  holdYoungSpace();
  for (const flag of LOADING) setFlagsFromString(flag);
  try {
    const { WrappedRelay } = await import("./wrapped-relay.ts");
    return await WrappedRelay.start(wrapped, options);
  } finally {
    for (const flag of RUNNING) setFlagsFromString(flag);
    boundYoungSpace();
  }
}
