import { readFileSync } from "node:fs";

/** What is passed on. Left out: what cannot be caught, and what tells of faults of this process itself. */
const FORWARDED = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGWINCH",
  "SIGCONT",
  "SIGURG",
  "SIGIO",
  "SIGPWR",
  "SIGVTALRM",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGTRAP",
  "SIGSYS",
  "SIGTSTP",
] as const satisfies readonly NodeJS.Signals[];
/** What a terminal sends to all processes in its foreground, ours and the wrapped one alike. */
const OF_TERMINALS: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT", "SIGTSTP", "SIGWINCH"]);

/** Says which signals come, and whether the wrapped process has them already; until the returned function is called. */
export function onSignals(came: (signal: NodeJS.Signals, alreadyThere: boolean) => void): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    came(signal, OF_TERMINALS.has(signal) && inForeground());
    // Whoever stops the wrapper means both; it can be woken again because SIGCONT wakes it by itself.
    if (signal === "SIGTSTP") process.kill(process.pid, "SIGSTOP");
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}

/** Whether this process is in the foreground of a terminal, by /proc/PID/stat: its group is the terminal's. */
function inForeground(): boolean {
  try {
    // As UTF-8, which Node reads without `fstat`: on Node 20 an `fstat` while modules are being loaded can leave exports of
    // CommonJS packages undefined, and signals come when they like.
    const stat = readFileSync("/proc/self/stat", "utf8");
    // The name of the command, in parentheses, may hold anything.
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 1).split(" ");
    return group !== undefined && group === foreground;
  } catch {
    return false;
  }
}
