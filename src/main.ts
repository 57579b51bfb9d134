#!/usr/bin/env node
import { CommanderError } from "commander";
import { messageOf, RelayError, type RelayErrorCode } from "./base/errors.ts";
import { createProgram } from "./commands/program.ts";

const EXIT_CODES: Readonly<Record<RelayErrorCode, number>> = {
  RELAY_BUG: 1,
  RELAY_LISTEN: 1,
  RELAY_STORE: 1,
  RELAY_USAGE: 2,
  RELAY_UPSTREAM_UNAVAILABLE: 69,
  RELAY_BAD_CONFIG: 78,
};

/** Runs the command line and returns the exit code; the only place that ends the process. */
async function main(): Promise<number> {
  let code = 0;
  const program = createProgram((exitCode) => {
    code = exitCode;
  });
  try {
    await program.parseAsync();
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
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

// A reader that has gone away (`crumbtrail explain log | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
});
process.exitCode = await main();
// Sockets of a stopped relay may linger for their keep-alive; everything accepted has been delivered or told.
process.exit();
