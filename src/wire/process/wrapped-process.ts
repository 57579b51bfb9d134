import { spawn, type ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf, messageOf, RelayError } from "../../base/errors.ts";
import { makePipes, type Pipe } from "./fifo.ts";
import { Output } from "./output.ts";
import { onSignals } from "./signals.ts";

/** How a process ended: with a status, or by a signal. */
export interface Ending {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** The signals that came before, from whoever wanted it to end or anything else of it. */
  readonly asked: ReadonlySet<NodeJS.Signals>;
}

/** Where what it prints goes. */
const STDOUT = 1;
const STDERR = 2;
/** Outputs that a grandchild keeps open are read for so long after the end. */
const LINGER_MS = 1_000;

/**
 * A process that runs as if nobody wrapped it: same directory, environment and standard input, its outputs passed on byte
 * for byte, signals passed on to it.
 */
export class WrappedProcess {
  readonly command: readonly string[];
  readonly stdout: Output;
  readonly stderr: Output;
  /** Resolves when it has ended and what it printed has passed. Rejects when it could not be started. */
  readonly ended: Promise<Ending>;
  /** Resolves when it has printed something, or ended, or could not be started. */
  readonly begun: Promise<unknown>;

  /** Starts it. */
  constructor(command: readonly [string, ...string[]]) {
    const [file, ...args] = command;
    this.command = command;
    const pipes = makePipes(2);
    const asked = new Set<NodeJS.Signals>();
    const child = spawn(file, args, { stdio: ["inherit", pipes?.[0]?.write ?? "pipe", pipes?.[1]?.write ?? "pipe"] });
    // Before anything else: a signal that comes now must not end the wrapper and leave the process alone.
    const stopForwarding = onSignals((signal, alreadyThere) => {
      asked.add(signal);
      if (!alreadyThere) child.kill(signal);
    });
    for (const { write } of pipes ?? []) closeSync(write);
    this.stdout = new Output(sourceOf(pipes?.[0], child.stdout), STDOUT);
    this.stderr = new Output(sourceOf(pipes?.[1], child.stderr), STDERR);
    this.ended = this.#end(child, asked, stopForwarding);
    // Whoever waits for the end may begin to do so later: what is caught here is not unhandled.
    this.begun = Promise.race([this.stdout.begun, this.stderr.begun, this.ended.catch(() => {})]);
  }

  /** Whether it has printed anything so far. */
  get hasPrinted(): boolean {
    return this.stdout.hasBegun || this.stderr.hasBegun;
  }

  /** Nobody will watch: everything passes unseen. */
  unwatched(): void {
    this.stdout.watch(() => {});
    this.stderr.watch(() => {});
  }

  async #end(child: ChildProcess, asked: ReadonlySet<NodeJS.Signals>, stopForwarding: () => void): Promise<Ending> {
    const ending = await new Promise<Ending>((resolve, reject) => {
      child.once("exit", (status, signal) => resolve({ status: status ?? undefined, signal: signal ?? undefined, asked }));
      child.once("error", (error) => reject(cannotStart(this.command[0] ?? "", error)));
    });
    const outputs = Promise.all([this.stdout.ended, this.stderr.ended]);
    await Promise.race([outputs, pause(LINGER_MS, undefined, { ref: false })]);
    this.stdout.stop();
    this.stderr.stop();
    stopForwarding();
    return ending;
  }
}

function sourceOf(pipe: Pipe | undefined, socket: Readable | null): Readable {
  if (pipe !== undefined) return new Socket({ fd: pipe.read, readable: true, writable: false });
  if (socket === null) throw new Error("a child without pipes has sockets");
  return socket;
}

function cannotStart(file: string, error: Error): RelayError {
  const code = codeOf(error);
  const why =
    code === "ENOENT" ? "there is no such command" : code === "EACCES" ? "it is not executable for this user" : messageOf(error);
  return new RelayError(code === "ENOENT" ? "RELAY_NO_COMMAND" : "RELAY_NOT_EXECUTABLE", `cannot run ${file}: ${why}`, {
    cause: error,
  });
}
