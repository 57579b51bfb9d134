import { setFlagsFromString } from "node:v8";
import { messageOf } from "../../base/errors.ts";
import { WrappedProcess, type Ending } from "../../wire/process/wrapped-process.ts";
import type { WrapLine } from "./command-line.ts";

/**
 * Runs a command and relays what it prints. The command comes first: it is started before the relay is loaded, and what
 * is wrong with the relay never keeps it from running. Returns how it ended.
 */
export async function wrap({ command, ...options }: WrapLine): Promise<Ending> {
  const wrapped = new WrappedProcess(command);
  // Loading makes much garbage and keeps little: with room to spread it would double the memory of a small container.
  setFlagsFromString("--semi-space-growth-factor=1");
  const relay = import("./wrapped-relay.ts").then(({ WrappedRelay }) => WrappedRelay.start(wrapped, options));
  relay
    .catch((thrown: unknown) => {
      process.stderr.write(`crumbtrail: the command runs without a relay: ${messageOf(thrown)}\n`);
      wrapped.unwatched();
    })
    .finally(() => setFlagsFromString("--semi-space-growth-factor=2"));
  const ending = await wrapped.ended;
  await relay.then(
    (started) => started.stop(),
    () => {},
  );
  return ending;
}
