#!/usr/bin/env node
import { constants } from "node:os";
import { messageOf, RelayError, type RelayErrorCode } from "./base/errors.ts";
import { veil } from "./base/veil.ts";
import { wrapLine } from "./commands/wrap/command-line.ts";
import { printableText } from "./sentry/terminal.ts";
import type { Ending } from "./wire/process/wrapped-process.ts";

const EXIT_CODES: Readonly<Record<RelayErrorCode, number>> = {
  RELAY_BUG: 1,
  RELAY_LISTEN: 1,
  RELAY_STORE: 1,
  RELAY_USAGE: 2,
  RELAY_UPSTREAM_UNAVAILABLE: 69,
  RELAY_BAD_CONFIG: 78,
  RELAY_NOT_EXECUTABLE: 126,
  RELAY_NO_COMMAND: 127,
};

const PRINTING_MS = 10_000;

/** Runs the command line and returns the exit code; the only place that ends the process. */
async function main(): Promise<number> {
  const wrapped = wrapLine(process.argv.slice(2));
  try {
    // Nothing else is loaded before a wrapped process runs.
    if (wrapped !== undefined) return endAs(await (await import("./commands/wrap/wrap.ts")).wrap(wrapped));
    return await ordinary();
  } catch (thrown) {
    if (thrown instanceof RelayError) {
      say(thrown.message);
      return EXIT_CODES[thrown.code];
    }
    sayBug(thrown);
    return 1;
  }
}

/** What is told may quote what senders wrote, and what a library throws may quote what it was given. */
function say(message: string): void {
  process.stderr.write(`crumbtrail: ${printableText(veil.over(message))}\n`);
}

function sayBug(thrown: unknown): void {
  say(`this is a bug, please report it: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown)}`);
}

/**
 * Node would print an exception that nobody catches with all its properties, a failed URL with its password among them. And a
 * diagnostic report holds the environment, where DSNs are: newer versions of Node can leave it out, older ones write no
 * report on a crash.
 */
function keepCrashesQuiet(): void {
  process.on("uncaughtException", (thrown) => {
    sayBug(thrown);
    process.exit(1);
  });
  const { report } = process;
  if ("excludeEnv" in report) report.excludeEnv = true;
  else Object.assign(report, { reportOnFatalError: false, reportOnUncaughtException: false, reportOnSignal: false });
}

async function ordinary(): Promise<number> {
  // A reader that has gone away (`crumbtrail explain log | head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
  });
  const [{ CommanderError }, { createProgram }] = await Promise.all([import("commander"), import("./commands/program.ts")]);
  let code = 0;
  const program = createProgram((exitCode) => {
    code = exitCode;
  });
  try {
    await program.parseAsync();
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    throw thrown;
  }
}

/** Ends as the wrapped process did: by its signal, so that whoever waits for us sees what it would have seen. */
function endAs({ status, signal }: Ending): number {
  if (signal === undefined) return status ?? 1;
  if (signal !== "SIGKILL" && signal !== "SIGSTOP") {
    // A listener that goes leaves the signal with its default, whatever Node had made of it.
    process.on(signal, () => {});
    process.removeAllListeners(signal);
  }
  process.kill(process.pid, signal);
  // The first process of a container cannot be killed by its own signals.
  return 128 + constants.signals[signal];
}

/** What was printed into a pipe may still be on its way there, and would be cut off. Nobody waits longer for a reader that is stuck. */
async function printed(): Promise<void> {
  const { stdout } = process;
  if (stdout.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, PRINTING_MS);
    stdout.write("", () => resolve());
  });
}

keepCrashesQuiet();
process.exitCode = await main();
await printed();
// Sockets of a stopped relay may linger for their keep-alive; everything accepted has been delivered or told.
process.exit();
