#!/usr/bin/env node
import { constants } from "node:os";
import { messageOf, RelayError, type RelayErrorCode } from "./base/errors.ts";
import { wrapLine } from "./commands/wrap/command-line.ts";
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

/** Runs the command line and returns the exit code; the only place that ends the process. */
async function main(): Promise<number> {
  const wrapped = wrapLine(process.argv.slice(2));
  try {
    // Nothing else is loaded before a wrapped process runs.
    if (wrapped !== undefined) return endAs(await (await import("./commands/wrap/wrap.ts")).wrap(wrapped));
    return await ordinary();
  } catch (thrown) {
    if (thrown instanceof RelayError) {
      process.stderr.write(`crumbtrail: ${thrown.message}\n`);
      return EXIT_CODES[thrown.code];
    }
    process.stderr.write(
      `crumbtrail: this is a bug, please report it: ${thrown instanceof Error ? thrown.stack : messageOf(thrown)}\n`,
    );
    return 1;
  }
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

process.exitCode = await main();
// Sockets of a stopped relay may linger for their keep-alive; everything accepted has been delivered or told.
process.exit();
